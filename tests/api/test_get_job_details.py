"""GetJobDetails: at any time, whatever became of the job."""

from uuid import uuid4

import pytest

from pipelines.core.statuses import StopMode
from pipelines.models import Job
from tests.api.calling import call, refused
from tests.api.tool import Tool
from tests.api.workers import SECRET, begin, build, definition_of_type, mason, succeed, take
from tests.definitions import source, stage


def details(job):
    return call("GetJobDetails", jobId=job["id"])["jobDetails"]


def test_they_are_what_the_poll_said(engine_room):
    build(engine_room, mason(inputs=["Code"], outputs=["Site"]))
    job = take()

    found = details(job)

    given = job["data"].pop("artifactCredentials")
    assert set(given) == {"accessKeyId", "secretAccessKey", "sessionToken"}
    assert set(found["data"].pop("artifactCredentials")) == set(given)
    assert found == {"id": job["id"], "data": job["data"], "accountId": job["accountId"]}
    assert found["data"]["actionConfiguration"]["configuration"]["Password"] == SECRET


def test_a_token_is_there_and_the_places_of_outputs_stay(engine_room):
    build(engine_room, mason(outputs=["Site"]))
    job = begin()
    succeed(job, continuationToken="half-way")

    second = details({"id": str(Job.objects.latest("created_at").pk)})
    assert second["data"]["continuationToken"] == "half-way"
    assert second["data"]["outputArtifacts"] == job["data"]["outputArtifacts"]


def abandon(room, execution, job):
    room.stop(execution, StopMode.ABANDON)
    room.settle()


def finish(room, execution, job):
    succeed(job)


@pytest.mark.parametrize("end", [abandon, finish])
def test_a_job_that_is_over_still_has_details(engine_room, end):
    execution = build(engine_room)
    job = begin()
    before = details(job)["data"]

    end(engine_room, execution, job)

    del before["artifactCredentials"]  # they would open nothing
    assert details(job)["data"] == before


def test_a_job_that_is_unknown(engine_room):
    assert refused("GetJobDetails", jobId=str(uuid4()))[0] == "JobNotFoundException"


def wait(room, execution, job):
    room.stop(execution)
    room.settle()


def ask_to_abandon(room, execution, job):
    room.stop(execution, StopMode.ABANDON)


def go_on(room, execution, job):
    succeed(job, continuationToken="more")


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        (lambda *_: None, "InProgress"),
        (wait, "InProgress"),
        (go_on, "InProgress"),
        (ask_to_abandon, "Abandoned"),
        (abandon, "Abandoned"),
        (finish, "Succeeded"),
    ],
    ids=["nothing", "stop and wait", "token", "about to be abandoned", "abandoned", "done"],
)
@pytest.mark.parametrize("speak", [Tool.json, Tool.cbor], ids=["json", "cbor"])
def test_a_worker_learns_from_a_header_whether_anybody_waits(
    engine_room, tool, happens, status, speak
):
    execution = build(engine_room)
    job = begin()

    happens(engine_room, execution, job)

    answer = speak(tool, "GetJobDetails", {"jobId": job["id"]})
    assert answer.headers["x-penstock-action-status"] == status
    assert set(answer.said) == {"jobDetails"}
    has_credentials = "artifactCredentials" in answer.said["jobDetails"]["data"]
    assert has_credentials == (status == "InProgress")


def test_the_key_of_the_artifact_store_is_told_as_the_definition_has_it(engine_room):
    key = {"id": "arn:aws:kms:us-east-1:123456789012:alias/artifacts", "type": "KMS"}
    store = {"type": "S3", "location": "artifacts", "encryptionKey": key}
    call("CreateCustomActionType", **definition_of_type())
    engine_room.create(
        stages=[stage("Source", source()), stage("Build", mason())], artifactStore=store
    )
    engine_room.fetch()

    assert take()["data"]["encryptionKey"] == key
