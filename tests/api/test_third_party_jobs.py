"""The jobs of partners: their work is done here by whoever has been registered for it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from pipelines import artifact_store, partners, sweeping
from pipelines.core.action_types import ActionTypeId
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import StopMode
from pipelines.models import Job
from pipelines.providers import elsewhere
from tests.api.calling import call, refused
from tests.api.s3 import client as s3_client
from tests.definitions import action, commands, source, stage
from tests.engine_room import ALICE

TEAMCITY = ActionTypeId("Build", "ThirdParty", "TeamCity", "1")
ID = TEAMCITY._asdict()
TOKEN = "clientToken"


@pytest.fixture
def partner(db):
    return partners.register(TEAMCITY, by=ALICE)


@pytest.fixture
def execution(engine_room, partner):
    compile_ = action(
        "Compile", TEAMCITY, inputs=["Code"], outputs=["Site"], configuration={"Plan": "hush"}
    )
    execution = engine_room.create(
        stages=[
            stage("Source", source()),
            stage("Build", compile_),
            stage("Ship", commands("Ship")),
        ]
    )
    engine_room.fetch()
    return execution


@pytest.fixture
def job(execution, partner):
    """The arguments that a worker has for the job that waits."""
    [found] = poll()
    return {"jobId": found["jobId"], "clientToken": partner.token}


def poll(**given):
    return call("PollForThirdPartyJobs", actionTypeId=ID, **given)["jobs"]


def details(job):
    return call("GetThirdPartyJobDetails", **job)["jobDetails"]


def begin(job):
    nonce = details(job)["nonce"]
    assert call("AcknowledgeThirdPartyJob", **job, nonce=nonce) == {"status": "InProgress"}
    return job


def succeed(job, **given):
    assert call("PutThirdPartyJobSuccessResult", **job, **given) is None


FAILURE = {"type": "PermissionError", "message": "No agent may build this"}


def test_a_job_is_polled_looked_at_acknowledged_and_done(engine_room, execution, partner, job):
    found = details(job)

    data = found["data"]
    assert data["actionTypeId"] == ID
    assert data["actionConfiguration"]["configuration"] == {"Plan": "hush"}
    assert data["pipelineContext"]["pipelineExecutionId"] == str(execution.pk)
    assert data["inputArtifacts"][0]["name"] == "Code"
    assert set(data["artifactCredentials"]) == {"accessKeyId", "secretAccessKey", "sessionToken"}
    call("AcknowledgeThirdPartyJob", **job, nonce=found["nonce"])
    succeed(job, executionDetails={"summary": "Built", "externalExecutionId": "17"})
    engine_room.settle()

    assert engine_room.action_statuses(execution)["Compile"] == "Succeeded"
    assert engine_room.latest("Compile").summary == "Built"
    assert engine_room.action_statuses(execution)["Ship"] == "InProgress"


def test_a_poll_says_which_client_the_job_is_for(execution, partner):
    [found] = poll(maxBatchSize=9)

    assert found == {"clientId": partner.id, "jobId": str(Job.objects.get().pk)}
    assert poll() == []


def test_a_failure_fails_the_action(engine_room, execution, job):
    begin(job)

    call("PutThirdPartyJobFailureResult", **job, failureDetails=FAILURE)
    engine_room.settle()

    assert engine_room.status(execution) == "Failed"
    failed = engine_room.latest("Compile")
    assert (failed.error_code, failed.error_message) == (FAILURE["type"], FAILURE["message"])


def test_a_token_makes_it_go_on(engine_room, execution, partner, job):
    begin(job)
    succeed(job, continuationToken="more", executionDetails={"percentComplete": 40})
    assert poll() == []

    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        [found] = poll()
        second = begin({"jobId": found["jobId"], "clientToken": partner.token})
        assert details(second)["data"]["continuationToken"] == "more"
        succeed(second)
    engine_room.settle()

    assert engine_room.action_statuses(execution)["Compile"] == "Succeeded"


def test_the_credentials_open_the_artifacts(engine_room, execution, job):
    data = details(begin(job))["data"]
    [site] = data["outputArtifacts"]
    where = site["location"]["s3Location"]

    s3_client(data["artifactCredentials"]).put_object(
        Bucket=where["bucketName"], Key=where["objectKey"], Body=b"zip"
    )
    succeed(job)

    assert artifact_store.configured().look(engine_room.again(execution).artifacts["Site"])


@pytest.mark.parametrize("is_settled", [False, True])
def test_an_abandoned_job_is_over(engine_room, execution, job, is_settled):
    begin(job)
    engine_room.stop(execution, StopMode.ABANDON)
    if is_settled:
        engine_room.settle()

    late = refused("PutThirdPartyJobSuccessResult", **job)
    assert late[0] == "InvalidJobStateException"
    late = refused("PutThirdPartyJobFailureResult", **job, failureDetails=FAILURE)
    assert late[0] == "InvalidJobStateException"
    answer = call("GetThirdPartyJobDetails", **job)
    assert "artifactCredentials" not in answer["jobDetails"]["data"]


def test_a_worker_that_is_slow_to_acknowledge_learns_it_by_the_nonce(execution, job):
    nonce = details(job)["nonce"]
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        sweeping.requeue_unacknowledged_jobs()

        assert "nonce" not in details(job)
        error = refused("AcknowledgeThirdPartyJob", **job, nonce=nonce)
        assert error[0] == "InvalidNonceException"
        assert len(poll()) == 1
        begin(job)


def test_it_times_out_with_its_action(engine_room, execution, job):
    begin(job)
    deadline = engine_room.live("Compile").deadline
    with time_machine.travel(deadline + timedelta(seconds=1), tick=False):
        engine_room.wake(engine_room.pipeline.pk)
        engine_room.settle()

    assert Job.objects.get().status == "TimedOut"


EVERY: list[tuple[str, dict[str, Any]]] = [
    ("GetThirdPartyJobDetails", {}),
    ("AcknowledgeThirdPartyJob", {"nonce": "1"}),
    ("PutThirdPartyJobSuccessResult", {}),
    ("PutThirdPartyJobFailureResult", {"failureDetails": FAILURE}),
]


@pytest.mark.parametrize(("operation", "given"), EVERY)
def test_another_token_opens_nothing(engine_room, execution, job, operation, given):
    before = engine_room.digest()

    for token in ("x", f"{job['clientToken']}x", "\N{SNOWMAN}", "\ud800"):
        error = refused(operation, **{**job, TOKEN: token}, **given)
        assert error[0] == "InvalidClientTokenException"
    assert engine_room.digest() == before


@pytest.mark.parametrize(("operation", "given"), EVERY)
def test_a_job_that_is_unknown(partner, operation, given):
    error = refused(operation, jobId=str(uuid4()), clientToken=partner.token, **given)

    assert error[0] == "JobNotFoundException"


@pytest.mark.parametrize(("operation", "given"), EVERY)
def test_an_id_that_is_none(partner, operation, given):
    error = refused(operation, jobId="17", clientToken=partner.token, **given)

    expected = "InvalidJobException" if operation.startswith("Get") else "JobNotFoundException"
    assert error[0] == expected


def test_the_two_protocols_do_not_see_each_others_jobs(execution, job):
    assert refused("GetJobDetails", jobId=job["jobId"])[0] == "JobNotFoundException"
    assert refused("PollForJobs", actionTypeId=ID)[0] == "ValidationException"
    custom = {**ID, "owner": "Custom"}
    assert refused("PollForThirdPartyJobs", actionTypeId=custom)[0] == "ValidationException"


def test_a_token_that_is_renewed_replaces_the_one_before(execution, partner, job):
    again = partners.register(TEAMCITY, by=ALICE)

    assert again.id == partner.id
    error = refused("GetThirdPartyJobDetails", **job)
    assert error[0] == "InvalidClientTokenException"
    begin({**job, "clientToken": again.token})


def test_without_a_worker_nothing_can_be_polled_and_the_action_fails_in_words(engine_room):
    assert refused("PollForThirdPartyJobs", actionTypeId=ID)[0] == "ActionTypeNotFoundException"
    build = action("Compile", TEAMCITY, configuration={"Plan": "x"})
    engine_room.create(stages=[stage("Source", source()), stage("Build", build)])
    engine_room.fetch()

    assert not Job.objects.exists()
    said = elsewhere.refusal_of(TEAMCITY)
    assert said.endswith("manage.py partners register Build TeamCity")
    assert engine_room.live("Compile")  # for the worker that says so


def test_only_workers_may(execution, job):
    by = Caller(arn=ALICE.arn, roles=frozenset({Role.READ, Role.OPERATE, Role.EDIT}))

    for operation, given in EVERY:
        assert refused(operation, by=by, **job, **given)[0] == "AccessDeniedException"
    error = refused("PollForThirdPartyJobs", actionTypeId=ID, by=by)
    assert error[0] == "AccessDeniedException"
