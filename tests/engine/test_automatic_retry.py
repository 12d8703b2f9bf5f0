"""A stage that retries itself when it fails (spec/engine.md §9), on real rows."""

import pytest

from pipelines.core.statuses import RetryMode, StopMode
from pipelines.models import ActionExecution
from tests.definitions import commands, source, stage


def retrying(mode="FAILED_ACTIONS"):
    return {"result": "RETRY", "retryConfiguration": {"retryMode": mode}}


def stages(mode="FAILED_ACTIONS"):
    build = stage("Build", commands("Compile"), commands("Lint"), on_failure=retrying(mode))
    return [stage("Source", source(), on_failure=retrying()), build]


@pytest.fixture
def building(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.fetch()
    return execution


def fail(room):
    room.succeed("Compile")
    room.fail("Lint")


def retries(execution):
    stay = execution.stage_executions.get(stage_name="Build")
    return (stay.auto_retry_attempt, stay.manual_retry_attempt, stay.latest_retry_trigger)


def test_what_failed_runs_again_by_itself(engine_room, building):
    fail(engine_room)

    assert engine_room.status(building) == "InProgress"
    assert engine_room.action_statuses(building)["Lint"] == "InProgress"
    assert engine_room.action_statuses(building)["Compile"] == "Succeeded"
    assert retries(building) == (1, 0, "AutomatedStageRetry")
    assert engine_room.again(building).attempt == 2
    assert ActionExecution.objects.filter(action_name="Lint").count() == 2


def test_it_goes_on_when_the_second_attempt_succeeds(engine_room, building):
    fail(engine_room)
    engine_room.succeed("Lint")

    assert engine_room.status(building) == "Succeeded"


def test_everything_runs_again_when_the_stage_says_so(engine_room):
    execution = engine_room.create(stages=stages("ALL_ACTIONS"))
    engine_room.fetch()
    fail(engine_room)

    statuses = engine_room.action_statuses(execution)
    assert (statuses["Compile"], statuses["Lint"]) == ("InProgress", "InProgress")


def test_a_second_failure_is_final(engine_room, building):
    fail(engine_room)
    engine_room.fail("Lint")

    assert engine_room.status(building) == "Failed"
    assert retries(building) == (1, 0, "AutomatedStageRetry")


def test_a_person_may_retry_after_that_and_it_is_not_retried_by_itself_again(engine_room, building):
    fail(engine_room)
    engine_room.fail("Lint")
    engine_room.retry(building, "Build", RetryMode.FAILED_ACTIONS)
    engine_room.settle()
    assert retries(building) == (1, 1, "ManualStageRetry")

    engine_room.fail("Lint")

    assert engine_room.status(building) == "Failed"


def test_the_source_stage_retries_itself_too(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.fail("Fetch")

    assert engine_room.action_statuses(execution) == {"Fetch": "InProgress"}


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_that_came_first_keeps_it_from_being_retried(engine_room, building, mode):
    engine_room.succeed("Compile")
    engine_room.stop(building, mode)
    if mode is StopMode.WAIT:
        engine_room.fail("Lint")
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"
    assert retries(building) == (0, 0, "")


def test_a_stop_during_the_second_attempt_is_a_stop_like_any_other(engine_room, building):
    fail(engine_room)
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"
    assert engine_room.action_statuses(building)["Lint"] == "Abandoned"


def test_it_is_told_as_resumed(engine_room, building):
    fail(engine_room)

    assert engine_room.events(building)[-3:] == [
        ("pipeline", "RESUMED"),
        ("stage Build", "RESUMED"),
        ("action Lint", "STARTED"),
    ]
