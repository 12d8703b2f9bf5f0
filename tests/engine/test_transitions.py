"""Disabling and enabling transitions on real rows."""

from datetime import timedelta

import pytest
import time_machine

from pipelines import sweeping, transitions
from pipelines.core.entering import HELD_TOO_LONG
from pipelines.core.refusals import InvalidRequest, PipelineNotFound, StageNotFound
from pipelines.core.statuses import ExecutionMode, StopMode, TransitionType
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE

INBOUND, OUTBOUND = TransitionType.INBOUND, TransitionType.OUTBOUND


def two_stages():
    return [stage("Source", source()), stage("Build", commands("Compile"))]


@pytest.fixture
def fetching(engine_room):
    return engine_room.create(stages=two_stages())


# The way into Build is shut on either side of the transition.
SHUT = pytest.mark.parametrize(("stage_name", "side"), [("Build", INBOUND), ("Source", OUTBOUND)])


@SHUT
def test_an_execution_waits_in_front_of_a_disabled_transition(
    engine_room, fetching, stage_name, side
):
    engine_room.disable(stage_name, transition=side)
    engine_room.fetch()

    waiting = engine_room.again(fetching)
    assert (waiting.status, waiting.occupied, waiting.waits_for) == ("InProgress", None, "Build")
    assert engine_room.stage("Build").inbound == fetching


@SHUT
def test_it_enters_when_the_transition_is_enabled(engine_room, fetching, stage_name, side):
    engine_room.disable(stage_name, transition=side)
    engine_room.fetch()

    engine_room.enable(stage_name, transition=side)
    engine_room.settle()

    assert engine_room.stage_status(fetching, "Build") == "InProgress"
    assert engine_room.stage("Build").inbound is None


def test_both_sides_have_to_be_enabled(engine_room, fetching):
    engine_room.disable("Build")
    engine_room.disable("Source", transition=OUTBOUND)
    engine_room.fetch()

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.again(fetching).waits_for == "Build"


def test_who_is_past_the_transition_goes_on(engine_room, fetching):
    engine_room.fetch()
    engine_room.disable("Build")
    engine_room.succeed("Compile")

    assert engine_room.status(fetching) == "Succeeded"


def test_the_first_stage_has_a_transition_as_well(engine_room, fetching):
    engine_room.disable("Source")
    second = engine_room.start()
    engine_room.fetch()

    assert engine_room.again(second).waits_for == "Source"


@pytest.mark.parametrize("mode", StopMode)
def test_who_was_stopped_in_front_of_it_does_not_enter_later(engine_room, fetching, mode):
    engine_room.disable("Build")
    engine_room.fetch()
    engine_room.stop(fetching, mode)
    engine_room.settle()

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.status(fetching) == "Stopped"
    assert not fetching.stage_executions.filter(stage_name="Build").exists()
    assert engine_room.stage("Build").inbound == fetching


@pytest.fixture
def clock():
    """Time stands still unless it is shifted."""
    with time_machine.travel("2026-03-14T15:09:26Z", tick=False) as traveller:
        yield traveller


MONTH = timedelta(days=30)
MODES = pytest.mark.parametrize("mode", ExecutionMode)


def held_up(engine_room, mode, stage_name="Build", side=INBOUND):
    execution = engine_room.create(stages=two_stages(), pipelineType="V2", executionMode=mode)
    engine_room.disable(stage_name, transition=side)
    engine_room.fetch()
    return execution


@MODES
@SHUT
def test_who_was_held_up_for_more_than_30_days_is_not_resumed(
    clock, engine_room, mode, stage_name, side
):
    execution = held_up(engine_room, mode, stage_name, side)
    clock.shift(MONTH + timedelta(seconds=1))

    engine_room.enable(stage_name, transition=side)
    engine_room.settle()

    gone = engine_room.again(execution)
    assert (gone.status, gone.status_summary) == ("Cancelled", HELD_TOO_LONG)
    assert not gone.stage_executions.filter(stage_name="Build").exists()
    assert engine_room.events(execution)[-1] == ("pipeline", "CANCELED")


@MODES
def test_who_was_held_up_for_30_days_is_resumed(clock, engine_room, mode):
    execution = held_up(engine_room, mode)
    clock.shift(MONTH)

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.stage_status(execution, "Build") == "InProgress"


def test_it_ends_while_the_transition_is_still_disabled(clock, engine_room):
    execution = held_up(engine_room, ExecutionMode.SUPERSEDED)
    clock.shift(MONTH + timedelta(seconds=1))

    engine_room.woken += sweeping.to_wake()
    engine_room.settle()

    assert engine_room.status(execution) == "Cancelled"


