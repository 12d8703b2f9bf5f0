"""Stopping on real rows: what is stored before, during and after a stop."""

import pytest
import time_machine

from pipelines import engine, executions
from pipelines.core.refusals import (
    DuplicatedStopRequest,
    ExecutionNotStoppable,
    InvalidRequest,
    MovedOn,
    PipelineNotFound,
)
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
SUCCEEDED = ActionResult(status=ActionStatus.SUCCEEDED)


def build_and_deploy():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Test", run_order=2)),
        stage("Deploy", commands("Ship")),
    ]


@pytest.fixture
def building(engine_room):
    """An execution in which Compile runs; Test and Ship have not started."""
    execution = engine_room.create(stages=build_and_deploy())
    engine_room.fetch()
    return execution


@pytest.fixture
def waiting(engine_room, building):
    """An execution that waits in front of Deploy."""
    engine_room.disable("Deploy")
    engine_room.succeed("Compile")
    engine_room.succeed("Test")
    return building


def test_stop_and_wait_lets_the_running_action_finish(engine_room):
    execution = engine_room.create(stages=build_and_deploy())
    engine_room.succeed("Fetch", artifacts={"Code": "website/Code/abc"})

    engine_room.stop(execution, StopMode.WAIT, reason="Wrong commit")
    engine_room.settle()

    assert engine_room.status(execution) == "Stopping"
    assert engine_room.stage_status(execution, "Build") == "Stopping"
    assert engine_room.action_statuses(execution)["Compile"] == "InProgress"

    engine_room.succeed("Compile")

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.stage_status(execution, "Build") == "Stopped"
    assert engine_room.action_statuses(execution) == {"Fetch": "Succeeded", "Compile": "Succeeded"}
    assert engine_room.events(execution)[-5:] == [
        ("pipeline", "STOPPING"),
        ("stage Build", "STOPPING"),
        ("action Compile", "SUCCEEDED"),
        ("stage Build", "STOPPED"),
        ("pipeline", "STOPPED"),
    ]


def test_a_failure_that_is_waited_for_ends_as_stopped(engine_room, building):
    engine_room.stop(building, WAIT)
    engine_room.fail("Compile")

    assert engine_room.status(building) == "Stopped"
    assert engine_room.stage_status(building, "Build") == "Stopped"
    assert engine_room.action_statuses(building)["Compile"] == "Failed"


def test_the_last_success_of_the_last_stage_ends_as_stopped(engine_room, building):
    engine_room.succeed("Compile")
    engine_room.succeed("Test")
    engine_room.stop(building, WAIT)
    engine_room.succeed("Ship")

    assert engine_room.status(building) == "Stopped"
    assert engine_room.stage_status(building, "Deploy") == "Stopped"
    assert engine_room.stage_status(building, "Build") == "Succeeded"


def test_stop_and_abandon_is_seen_as_stopping_first(engine_room, building):
    engine_room.stop(building, ABANDON)

    assert engine_room.status(building) == "Stopping"
    assert engine_room.stage_status(building, "Build") == "Stopping"
    assert engine_room.action_statuses(building)["Compile"] == "InProgress"


