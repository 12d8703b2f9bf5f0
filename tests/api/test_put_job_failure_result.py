"""PutJobFailureResult: the action fails with the worker's words."""

from uuid import uuid4

import pytest

from pipelines.core.statuses import StopMode
from pipelines.models import Job
from tests.api.calling import call, refused
from tests.api.workers import begin, build, fail

DETAILS = {"type": "JobFailed", "message": "The wall fell over."}


@pytest.mark.parametrize(("mode", "status"), [(None, "Failed"), (StopMode.WAIT, "Stopped")])
def test_the_action_fails_and_the_execution_with_it(engine_room, mode, status):
    execution = build(engine_room)
    job = begin()
    if mode:
        engine_room.stop(execution, mode)
        engine_room.settle()

    fail(job, type="PermissionError", externalExecutionId="17")
    engine_room.settle()

    [row] = [
        each
        for each in call("ListActionExecutions", pipelineName="website")["actionExecutionDetails"]
        if each["actionName"] == "Lay"
    ]
    assert row["status"] == "Failed"
    assert row["output"]["executionResult"] == {
        "externalExecutionId": "17",
        "externalExecutionSummary": "The wall fell over.",
        "externalExecutionUrl": "https://mason.example/north/17",
        "errorDetails": {"code": "PermissionError", "message": "The wall fell over."},
    }
    assert engine_room.status(execution) == status
    assert Job.objects.get().status == "Failed"


def test_a_retry_makes_another_job(engine_room):
    execution = build(engine_room)
    first = begin()
    fail(first)
    engine_room.settle()

    engine_room.retry(execution, "Build")
    engine_room.settle()

    second = begin()
    assert second["id"] != first["id"]
    context = second["data"]["pipelineContext"]
    assert context["action"]["actionExecutionId"] == str(engine_room.live("Lay").pk)
    assert context["pipelineExecutionId"] == str(execution.pk)


@pytest.mark.parametrize(
    "details",
    [{**DETAILS, "message": "a\0"}, {**DETAILS, "externalExecutionId": "half \ud83d"}],
)
def test_what_no_database_keeps_is_refused(engine_room, details):
    build(engine_room)
    job = begin()

    error = refused("PutJobFailureResult", jobId=job["id"], failureDetails=details)

    assert error[0] == "ValidationException"
    assert Job.objects.get().status == "InProgress"


def test_a_job_that_is_unknown(engine_room):
    error = refused("PutJobFailureResult", jobId=str(uuid4()), failureDetails=DETAILS)
    assert error[0] == "JobNotFoundException"
