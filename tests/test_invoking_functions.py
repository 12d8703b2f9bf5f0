"""Lambda actions: the event of AWS, a function that reports, and what can go wrong."""

import json
import socket
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from pipelines import functions, places, runner, sweeping, tasks
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import InvalidJobState
from pipelines.core.statuses import StopMode
from pipelines.endpoints import Endpoints
from pipelines.jobs import invocations
from pipelines.models import Job
from tests.api.asking import ask
from tests.definitions import action, source, stage
from tests.engine_room import ALICE
from tests.providers.endpoints import serving
from tests.receiver import receiving

LAMBDA = ActionTypeId("Invoke", "AWS", "Lambda", "1")


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path


def register(url, name="tide"):
    functions.create(name, functions.Settings(url), by=ALICE)


def invoked(room, **members):
    """An action that invokes the function `tide`, after its runner had it."""
    configuration = {"FunctionName": "tide", "UserParameters": "#{Fetch.BranchName}"}
    act = action(
        "Call",
        LAMBDA,
        **{"inputs": ["Code"], "outputs": ["Level"], "namespace": "Call", **members},
        configuration=members.pop("configuration", configuration),
    )
    room.create(stages=[stage("Source", source(namespace="Fetch")), stage("Call", act)])
    room.succeed(
        "Fetch", artifacts={"Code": "website/Code/abcdefg"}, output_variables={"BranchName": "main"}
    )
    room.settle()
    runner.perform(room.pipeline.pk, room.live("Call").pk)
    return room.latest("Call")


def event_of(receiver):
    return json.loads(receiver.requests[-1].body)["CodePipeline.job"]


def succeed(job, **more):
    return ask("PutJobSuccessResult", jobId=job["id"], **more)


def test_the_event_is_that_of_aws(engine_room):
    with receiving() as function:
        register(function.url)
        action = invoked(engine_room)

        job = event_of(function)

    row = Job.objects.get()
    assert action.status == "InProgress"
    credentials = job["data"].pop("artifactCredentials")
    assert set(credentials) == {"accessKeyId", "secretAccessKey", "sessionToken"}
    assert job == {
        "id": str(row.pk),
        "accountId": "123456789012",
        "data": {
            "actionConfiguration": {
                "configuration": {"FunctionName": "tide", "UserParameters": "main"}
            },
            "inputArtifacts": [
                {
                    "location": {
                        "s3Location": {
                            "bucketName": "artifacts",
                            "objectKey": "website/Code/abcdefg",
                        },
                        "type": "S3",
                    },
                    "revision": None,
                    "name": "Code",
                }
            ],
            "outputArtifacts": [
                {
                    "location": {
                        "s3Location": {
                            "bucketName": "artifacts",
                            "objectKey": row.output_keys["Level"],
                        },
                        "type": "S3",
                    },
                    "revision": None,
                    "name": "Level",
                }
            ],
        },
    }
    assert row.status == "InProgress"


def test_what_the_function_reports_ends_the_action(engine_room):
    with receiving() as function:
        register(function.url)
        invoked(engine_room)
        job = event_of(function)
    succeed(
        job,
        outputVariables={"LEVEL": "3"},
        executionDetails={"summary": "High", "externalExecutionId": "run-1"},
    )
    engine_room.settle()

    done = engine_room.latest("Call")
    assert (done.status, done.summary, done.external_execution_id) == ("Succeeded", "High", "run-1")
    assert done.output_variables == {"LEVEL": "3"}
    assert engine_room.status(done.execution) == "Succeeded"
    with pytest.raises(InvalidJobState):
        succeed(job)


def test_a_failure_that_the_function_reports_is_that_of_the_action(engine_room):
    with receiving() as function:
        register(function.url)
        invoked(engine_room)
        job = event_of(function)
    details = {"type": "JobFailed", "message": "Too high"}
    ask("PutJobFailureResult", jobId=job["id"], failureDetails=details)
    engine_room.settle()

    failed = engine_room.latest("Call")
    assert (failed.status, failed.error_code, failed.error_message) == (
        "Failed",
        "JobFailed",
        "Too high",
    )


def test_a_lease_says_how_the_action_ended_where_the_function_was_faster(engine_room):
    with receiving() as function:
        register(function.url)
        action = invoked(engine_room)
        succeed(event_of(function))
    assert runner._waiting_for_answer(action) == "Succeeded"


def test_an_output_artifact_is_what_the_function_has_stored(engine_room):
    with receiving() as function:
        register(function.url)
        invoked(engine_room)
        job = event_of(function)
    key = job["data"]["outputArtifacts"][0]["location"]["s3Location"]["objectKey"]
    made = places.artifacts() / key
    made.parent.mkdir(parents=True)
    made.write_bytes(b"zip")

    succeed(job)
    engine_room.settle()

    assert engine_room.latest("Call").output_artifacts == {"Level": key}


