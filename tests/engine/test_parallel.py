"""PARALLEL mode on real rows: executions that have nothing to do with one another."""

import pytest

from pipelines import engine, executions
from pipelines.core.refusals import InvalidRequest, StageNotRetryable, TooManyExecutions
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution, Event, PipelineExecution, StageExecution, StopRequest
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE

SUCCEEDED = ActionResult(status=ActionStatus.SUCCEEDED)


def two_stages():
    return [stage("Source", source()), stage("Build", commands("Compile"), approval("Ask"))]


@pytest.fixture
def first(engine_room):
    return engine_room.create(stages=two_stages(), execution_mode="PARALLEL")


def live_of(execution, action_name):
    return execution.action_executions.get(action_name=action_name, status="InProgress")


def fetch(execution):
    artifacts = {"Code": "website/Code/abcdefg"}
    result = ActionResult(status=ActionStatus.SUCCEEDED, artifacts=artifacts)
    assert engine.finish(live_of(execution, "Fetch"), result).counted


def rows_of(execution):
    """Everything that there is of it."""
    of_it = {"execution": execution}
    return [
        list(PipelineExecution.objects.filter(pk=execution.pk).values_list()),
        *(
            list(model.objects.filter(**of_it).order_by("pk").values_list())
            for model in (StageExecution, ActionExecution, StopRequest, Event)
        ),
    ]


def test_all_are_in_the_same_stage_at_the_same_time(engine_room, first):
    second, third = engine_room.start(), engine_room.start()

    for each in (first, second, third):
        assert engine_room.again(each).occupied.stage_name == "Source"
        assert engine_room.action_statuses(each) == {"Fetch": "InProgress"}


def test_the_last_to_start_may_be_the_first_to_end(engine_room, first):
    second = engine_room.start()
    fetch(second)
    engine.finish(live_of(second, "Compile"), SUCCEEDED)
    engine_room.answer(live_of(second, "Ask"))
    engine_room.settle()

    assert engine_room.status(second) == "Succeeded"
    assert engine_room.again(first).occupied.stage_name == "Source"


def test_the_stages_of_the_pipeline_know_nothing_of_them(engine_room, first):
    fetch(first)

    for name in ("Source", "Build"):
        assert engine_room.stage(name).latest is None
        assert engine_room.stage(name).inbound is None


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_leaves_every_other_as_it_is_to_the_byte(engine_room, first, mode):
    """I25"""
    others = [engine_room.start() for _ in range(3)]
    for each in (first, *others[:2]):
        fetch(each)
    before = [rows_of(each) for each in others]

    engine_room.stop(first, mode)
    engine_room.settle()

    assert [rows_of(each) for each in others] == before
    assert engine_room.status(first) == ("Stopping" if mode is StopMode.WAIT else "Stopped")


def test_a_stop_that_waits_may_be_told_to_abandon(engine_room, first):
    fetch(first)
    engine_room.stop(first, StopMode.WAIT)
    engine_room.settle()
    engine.finish(live_of(first, "Compile"), SUCCEEDED)

    engine_room.stop(first, StopMode.ABANDON)
    engine_room.settle()

    assert engine_room.status(first) == "Stopped"
    assert engine_room.action_statuses(first) == {
        "Fetch": "Succeeded",
        "Compile": "Succeeded",
        "Ask": "Abandoned",
    }


def test_a_disabled_transition_holds_each_of_them_and_lets_all_through_at_once(engine_room, first):
    second = engine_room.start()
    engine_room.disable("Build")
    fetch(first)
    fetch(second)
    assert engine_room.again(first).waits_for == engine_room.again(second).waits_for == "Build"

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.stage_status(first, "Build") == "InProgress"
    assert engine_room.stage_status(second, "Build") == "InProgress"


def test_who_is_stopped_in_front_of_a_disabled_transition_stays_out(engine_room, first):
    engine_room.disable("Build")
    fetch(first)
    engine_room.stop(first, StopMode.WAIT)
    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.status(first) == "Stopped"
    assert first.stage_executions.count() == 1