def test_stop_and_abandon_gives_up_what_runs(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"
    assert engine_room.stage_status(building, "Build") == "Stopped"
    assert engine_room.action_statuses(building) == {"Fetch": "Succeeded", "Compile": "Abandoned"}
    assert engine_room.events(building)[-5:] == [
        ("pipeline", "STOPPING"),
        ("stage Build", "STOPPING"),
        ("action Compile", "ABANDONED"),
        ("stage Build", "STOPPED"),
        ("pipeline", "STOPPED"),
    ]


@pytest.mark.parametrize("is_settled", [False, True])
def test_a_result_that_comes_after_abandoning_changes_nothing(engine_room, building, is_settled):
    compiling = engine_room.live("Compile")
    engine_room.stop(building, ABANDON)
    if is_settled:
        engine_room.settle()
    before = engine_room.digest()

    assert not engine.finish(compiling, SUCCEEDED).counted
    assert not engine.record(compiling, SUCCEEDED)

    assert engine_room.digest() == before


def test_waiting_can_be_cut_short(engine_room, building):
    engine_room.stop(building, WAIT)
    engine_room.settle()
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"
    assert engine_room.action_statuses(building)["Compile"] == "Abandoned"


def test_cutting_it_short_is_not_told_as_another_stopping(engine_room, building):
    engine_room.stop(building, WAIT)
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert engine_room.events(building).count(("pipeline", "STOPPING")) == 1
    assert engine_room.events(building).count(("stage Build", "STOPPING")) == 1


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (None, None, None),
        ("One", None, "One"),
        ("One", "Two", "Two"),
        (None, "Two", "Two"),
        ("One", "", ""),
    ],
)
def test_the_latest_reason_that_was_given_is_kept(engine_room, building, first, second, kept):
    engine_room.stop(building, WAIT, reason=first)
    engine_room.stop(building, ABANDON, reason=second)

    assert engine_room.again(building).stop_reason == kept
    requests = building.stop_requests.order_by("id").values_list("mode", "reason")
    assert list(requests) == [(WAIT, first), (ABANDON, second)]


@pytest.mark.parametrize("mode", StopMode)
def test_who_waits_between_stages_is_stopped_without_touching_a_stage(engine_room, waiting, mode):
    told = len(engine_room.events(waiting))
    engine_room.stop(waiting, mode)
    engine_room.settle()

    assert engine_room.status(waiting) == "Stopped"
    assert engine_room.stage_status(waiting, "Build") == "Succeeded"
    assert engine_room.events(waiting)[told:] == [("pipeline", "STOPPING"), ("pipeline", "STOPPED")]


def test_between_two_run_orders_a_stop_ends_at_once(engine_room, building):
    engine.record(engine_room.live("Compile"), SUCCEEDED)
    engine_room.stop(building, WAIT)
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"
    assert "Test" not in engine_room.action_statuses(building)


def test_what_completed_before_the_stop_has_won(engine_room, building):
    for name in ("Compile", "Test", "Ship"):
        engine_room.succeed(name)

    with pytest.raises(ExecutionNotStoppable, match="because its status is 'Succeeded'"):
        engine_room.stop(building)


# What is told, and when.


@pytest.mark.parametrize(
    ("reason", "detail"),
    [
        (None, {}),
        ("", {"stop-execution-comments": ""}),
        ("Wrong commit", {"stop-execution-comments": "Wrong commit"}),
    ],
)
def test_the_reason_is_told_with_the_stop(engine_room, building, reason, detail):
    engine_room.stop(building, WAIT, reason=reason)

    assert building.events.get(level="pipeline", state="STOPPING").detail == detail


def test_times_move_when_it_is_stopping_and_when_it_is_stopped(engine_room, building):
    with time_machine.travel("2036-03-14T15:09:26Z", tick=False) as clock:
        engine_room.stop(building, ABANDON)
        stopping = engine_room.again(building)
        clock.shift(1)
        engine_room.settle()
        stopped = engine_room.again(building)

    assert stopping.updated_at == stopping.stop_requested_at == stopping.occupied.updated_at
    assert (stopped.updated_at - stopping.updated_at).total_seconds() == 1
    assert stopped.ended_at == stopped.updated_at
    abandoned = engine_room.latest("Compile")
    assert abandoned.ended_at == abandoned.updated_at == stopped.ended_at


# What is refused, and changes no row.


@pytest.mark.parametrize(("first", "second"), [(WAIT, WAIT), (ABANDON, WAIT), (ABANDON, ABANDON)])
def test_what_adds_nothing_is_refused(engine_room, building, first, second):
    engine_room.stop(building, first)
    before = engine_room.digest()

    with pytest.raises(DuplicatedStopRequest, match="has already received a request to stop"):
        engine_room.stop(building, second, reason="Again")

    assert engine_room.digest() == before


