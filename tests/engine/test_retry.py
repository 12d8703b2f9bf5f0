"""Retrying a stage on real rows: what runs again, what is kept, what is told."""

import pytest

from pipelines import engine, stages
from pipelines.core.refusals import (
    NotLatestExecution,
    PipelineNotFound,
    StageNotFound,
    StageNotRetryable,
)
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, RetryMode, StopMode
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

FAILED, ALL = RetryMode.FAILED_ACTIONS, RetryMode.ALL_ACTIONS


def build_and_deploy():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Lint"), commands("Test", run_order=2)),
        stage("Deploy", commands("Ship")),
    ]


@pytest.fixture
def failed(engine_room):
    """An execution that failed in Build: Compile succeeded, Lint failed, Test never started."""
    execution = engine_room.create(stages=build_and_deploy())
    engine_room.fetch()
    engine_room.succeed("Compile")
    engine_room.fail("Lint")
    return execution


@pytest.fixture
def building(engine_room):
    """An execution in which Compile and Lint run."""
    execution = engine_room.create(stages=build_and_deploy())
    engine_room.fetch()
    return execution


def test_only_what_failed_runs_again(engine_room, failed):
    engine_room.retry(failed, "Build")
    engine_room.settle()

    assert engine_room.status(failed) == "InProgress"
    assert engine_room.stage_status(failed, "Build") == "InProgress"
    assert engine_room.action_statuses(failed) == {
        "Fetch": "Succeeded",
        "Compile": "Succeeded",
        "Lint": "InProgress",
    }


def test_everything_runs_again_when_asked_to(engine_room, failed):
    engine_room.retry(failed, "Build", ALL)
    engine_room.settle()

    assert engine_room.action_statuses(failed) == {
        "Fetch": "Succeeded",
        "Compile": "InProgress",
        "Lint": "InProgress",
    }


def test_run_orders_are_kept_to(engine_room, failed):
    engine_room.retry(failed, "Build")
    engine_room.settle()
    engine_room.succeed("Lint")

    assert engine_room.action_statuses(failed)["Test"] == "InProgress"


def test_an_action_that_runs_again_is_another_action_execution(engine_room, failed):
    first = engine_room.latest("Lint")

    engine_room.retry(failed, "Build")
    engine_room.settle()

    first.refresh_from_db()
    assert (first.status, first.is_latest) == ("Failed", False)
    assert engine_room.live("Lint").pk != first.pk


def test_the_execution_is_the_same_one_attempt_later(engine_room, failed):
    engine_room.retry(failed, "Build")

    resumed = engine_room.again(failed)
    assert (resumed.attempt, resumed.ended_at) == (2, None)
    assert resumed.occupied.stage_name == "Build"
    assert resumed.occupied.manual_retry_attempt == 1
    assert resumed.occupied.latest_retry_trigger == "ManualStageRetry"


def test_a_retry_is_told_before_what_it_starts(engine_room, failed):
    told = len(engine_room.events(failed))

    engine_room.retry(failed, "Build")
    engine_room.settle()

    assert engine_room.events(failed)[told:] == [
        ("pipeline", "RESUMED"),
        ("stage Build", "RESUMED"),
        ("action Lint", "STARTED"),
    ]


def test_an_abandoned_action_runs_again(engine_room, building):
    engine_room.succeed("Compile")
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()

    engine_room.retry(building, "Build")
    engine_room.settle()

    assert engine_room.action_statuses(building)["Compile"] == "Succeeded"
    assert engine_room.action_statuses(building)["Lint"] == "InProgress"


def test_the_late_result_of_the_abandoned_one_does_not_count(engine_room, building):
    abandoned = engine_room.live("Lint")
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()
    engine_room.retry(building, "Build")
    engine_room.settle()
    before = engine_room.digest()

    result = ActionResult(status=ActionStatus.SUCCEEDED)
    finished = engine.finish(abandoned, result)

    assert not finished.counted
    assert engine_room.digest() == before


def test_a_stage_that_was_stopped_with_everything_done_goes_on_behind_it(engine_room, building):
    engine_room.succeed("Compile")
    engine_room.succeed("Lint")
    engine_room.stop(building, StopMode.WAIT)
    engine_room.succeed("Test")

    engine_room.retry(building, "Build")
    engine_room.settle()

    assert engine_room.stage_status(building, "Build") == "Succeeded"
    assert engine_room.action_statuses(building)["Ship"] == "InProgress"


def test_the_stop_before_a_retry_is_forgotten_by_the_execution_alone(engine_room, building):
    engine_room.stop(building, StopMode.ABANDON, reason="Wrong commit")
    engine_room.settle()
    engine_room.retry(building, "Build")

    resumed = engine_room.again(building)
    assert (resumed.stop_mode, resumed.stop_reason, resumed.stop_requested_by) == ("", None, "")
    assert resumed.stop_requested_at is None
    assert "wrong commit" not in resumed.search_text
    assert building.stop_requests.get().reason == "Wrong commit"


