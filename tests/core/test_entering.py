"""Locks, transitions and superseding: who enters a stage, and who never will."""

from datetime import timedelta

import pytest

from pipelines.core.changes import EnterStage, FinishExecution, StartAction, after
from pipelines.core.entering import HELD_TOO_LONG, enter, first_in_line
from pipelines.core.statuses import ExecutionMode, ExecutionStatus, StopMode
from pipelines.core.timeouts import HELD_AT_MOST
from tests.core.situations import (
    PARALLEL,
    action,
    building,
    execution,
    number,
    pipeline,
    settled,
)


def superseded(older, *, by):
    return FinishExecution(number(older), ExecutionStatus.SUPERSEDED, superseded_by=number(by))


def pipeline_behind(*executions):
    facts = pipeline(*executions)
    return after(facts, enter(facts))


def test_who_waits_in_front_of_an_open_stage_enters_and_starts():
    assert settled(execution(waits_for="Source")) == [
        EnterStage(number(1), "Source"),
        StartAction(number(1), "Fetch"),
    ]


@pytest.mark.parametrize("stop", [None, StopMode.WAIT])
def test_nobody_enters_a_stage_that_somebody_is_in(stop):
    inside = building(1, stop=stop, Compile="InProgress", Lint="InProgress")

    assert settled(inside, execution(2, waits_for="Build")) == []


def test_nobody_enters_through_a_disabled_transition():
    assert settled(execution(waits_for="Deploy"), closed=["Deploy"]) == []


def test_a_disabled_transition_elsewhere_does_not_matter():
    entered = settled(execution(waits_for="Deploy"), closed=["Source", "Build"])

    assert entered[0] == EnterStage(number(1), "Deploy")


def test_the_newest_enters_and_those_it_finds_there_are_superseded():
    waiting = [execution(n, waits_for="Source") for n in (1, 2, 3)]

    assert settled(*waiting) == [
        superseded(1, by=3),
        superseded(2, by=3),
        EnterStage(number(3), "Source"),
        StartAction(number(3), "Fetch"),
    ]


@pytest.mark.parametrize("closed", [[], ["Build"]])
def test_the_newest_takes_the_waiting_place_even_when_nobody_can_enter(closed):
    inside = building(1, Compile="InProgress", Lint="InProgress")
    waiting = [execution(n, waits_for="Build") for n in (2, 3)]

    assert settled(inside, *waiting, closed=closed) == [superseded(2, by=3)]


def test_an_execution_inside_a_stage_is_never_superseded():
    fetching = execution(1, occupies="Source", actions=[action("Fetch")])
    newer = building(2, Compile="InProgress", Lint="InProgress")

    assert settled(fetching, newer) == []


def test_executions_in_front_of_different_stages_do_not_supersede_one_another():
    assert (
        settled(
            execution(1, waits_for="Deploy"),
            execution(2, waits_for="Build"),
            closed=["Deploy", "Build"],
        )
        == []
    )


def test_several_stages_are_entered_at_once():
    entered = enter(pipeline(execution(1, waits_for="Deploy"), execution(2, waits_for="Build")))

    assert entered == [EnterStage(number(1), "Deploy"), EnterStage(number(2), "Build")]


def test_an_outdated_execution_neither_enters_nor_supersedes():
    older = execution(1, waits_for="Build")
    outdated = execution(2, waits_for="Build", is_outdated=True)

    assert enter(pipeline(older, outdated)) == [EnterStage(number(1), "Build")]


TOO_LONG = HELD_AT_MOST + timedelta(seconds=1)


def cancelled(n):
    return FinishExecution(number(n), ExecutionStatus.CANCELLED, summary=HELD_TOO_LONG)


@pytest.mark.parametrize("mode", ExecutionMode)
@pytest.mark.parametrize("closed", [[], ["Deploy"]])
def test_who_was_held_up_for_more_than_30_days_is_not_resumed(mode, closed):
    held = execution(waits_for="Deploy", mode=mode, held_for=TOO_LONG)

    assert settled(held, closed=closed) == [cancelled(1)]


@pytest.mark.parametrize("mode", ExecutionMode)
def test_who_was_held_up_for_30_days_enters(mode):
    held = execution(waits_for="Deploy", mode=mode, held_for=HELD_AT_MOST)

    assert settled(held)[0] == EnterStage(number(1), "Deploy")


def test_who_came_later_enters_in_place_of_one_that_is_not_resumed():
    queued = ExecutionMode.QUEUED
    held = execution(1, waits_for="Deploy", mode=queued, held_for=TOO_LONG)
    behind = execution(2, waits_for="Deploy", mode=queued, held_for=HELD_AT_MOST)

    assert settled(held, behind)[:2] == [cancelled(1), EnterStage(number(2), "Deploy")]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_counts_however_long_one_was_held_up(mode):
    held = execution(waits_for="Deploy", stop=mode, held_for=TOO_LONG)

    assert settled(held) == [FinishExecution(number(1), ExecutionStatus.STOPPED)]


def test_who_goes_on_is_not_held_up_any_more():
    held = execution(waits_for="Source", held_for=HELD_AT_MOST)

    assert pipeline_behind(held).execution(number(1)).held_for == timedelta()


@pytest.mark.parametrize("mode", StopMode)
def test_a_stopped_execution_does_not_enter_when_the_transition_is_enabled(mode):
    assert enter(pipeline(execution(stop=mode, waits_for="Deploy"))) == []


def test_parallel_executions_have_no_first_in_line():
    with pytest.raises(ValueError, match="do not stand in line"):
        first_in_line([execution(waits_for="Build", mode=PARALLEL)])
