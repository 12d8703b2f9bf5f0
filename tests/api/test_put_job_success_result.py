"""PutJobSuccessResult: done, or to be gone on with."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from pipelines import artifact_store
from pipelines.core.statuses import StopMode
from pipelines.core.variables import OUTPUT_VARIABLES_BYTES
from pipelines.models import Event, Job
from tests.api.calling import call, refused
from tests.api.workers import answers_of, begin, build, mason, poll, succeed, take

LATE = {"InvalidJobStateException"}


def in_half_a_minute():
    return time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False)


def state_of(room, name="Lay"):
    state = call("GetPipelineState", name="website")
    [found] = [
        action["latestExecution"]
        for stage in state["stageStates"]
        for action in stage["actionStates"]
        if action["actionName"] == name
    ]
    return found


def test_the_action_succeeds_and_the_execution_goes_on(engine_room):
    execution = build(engine_room, mason(namespace="Wall"))
    job = begin()

    succeed(
        job,
        executionDetails={
            "summary": "A wall.",
            "externalExecutionId": "17",
            "percentComplete": 100,
        },
        outputVariables={"Bricks": "400"},
    )
    engine_room.settle()

    assert engine_room.action_statuses(execution) == {
        "Fetch": "Succeeded",
        "Lay": "Succeeded",
        "Ship": "InProgress",
    }
    state = state_of(engine_room)
    assert state["summary"] == "A wall."
    assert state["externalExecutionId"] == "17"
    assert state["externalExecutionUrl"] == "https://mason.example/north/17"
    assert state["percentComplete"] == 100
    assert engine_room.again(execution).variables["Wall"] == {"Bricks": "400"}
    assert Job.objects.get().status == "Succeeded"


def test_the_outputs_that_were_stored_are_the_executions(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    execution = build(engine_room, mason(outputs=["Site", "Map"]))
    job = begin()
    keys = {
        each["name"]: each["location"]["s3Location"]["objectKey"]
        for each in job["data"]["outputArtifacts"]
    }
    (tmp_path / "site.zip").write_bytes(b"zip")
    artifact_store.configured().keep(keys["Site"], tmp_path / "site.zip")

    succeed(job)

    assert engine_room.latest("Lay").output_artifacts == {"Site": keys["Site"]}
    assert engine_room.again(execution).artifacts["Site"] == keys["Site"]
    assert "Map" not in engine_room.again(execution).artifacts


def test_a_token_brings_another_job_in_half_a_minute_twice(engine_room):
    execution = build(engine_room)
    job = begin()

    succeed(
        job,
        continuationToken="one",
        executionDetails={"summary": "Digging", "externalExecutionId": "17", "percentComplete": 10},
    )
    engine_room.settle()
    state = state_of(engine_room)
    assert (state["status"], state["summary"], state["percentComplete"]) == (
        "InProgress",
        "Digging",
        10,
    )
    assert state["externalExecutionUrl"] == "https://mason.example/north/17"
    assert poll() == []

    with in_half_a_minute():
        second = begin()
        assert second["id"] != job["id"]
        assert second["data"]["continuationToken"] == "one"
        succeed(second, continuationToken="two", executionDetails={"percentComplete": 60})
        assert state_of(engine_room)["summary"] == "Digging"
        assert state_of(engine_room)["percentComplete"] == 60
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        third = begin()
        assert third["data"]["continuationToken"] == "two"
        succeed(third)
    engine_room.settle()

    assert engine_room.action_statuses(execution)["Lay"] == "Succeeded"
    assert engine_room.latest("Lay").summary == "Digging"
    statuses = Job.objects.values_list("status", flat=True)
    assert list(statuses) == ["Succeeded"] * 3


def test_the_deadline_is_the_actions_however_often_it_goes_on(engine_room):
    build(engine_room)
    deadline = engine_room.live("Lay").deadline
    succeed(begin(), continuationToken="one")

    assert engine_room.live("Lay").deadline == deadline


def test_a_job_that_goes_on_is_over_itself(engine_room):
    build(engine_room)
    job = begin()
    succeed(job, continuationToken="one")

    assert answers_of(job) == LATE


def test_a_stop_that_waits_waits_for_the_jobs_that_go_on(engine_room):
    execution = build(engine_room)
    job = begin()
    engine_room.stop(execution, StopMode.WAIT)
    engine_room.settle()

    succeed(job, continuationToken="one")
    engine_room.settle()
    assert engine_room.status(execution) == "Stopping"
    with in_half_a_minute():
        succeed(begin())
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.action_statuses(execution)["Lay"] == "Succeeded"


def unpolled(room, execution):
    return {"id": str(Job.objects.get().pk)}


def unacknowledged(room, execution):
    return take()


def answered(room, execution):
    job = begin()
    succeed(job)
    return job


def about_to_be_abandoned(room, execution):
    job = begin()
    room.stop(execution, StopMode.ABANDON)
    return job


@pytest.mark.parametrize("state", [unpolled, unacknowledged, answered, about_to_be_abandoned])
def test_only_a_job_that_is_worked_on_has_a_result(engine_room, state):
    execution = build(engine_room)
    job = state(engine_room, execution)
    before = engine_room.digest()

    assert answers_of(job) == LATE
    assert engine_room.digest() == before


def test_what_comes_after_an_abandonment_is_refused_and_only_written_down(engine_room):
    execution = build(engine_room)
    job = about_to_be_abandoned(engine_room, execution)
    engine_room.settle()
    told = engine_room.events(execution)
    before = engine_room.again(execution).status, engine_room.action_statuses(execution)

    assert answers_of(job) == LATE
    assert answers_of(job) == LATE

    assert engine_room.events(execution) == [*told, ("work Lay", "ENDED")]
    [event] = Event.objects.filter(level="work")
    assert event.detail == {"outcome": "Succeeded"}
    assert (engine_room.again(execution).status, engine_room.action_statuses(execution)) == before


def test_a_token_that_comes_after_an_abandonment_does_not_end_the_work(engine_room):
    execution = build(engine_room)
    job = about_to_be_abandoned(engine_room, execution)
    engine_room.settle()

    refused("PutJobSuccessResult", jobId=job["id"], continuationToken="one")

    assert not Event.objects.filter(level="work").exists()


def test_output_variables_come_at_the_end(engine_room):
    build(engine_room)
    job = begin()

    error = refused(
        "PutJobSuccessResult",
        jobId=job["id"],
        continuationToken="one",
        outputVariables={"Bricks": "1"},
    )

    assert error[0] == "ValidationException"
    assert Job.objects.get().status == "InProgress"


def test_output_variables_have_a_size_in_bytes(engine_room):
    build(engine_room)
    job = begin()
    most = {"B": "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * ((OUTPUT_VARIABLES_BYTES - 2) // 2)}

    error = refused("PutJobSuccessResult", jobId=job["id"], outputVariables={**most, "C": "more"})
    assert error[0] == "OutputVariablesSizeExceededException"

    succeed(job, outputVariables=most)


@pytest.mark.parametrize(
    "given",
    [
        {"continuationToken": "a\0"},
        {"executionDetails": {"summary": "a\0"}},
        {"executionDetails": {"externalExecutionId": "\ud800"}},
        {"outputVariables": {"A": "\0"}},
        {"currentRevision": {"revision": "\0", "changeIdentifier": "1"}},
    ],
)
def test_what_no_database_keeps_is_refused(engine_room, given):
    build(engine_room)
    job = begin()

    assert refused("PutJobSuccessResult", jobId=job["id"], **given)[0] == "ValidationException"
    assert Job.objects.get().status == "InProgress"


def test_a_job_that_is_unknown(engine_room):
    assert refused("PutJobSuccessResult", jobId=str(uuid4()))[0] == "JobNotFoundException"