@pytest.mark.parametrize("mode", StopMode)
def test_what_is_stopped_cannot_be_stopped(engine_room, building, mode):
    engine_room.stop(building, ABANDON)
    engine_room.settle()
    before = engine_room.digest()

    with pytest.raises(ExecutionNotStoppable, match="because its status is 'Stopped'"):
        engine_room.stop(building, mode)

    assert engine_room.digest() == before


def test_what_the_pipeline_does_not_have_cannot_be_stopped(engine_room, building):
    with pytest.raises(ExecutionNotStoppable, match="has no such execution"):
        executions.stop("website", uuid_of_nothing(), mode=WAIT, by=ALICE)
    with pytest.raises(PipelineNotFound):
        executions.stop("nothing", building.id, mode=WAIT, by=ALICE)


@pytest.mark.parametrize("reason", ["", "a" * 200, "\N{OWL}" * 200, "<b>\n\t'\" – naïve 日本"])
def test_a_reason_is_kept_as_it_was_given(engine_room, building, reason):
    engine_room.stop(building, reason=reason)

    assert engine_room.again(building).stop_reason == reason
    assert building.stop_requests.get().reason == reason


@pytest.mark.parametrize("reason", ["a" * 201, "\N{OWL}" * 201, "a\0b", "half \ud83d"])
def test_a_reason_that_cannot_be_kept_is_refused(engine_room, building, reason):
    before = engine_room.digest()

    with pytest.raises(InvalidRequest, match="at 'reason' failed to satisfy constraint"):
        engine_room.stop(building, reason=reason)

    assert engine_room.digest() == before


# Holding the stage, and stopping only what was shown.


def test_holding_keeps_the_next_one_out(engine_room, building):
    second = engine_room.start()
    engine_room.fetch()

    engine_room.stop(building, ABANDON, hold=True)
    engine_room.settle()

    assert engine_room.status(building) == "Stopped"
    assert engine_room.again(second).waits_for == "Build"
    held = engine_room.stage("Build")
    assert held.inbound_reason == f"Held while execution {str(building.id)[:8]} is stopped"
    assert held.inbound_changed_by == ALICE.arn


def test_holding_what_is_already_disabled_changes_nothing_of_it(engine_room, building):
    engine_room.disable("Build", reason="Release freeze")
    engine_room.stop(building, hold=True)

    assert engine_room.stage("Build").inbound_reason == "Release freeze"


def test_there_is_nothing_to_hold_for_who_is_in_no_stage(engine_room, waiting):
    before = list(engine_room.pipeline.stages.values())
    engine_room.stop(waiting, hold=True)

    assert list(engine_room.pipeline.stages.values()) == before


def test_what_was_shown_can_be_stopped(engine_room, building):
    shown = executions.preview_stop(building)
    assert shown
    engine_room.stop(building, ABANDON, seen=shown.seen)

    assert shown.abandon.live == ("Compile",)
    assert engine_room.status(building) == "Stopping"


def test_what_has_moved_on_since_it_was_shown_is_not_stopped(engine_room, building):
    shown = executions.preview_stop(building)
    assert shown
    engine_room.succeed("Compile")
    before = engine_room.digest()

    with pytest.raises(MovedOn):
        engine_room.stop(building, ABANDON, seen=shown.seen)

    assert engine_room.digest() == before


def test_there_is_nothing_to_show_of_what_finished_since_it_was_loaded(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert building.status == "InProgress"
    assert executions.preview_stop(building) is None


# Everything may be done twice, late, or for nothing.


def test_the_engine_may_look_as_often_as_it_likes(engine_room, building):
    engine_room.stop(building, WAIT)
    engine_room.settle()
    before = engine_room.digest()

    assert engine.run(engine_room.pipeline.pk) == ()

    assert engine_room.digest() == before


def test_a_pipeline_that_is_gone_is_not_an_error(engine_room, building):
    gone = engine_room.pipeline.pk
    compiling = engine_room.live("Compile")
    engine_room.pipeline.delete()

    assert engine.run(gone) == ()
    assert not engine.finish(compiling, SUCCEEDED).counted
    assert not engine.record(compiling, SUCCEEDED)
