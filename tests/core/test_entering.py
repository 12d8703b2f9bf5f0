"""Locks, transitions and superseding: who enters a stage, and who never will."""

import pytest

from pipelines.core.changes import EnterStage, FinishExecution, StartAction
from pipelines.core.entering import enter, first_in_line
from pipelines.core.statuses import ExecutionStatus, StopMode
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


@pytest.mark.parametrize("mode", StopMode)
def test_a_stopped_execution_does_not_enter_when_the_transition_is_enabled(mode):
    assert enter(pipeline(execution(stop=mode, waits_for="Deploy"))) == []


def test_parallel_executions_have_no_first_in_line():
    with pytest.raises(ValueError, match="do not stand in line"):
        first_in_line([execution(waits_for="Build", mode=PARALLEL)])
