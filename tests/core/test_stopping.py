"""Stop and wait, stop and abandon: who may be stopped, and what a stop does (spec/stop.md)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.core.changes import (
    AbandonAction,
    EnterStage,
    FailAction,
    FinishExecution,
    LeaveStage,
    StartAction,
    WaitFor,
)
from pipelines.core.refusals import DuplicatedStopRequest, ExecutionNotStoppable
from pipelines.core.statuses import ExecutionStatus, StageStatus, StopMode
from pipelines.core.stopping import reason_not_to_stop
from tests.core.situations import NOW, action, building, execution, number, settled

WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
FINAL = [status for status in ExecutionStatus if status.is_final]
STOPPED = FinishExecution(number(1), ExecutionStatus.STOPPED)
LEAVES_BUILD = LeaveStage(number(1), "Build", StageStatus.STOPPED)


@pytest.mark.parametrize(
    ("status", "requested", "mode", "refusal"),
    [
        (ExecutionStatus.IN_PROGRESS, None, WAIT, None),
        (ExecutionStatus.IN_PROGRESS, None, ABANDON, None),
        (ExecutionStatus.STOPPING, WAIT, WAIT, DuplicatedStopRequest),
        (ExecutionStatus.STOPPING, WAIT, ABANDON, None),
        (ExecutionStatus.STOPPING, ABANDON, WAIT, DuplicatedStopRequest),
        (ExecutionStatus.STOPPING, ABANDON, ABANDON, DuplicatedStopRequest),
    ],
)
def test_who_may_be_stopped(status, requested, mode, refusal):
    assert reason_not_to_stop(status, requested=requested, mode=mode) is refusal


@pytest.mark.parametrize("mode", StopMode)
@pytest.mark.parametrize("requested", [None, *StopMode])
@pytest.mark.parametrize("status", FINAL)
def test_what_is_finished_cannot_be_stopped(status, requested, mode):
    refusal = reason_not_to_stop(status, requested=requested, mode=mode)

    assert refusal is ExecutionNotStoppable


@pytest.mark.parametrize("mode", StopMode)
def test_a_request_accepted_before_a_retry_does_not_count_any_more(mode):
    assert reason_not_to_stop(ExecutionStatus.IN_PROGRESS, requested=None, mode=mode) is None


@pytest.mark.parametrize(
    "actions",
    [
        {"Compile": "InProgress"},
        {"Compile": "InProgress", "Lint": "InProgress"},
        {"Compile": "Succeeded", "Lint": "InProgress"},
        {"Compile": "Failed", "Lint": "InProgress"},
        {"Compile": "Succeeded", "Lint": "Succeeded", "Test": "InProgress"},
    ],
)
def test_a_waiting_stop_does_nothing_while_an_action_is_live(actions):
    assert settled(building(stop=WAIT, **actions)) == []


@pytest.mark.parametrize("mode", StopMode)
@pytest.mark.parametrize(
    "actions",
    [
        {},
        {"Compile": "Succeeded", "Lint": "Succeeded"},
        {"Compile": "Succeeded", "Lint": "Failed"},
        {"Compile": "Succeeded", "Lint": "Succeeded", "Test": "Succeeded"},
        {"Compile": "Succeeded", "Lint": "Succeeded", "Test": "Failed"},
    ],
)
def test_with_nothing_live_stage_and_execution_end_as_stopped(mode, actions):
    assert settled(building(stop=mode, **actions)) == [LEAVES_BUILD, STOPPED]


def test_a_stop_in_the_last_stage_never_ends_as_succeeded():
    ended = action("Ship", "Succeeded")
    in_deploy = execution(stop=WAIT, occupies="Deploy", actions=[ended])

    assert settled(in_deploy) == [LeaveStage(number(1), "Deploy", StageStatus.STOPPED), STOPPED]


@pytest.mark.parametrize("mode", StopMode)
def test_who_waits_in_front_of_a_stage_is_stopped_at_once(mode):
    assert settled(execution(stop=mode, waits_for="Deploy")) == [STOPPED]


def test_abandoning_gives_up_what_is_live_and_only_that():
    stopping = building(stop=ABANDON, Compile="InProgress", Lint="Failed")

    assert settled(stopping) == [AbandonAction(number(1), "Compile"), LEAVES_BUILD, STOPPED]


def test_abandoning_gives_up_all_that_is_live_in_one_step():
    stopping = building(stop=ABANDON, Compile="InProgress", Lint="InProgress")

    assert settled(stopping) == [
        AbandonAction(number(1), "Compile"),
        AbandonAction(number(1), "Lint"),
        LEAVES_BUILD,
        STOPPED,
    ]


def test_a_waiting_stop_that_becomes_an_abandoning_one_keeps_what_has_ended():
    waiting = building(stop=WAIT, Compile="Succeeded", Lint="InProgress")
    upgraded = replace(waiting, stop=ABANDON)

    assert settled(waiting) == []
    assert settled(upgraded) == [AbandonAction(number(1), "Lint"), LEAVES_BUILD, STOPPED]


@pytest.mark.parametrize("mode", StopMode)
@pytest.mark.parametrize(
    "stopping",
    [
        {"waits_for": "Build"},
        {"occupies": "Build"},
        {"occupies": "Build", "actions": [action("Compile", "Succeeded")]},
    ],
)
def test_nothing_starts_and_no_stage_is_entered_after_a_stop(mode, stopping):
    changes = settled(execution(stop=mode, **stopping))

    assert not [c for c in changes if isinstance(c, StartAction | EnterStage | WaitFor)]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_counts_more_than_an_update_of_the_pipeline(mode):
    stopping = building(stop=mode, is_outdated=True, Compile="Succeeded")

    assert settled(stopping) == [LEAVES_BUILD, STOPPED]


def test_an_action_that_is_waited_for_still_times_out_and_the_execution_is_stopped():
    late = action("Compile", deadline=NOW - timedelta(seconds=1))
    failed, *ended = settled(execution(stop=WAIT, occupies="Build", actions=[late]))

    assert isinstance(failed, FailAction)
    assert ended == [LEAVES_BUILD, STOPPED]


@pytest.mark.parametrize("given_up", [{"deadline": NOW - timedelta(seconds=1)}, {"is_lost": True}])
def test_an_abandoned_action_is_not_failed_first(given_up):
    late = action("Compile", **given_up)

    assert settled(execution(stop=ABANDON, occupies="Build", actions=[late])) == [
        AbandonAction(number(1), "Compile"),
        LEAVES_BUILD,
        STOPPED,
    ]


@pytest.mark.parametrize("mode", StopMode)
def test_who_waits_behind_the_stopped_one_enters_in_the_same_breath(mode):
    changes = settled(building(1, stop=mode), execution(2, waits_for="Build"))

    assert changes[:3] == [LEAVES_BUILD, STOPPED, EnterStage(number(2), "Build")]


def test_the_stage_stays_locked_while_the_stop_waits():
    first = building(1, stop=WAIT, Compile="InProgress")

    assert settled(first, execution(2, waits_for="Build")) == []


@pytest.mark.parametrize("mode", StopMode)
def test_nobody_enters_through_a_disabled_transition_when_a_stop_unlocks_the_stage(mode):
    changes = settled(building(1, stop=mode), execution(2, waits_for="Build"), closed=["Build"])

    assert changes == [LEAVES_BUILD, STOPPED]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_concerns_nobody_else(mode):
    elsewhere = execution(2, occupies="Source", actions=[action("Fetch")])

    changes = settled(building(1, stop=mode, Compile="InProgress"), elsewhere)

    assert {change.execution_id for change in changes} <= {number(1)}


@pytest.mark.parametrize("mode", StopMode)
def test_who_is_stopped_while_it_waits_does_not_end_as_superseded(mode):
    older = execution(1, stop=mode, waits_for="Deploy")
    newer = execution(2, waits_for="Deploy")

    changes = settled(older, newer, closed=["Deploy"])

    assert changes == [STOPPED]


@pytest.mark.parametrize("mode", StopMode)
def test_who_is_stopped_while_it_waits_supersedes_nobody(mode):
    older = execution(1, waits_for="Deploy")
    newer = execution(2, stop=mode, waits_for="Deploy")

    changes = settled(older, newer, closed=["Deploy"])

    assert changes == [FinishExecution(number(2), ExecutionStatus.STOPPED)]