def test_a_continuation_token_invokes_the_function_again(engine_room, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "_send", lambda task, *given: sent.append((task, given)))
    with receiving() as function:
        register(function.url)
        invoked(engine_room)
        succeed(event_of(function), continuationToken="half-way")
        assert sweeping.jobs_to_invoke() == []  # not before its time
        Job.objects.filter(status="Queued").update(available_at=timezone.now())

        tasks.sweep()
        again = [given for task, given in sent if task is tasks.invoke_again]
        assert len(again) == 1
        tasks.invoke_again(*again[0])
        tasks.invoke_again(*again[0])  # told twice, done once

        assert len(function.requests) == 2
        job = event_of(function)
    assert job["data"]["continuationToken"] == "half-way"
    succeed(job)
    engine_room.settle()
    assert engine_room.latest("Call").status == "Succeeded"


def test_a_silent_function_fails_after_twenty_minutes(engine_room):
    with receiving() as function:
        register(function.url)
        invoked(engine_room)
    assert sweeping.silent_jobs() == []
    ago = timezone.now() - timedelta(minutes=20, seconds=1)
    Job.objects.update(acknowledged_at=ago)

    [job_id] = sweeping.silent_jobs()
    runner.give_up_silent(job_id)

    failed = engine_room.latest("Call")
    assert (failed.status, failed.error_code) == ("Failed", "JobFailed")
    assert "The AWS Lambda function tide failed to return a result." in failed.error_message
    assert sweeping.silent_jobs() == []


def test_nobody_listens_for_the_function_of_an_abandoned_action(engine_room):
    """Whoever began the work just before makes a job that nobody closes."""
    with receiving() as function:
        register(function.url)
        action = invoked(engine_room)
        engine_room.stop(action.execution, StopMode.ABANDON)
        engine_room.settle()
        invocations.begin(str(action.pk))
    Job.objects.update(acknowledged_at=timezone.now() - timedelta(minutes=20, seconds=1))

    assert sweeping.silent_jobs() == []


def test_nobody_can_poll_for_the_job_of_a_function(engine_room):
    with receiving() as function:
        register(function.url)
        invoked(engine_room)
        succeed(event_of(function), continuationToken="again")
    Job.objects.update(available_at=timezone.now())

    for owner in ("Custom", "AWS"):
        type_id = ActionTypeId("Invoke", owner, "Lambda", "1")
        assert not Job.objects.to_take(type_id, now=timezone.now()).exists()


def test_an_abandoned_action_is_reported_on_in_vain(engine_room):
    with receiving() as function:
        register(function.url)
        action = invoked(engine_room)
        job = event_of(function)
    engine_room.stop(action.execution, StopMode.ABANDON)
    engine_room.settle()

    with pytest.raises(InvalidJobState):
        succeed(job)
    assert engine_room.latest("Call").status == "Abandoned"
    assert not Job.objects.open().exists()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((500, b"Traceback: no tide"), "it answered with status 500: Traceback: no tide"),
        (404, "it answered with status 404."),
        (302, "it answered with status 302."),
    ],
)
def test_a_function_that_does_not_take_it_fails_the_action(engine_room, answer, expected):
    with receiving(answer) as function:
        register(function.url)
        failed = invoked(engine_room)

    assert (failed.status, failed.error_code) == ("Failed", "JobFailed")
    assert failed.error_message == f"The function tide could not be invoked: {expected}"
    assert not Job.objects.open().exists()


def test_a_function_that_is_not_there_fails_the_action(engine_room):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        register(f"http://127.0.0.1:{unused.getsockname()[1]}")
        failed = invoked(engine_room)

    assert failed.error_code == "SystemUnavailable"
    assert "the connection was refused" in failed.error_message


def test_without_function_and_endpoint_it_says_what_to_do(engine_room):
    failed = invoked(engine_room)

    assert failed.error_code == "ConfigurationError"
    assert "There is no function tide. Register its address at" in failed.error_message
    assert "PENSTOCK_ENDPOINT_LAMBDA" in failed.error_message
    assert not Job.objects.exists()


# Another Lambda


def at(settings, service):
    settings.PENSTOCK_ENDPOINTS = Endpoints(
        urls={"lambda": service.url}, access_key_id="AKIAEXAMPLE", secret_access_key="hush"
    )


def test_a_function_of_an_endpoint_gets_the_same_event(engine_room, settings):
    with serving(lambda *_: {}) as service:
        at(settings, service)
        action = invoked(engine_room)

    assert action.status == "InProgress", action.error_message
    [(path, event)] = service.asked
    assert path == "/2015-03-31/functions/tide/invocations"
    assert UUID(event["CodePipeline.job"]["id"]) == Job.objects.get().pk


@pytest.mark.parametrize(
    ("answer", "code", "expected"),
    [
        ({"errorType": "KeyError", "errorMessage": "tide"}, "JobFailed", "the error Unhandled"),
        ((404, b'{"Message": "Function not found"}'), "JobFailed", "could not be invoked"),
        ((500, b"{}"), "JobFailed", "could not be invoked"),
    ],
)
def test_an_endpoint_that_refuses_is_asked_once(engine_room, settings, answer, code, expected):
    with serving(lambda *_: answer) as service:
        at(settings, service)
        failed = invoked(engine_room)

    assert (failed.status, failed.error_code) == ("Failed", code)
    assert expected in failed.error_message
    assert len(service.asked) == 1