def test_a_resumed_execution_can_be_stopped_again(engine_room, building):
    for _ in range(2):
        engine_room.stop(building, StopMode.ABANDON)
        engine_room.settle()
        engine_room.retry(building, "Build")
        engine_room.settle()

    attempts = building.stop_requests.order_by("attempt").values_list("attempt", flat=True)
    assert list(attempts) == [1, 2]
    assert engine_room.status(building) == "InProgress"


def test_a_disabled_transition_does_not_hold_a_retry(engine_room, failed):
    engine_room.disable("Build")

    engine_room.retry(failed, "Build")
    engine_room.settle()

    assert engine_room.action_statuses(failed)["Lint"] == "InProgress"


# While actions beside the failed one still run.


def test_a_failed_action_runs_again_while_those_beside_it_run(engine_room, building):
    engine_room.fail("Lint")
    compiling = engine_room.live("Compile")

    engine_room.retry(building, "Build")
    engine_room.settle()

    assert engine_room.action_statuses(building)["Lint"] == "InProgress"
    assert engine_room.live("Compile").pk == compiling.pk


def test_such_a_retry_counts_as_one_of_the_stage_but_resumes_nothing(engine_room, building):
    engine_room.fail("Lint")
    told = engine_room.events(building)

    engine_room.retry(building, "Build")

    running = engine_room.again(building)
    assert running.occupied.manual_retry_attempt == 1
    assert running.occupied.latest_retry_trigger == "ManualStageRetry"
    assert running.attempt == 1
    assert engine_room.events(building) == told


def test_everything_cannot_run_again_while_an_action_runs(engine_room, building):
    engine_room.fail("Lint")
    before = engine_room.digest()

    with pytest.raises(StageNotRetryable):
        engine_room.retry(building, "Build", ALL)

    assert engine_room.digest() == before


def test_a_retry_that_is_under_way_is_not_asked_for_twice(engine_room, building):
    engine_room.fail("Lint")
    engine_room.retry(building, "Build")

    with pytest.raises(StageNotRetryable):
        engine_room.retry(building, "Build")


# What is refused.


@pytest.mark.parametrize("mode", RetryMode)
def test_a_stage_that_is_being_stopped_is_not_retried(engine_room, building, mode):
    engine_room.stop(building, StopMode.WAIT)
    before = engine_room.digest()

    with pytest.raises(StageNotRetryable):
        engine_room.retry(building, "Build", mode)

    assert engine_room.digest() == before


@pytest.mark.parametrize("mode", RetryMode)
def test_an_execution_that_was_overtaken_is_not_retried(engine_room, failed, mode):
    engine_room.start()
    engine_room.fetch()
    before = engine_room.digest()

    with pytest.raises(NotLatestExecution):
        engine_room.retry(failed, "Build", mode)

    assert engine_room.digest() == before


@pytest.mark.parametrize("mode", RetryMode)
def test_an_execution_of_an_older_version_is_not_retried(engine_room, failed, mode):
    engine_room.update(stages=build_and_deploy())
    engine_room.settle()
    before = engine_room.digest()

    with pytest.raises(StageNotRetryable):
        engine_room.retry(failed, "Build", mode)

    assert engine_room.digest() == before


@pytest.mark.parametrize("stage_name", ["Source", "Build"])
def test_an_execution_that_was_stopped_between_stages_is_not_retried(
    engine_room, building, stage_name
):
    engine_room.disable("Deploy")
    for action_name in ("Compile", "Lint", "Test"):
        engine_room.succeed(action_name)
    engine_room.stop(building)
    engine_room.settle()

    with pytest.raises(StageNotRetryable):
        engine_room.retry(building, stage_name)
    with pytest.raises(NotLatestExecution):
        engine_room.retry(building, "Deploy")


def test_what_does_not_exist_is_not_retried(engine_room, failed):
    def retry(pipeline_name, stage_name, execution_id):
        stages.retry(pipeline_name, stage_name, execution_id, mode=FAILED, by=ALICE)

    with pytest.raises(PipelineNotFound):
        retry("nothing", "Build", failed.id)
    with pytest.raises(StageNotFound):
        retry("website", "Nothing", failed.id)
    with pytest.raises(NotLatestExecution):
        retry("website", "Build", uuid_of_nothing())


def test_why_a_stage_cannot_be_retried_is_said_without_a_query(
    engine_room, failed, django_assert_num_queries
):
    stay = failed.stage_executions.select_related("execution").get(stage_name="Build")
    stage, actions = engine_room.stage("Build"), list(stay.action_executions.all())

    with django_assert_num_queries(0):
        assert stages.retry_refusal(engine_room.pipeline, stage, stay, actions) == ""
        stay.status = "Succeeded"
        refusal = stages.retry_refusal(engine_room.pipeline, stage, stay, actions)

    assert refusal == "The stage cannot be retried: its status is Succeeded."