def test_no_transition_is_held_for_a_stop_because_nobody_waits(engine_room, first):
    before = engine_room.digest()

    with pytest.raises(InvalidRequest, match="cannot be held"):
        engine_room.stop(first, hold=True)

    assert engine_room.digest() == before


def test_each_can_be_retried_whoever_has_been_in_the_stage_since(engine_room, first):
    second = engine_room.start()
    engine.finish(live_of(first, "Fetch"), ActionResult(status=ActionStatus.FAILED))
    fetch(second)
    third = engine_room.start()

    engine_room.retry(first, "Source")
    engine_room.settle()

    assert engine_room.action_statuses(first) == {"Fetch": "InProgress"}
    assert engine_room.again(third).occupied.stage_name == "Source"


def test_an_approval_is_answered_for_the_one_whose_token_it_is(engine_room, first):
    second = engine_room.start()
    fetch(first)
    fetch(second)

    engine_room.answer(live_of(second, "Ask"))
    engine_room.settle()

    assert engine_room.action_statuses(first)["Ask"] == "InProgress"
    assert engine_room.action_statuses(second)["Ask"] == "Succeeded"


@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED", "PARALLEL"])
def test_an_update_lets_them_go_on_by_their_own_version(engine_room, first, mode):
    fetch(first)
    second = engine_room.start()
    engine_room.disable("Build")
    fetch(second)
    packing = [stage("Source", source()), stage("Package", commands("Pack"))]

    engine_room.update(stages=packing, execution_mode=mode)
    engine_room.settle()
    engine.finish(live_of(first, "Compile"), SUCCEEDED)
    engine_room.answer(live_of(first, "Ask"))
    engine_room.settle()

    assert engine_room.status(first) == "Succeeded"
    assert engine_room.again(second).waits_for == "Build"
    engine_room.stop(second)
    engine_room.settle()
    assert engine_room.status(second) == "Stopped"


def test_what_goes_on_from_before_is_in_nobodys_way_after_a_change_of_mode(engine_room, first):
    engine_room.update(stages=two_stages(), execution_mode="QUEUED")
    second = engine_room.start()
    third = engine_room.start()

    assert engine_room.again(second).occupied.stage_name == "Source"
    assert engine_room.again(third).waits_for == "Source"
    fetch(first)
    assert engine_room.stage_status(first, "Build") == "InProgress"
    assert engine_room.stage("Source").latest.execution == second


def test_a_change_to_parallel_mode_ends_those_before(engine_room):
    first = engine_room.create(stages=two_stages(), execution_mode="QUEUED")
    second = engine_room.start()

    engine_room.update(stages=two_stages(), execution_mode="PARALLEL")
    engine_room.settle()
    third = engine_room.start()

    assert [engine_room.status(each) for each in (first, second)] == ["InProgress", "Cancelled"]
    assert engine_room.again(third).occupied.stage_name == "Source"
    fetch(first)
    assert engine_room.status(first) == "Cancelled"


def test_once_the_pipeline_was_changed_they_cannot_be_retried(engine_room, first):
    engine.finish(live_of(first, "Fetch"), ActionResult(status=ActionStatus.FAILED))
    engine_room.update(stages=two_stages(), execution_mode="PARALLEL")

    with pytest.raises(StageNotRetryable, match="changed after the execution started"):
        engine_room.retry(first, "Source")


def test_beyond_the_limit_nothing_starts(engine_room, first, settings):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 2
    engine_room.start()

    with pytest.raises(TooManyExecutions, match="2 are in progress, and in PARALLEL mode"):
        engine_room.start()


def test_a_look_at_one_looks_at_no_other(engine_room, first, monkeypatch):
    executions.start("website", trigger_type="StartPipelineExecution", trigger_detail=ALICE.arn)
    second = PipelineExecution.objects.latest("sequence")
    assert engine_room.woken == [(engine_room.pipeline.pk, second.pk)]

    assert engine.run(engine_room.pipeline.pk, first.pk) == ()
    assert not second.stage_executions.exists()

    engine_room.settle()
    assert second.stage_executions.exists()
