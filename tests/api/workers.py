"""A custom action type, pipelines that use it, and a worker that asks for its jobs."""

from typing import Any

from pipelines.core.action_types import ActionTypeId, Category
from tests.api.calling import call, refused
from tests.definitions import action, commands, source, stage

SECRET = "correct horse battery staple"
MASON = ActionTypeId(Category.BUILD, "Custom", "Mason", "1")
ID = {"category": "Build", "owner": "Custom", "provider": "Mason", "version": "1"}
NO_ARTIFACTS = {"minimumCount": 0, "maximumCount": 0}


def prop(name, **members):
    """An ActionConfigurationProperty."""
    return {"name": name, "required": False, "key": False, "secret": False, **members}


def definition_of_type(**members) -> dict[str, Any]:
    """What CreateCustomActionType is given."""
    return {
        "category": "Build",
        "provider": "Mason",
        "version": "1",
        "settings": {
            "entityUrlTemplate": "https://mason.example/{Config:Site}",
            "executionUrlTemplate": "https://mason.example/{Config:Site}/{ExternalExecutionId}",
        },
        "configurationProperties": [
            prop("Site", required=True, key=True, description="Where to build."),
            prop("Password", secret=True),
        ],
        "inputArtifactDetails": {"minimumCount": 0, "maximumCount": 2},
        "outputArtifactDetails": {"minimumCount": 0, "maximumCount": 2},
        **members,
    }


QUERYABLE = definition_of_type(
    settings={},
    configurationProperties=[prop("Site", required=True, key=True, queryable=True)],
)


def mason(name="Lay", **members):
    """An action of the type."""
    configuration = {"Site": "north", "Password": SECRET}
    return action(name, MASON, **{"configuration": configuration, **members})


def build(room, *actions, **definition):
    """Have an execution wait for workers to do these actions; the source has been fetched."""
    call("CreateCustomActionType", **(definition or definition_of_type()))
    execution = room.create(
        stages=[
            stage("Source", source()),
            stage("Build", *(actions or [mason()])),
            stage("Ship", commands("Ship")),
        ]
    )
    room.fetch()
    return execution


def poll(**given):
    return call("PollForJobs", actionTypeId=ID, **given)["jobs"]


def take():
    """The one job that waits."""
    [job] = poll()
    return job


def acknowledge(job):
    return call("AcknowledgeJob", jobId=job["id"], nonce=job["nonce"])["status"]


def begin():
    """Take the one job that waits and acknowledge it."""
    job = take()
    assert acknowledge(job) == "InProgress"
    return job


def succeed(job, **given):
    assert call("PutJobSuccessResult", jobId=job["id"], **given) is None


def fail(job, **given):
    details = {"type": "JobFailed", "message": "The wall fell over.", **given}
    assert call("PutJobFailureResult", jobId=job["id"], failureDetails=details) is None


def answers_of(job):
    """The errors that a worker gets who comes too late, or too early."""
    details = {"type": "JobFailed", "message": "Late."}
    return {
        refused("PutJobSuccessResult", jobId=job["id"])[0],
        refused("PutJobSuccessResult", jobId=job["id"], continuationToken="more")[0],
        refused("PutJobFailureResult", jobId=job["id"], failureDetails=details)[0],
    }