def test_how_long_the_transition_is_disabled_does_not_matter_to_who_came_later(clock, engine_room):
    engine_room.create(stages=two_stages())
    engine_room.disable("Build")
    clock.shift(MONTH)
    engine_room.fetch()
    late = engine_room.pipeline.executions.get()
    clock.shift(MONTH)

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.stage_status(late, "Build") == "InProgress"


def test_disabling_again_lets_who_waits_wait_for_longer(clock, engine_room):
    execution = held_up(engine_room, ExecutionMode.SUPERSEDED)
    clock.shift(MONTH)
    engine_room.disable("Build", reason="Wait on")
    clock.shift(MONTH)

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.stage_status(execution, "Build") == "InProgress"


def test_a_long_wait_for_a_free_stage_is_no_wait_for_a_transition(clock, engine_room):
    engine_room.create(
        stages=[stage("Source", source()), stage("Build", approval("Ask"))],
        pipelineType="V2",
        executionMode=ExecutionMode.QUEUED,
    )
    engine_room.fetch()
    second = engine_room.start()
    engine_room.fetch()
    engine_room.disable("Build")
    clock.shift(timedelta(days=6))
    engine_room.enable("Build")
    clock.shift(MONTH)
    engine_room.woken += sweeping.to_wake()
    engine_room.settle()

    assert engine_room.stage_status(second, "Build") == "InProgress"


@SHUT
def test_enabling_what_was_enabled_long_ago_holds_nobody_up(clock, engine_room, stage_name, side):
    a_long_time = {"timeoutInMinutes": 60 * 24 * 60}
    ask = stage("Build", approval("Ask", **a_long_time))
    engine_room.create(stages=[stage("Source", source()), ask])
    engine_room.fetch()
    second = engine_room.start()
    engine_room.disable(stage_name, transition=side)
    engine_room.fetch()
    engine_room.enable(stage_name, transition=side)
    clock.shift(MONTH + timedelta(days=1))

    engine_room.enable(stage_name, transition=side)
    engine_room.settle()

    assert engine_room.status(second) == "InProgress"
    assert engine_room.again(second).waits_for == "Build"


@pytest.mark.parametrize("side", TransitionType)
def test_who_disabled_it_when_and_why_is_kept(engine_room, fetching, side):
    with time_machine.travel("2026-03-14T15:09:26Z", tick=False):
        engine_room.disable("Build", transition=side, reason="Release freeze (Q1)")

    row, prefix = engine_room.stage("Build"), side.lower()
    assert not getattr(row, f"{prefix}_enabled")
    assert getattr(row, f"{prefix}_reason") == "Release freeze (Q1)"
    assert getattr(row, f"{prefix}_changed_by") == ALICE.arn
    assert getattr(row, f"{prefix}_changed_at").isoformat() == "2026-03-14T15:09:26+00:00"


def test_disabling_again_renews_the_reason(engine_room, fetching):
    engine_room.disable("Build", reason="One")
    engine_room.disable("Build", reason="Two")

    assert engine_room.stage("Build").inbound_reason == "Two"


def test_enabling_clears_the_reason(engine_room, fetching):
    engine_room.disable("Build", reason="One")
    engine_room.enable("Build")

    row = engine_room.stage("Build")
    assert (row.inbound_enabled, row.inbound_reason) == (True, "")


@pytest.mark.parametrize("side", TransitionType)
def test_enabling_what_is_enabled_changes_nothing(engine_room, fetching, side):
    engine_room.disable("Build", transition=side)
    engine_room.enable("Build", transition=side)
    engine_room.settle()
    before = engine_room.digest()

    engine_room.enable("Build", transition=side)
    engine_room.settle()

    assert engine_room.digest() == before


def test_a_transition_survives_an_update_of_the_pipeline(engine_room, fetching):
    engine_room.disable("Build")
    engine_room.update(stages=two_stages())

    assert not engine_room.stage("Build").inbound_enabled


@pytest.mark.parametrize("reason", ["a", "a" * 300, "Really? Yes - it is (so) * 2 @ noon!"])
def test_reasons_that_are_accepted(engine_room, fetching, reason):
    engine_room.disable("Build", reason=reason)

    assert engine_room.stage("Build").inbound_reason == reason


@pytest.mark.parametrize("reason", ["", "a" * 301, "a, b", "don't", "a/b", "a_b", "é", "a\nb"])
def test_reasons_that_are_refused(engine_room, fetching, reason):
    before = engine_room.digest()

    with pytest.raises(InvalidRequest):
        engine_room.disable("Build", reason=reason)

    assert engine_room.digest() == before


def test_what_does_not_exist_is_refused(engine_room, fetching):
    with pytest.raises(PipelineNotFound):
        transitions.enable("nothing", "Build", by=ALICE)
    with pytest.raises(StageNotFound):
        transitions.enable("website", "Nothing", by=ALICE)
    with pytest.raises(StageNotFound):
        engine_room.disable("Nothing")
