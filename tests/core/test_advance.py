"""Inside a stage: run orders, failures, what an update of the pipeline ends."""

from datetime import timedelta

import pytest

from pipelines.core.advance import RUNNER_LOST
from pipelines.core.changes import (
    EnterStage,
    FailAction,
    FinishExecution,
    LeaveStage,
    StartAction,
    WaitFor,
)
from pipelines.core.statuses import ExecutionStatus, FailureCode, StageStatus
from tests.core.situations import NOW, action, building, execution, number, planned, settled

IN_ORDER = planned("Source: Fetch", "Build: Compile, Test/5, Report/10", "Deploy: Ship")


def started(changes):
    return [change.action for change in changes if isinstance(change, StartAction)]


@pytest.mark.parametrize(
    ("actions", "starts"),
    [
        ({}, ["Compile", "Lint"]),
        ({"Compile": "InProgress"}, ["Lint"]),
        ({"Compile": "InProgress", "Lint": "InProgress"}, []),
        ({"Compile": "Succeeded", "Lint": "InProgress"}, []),
        ({"Compile": "Succeeded", "Lint": "Succeeded"}, ["Test"]),
        ({"Compile": "Failed", "Lint": "InProgress"}, []),
        ({"Compile": "Succeeded", "Lint": "Failed"}, []),
        ({"Compile": "Succeeded", "Lint": "Succeeded", "Test": "InProgress"}, []),
        ({"Compile": "Succeeded", "Lint": "Succeeded", "Test": "Failed"}, []),
    ],
)
def test_actions_of_one_run_order_start_together_once_all_below_succeeded(actions, starts):
    assert started(settled(building(**actions))) == starts


@pytest.mark.parametrize(
    ("actions", "starts"),
    [
        ({}, ["Compile"]),
        ({"Compile": "Succeeded"}, ["Test"]),
        ({"Compile": "Succeeded", "Test": "InProgress"}, []),
        ({"Compile": "Succeeded", "Test": "Succeeded"}, ["Report"]),
    ],
)
def test_run_orders_may_have_gaps(actions, starts):
    assert started(settled(building(plan=IN_ORDER, **actions))) == starts


def test_run_orders_count_more_than_the_order_of_declaration():
    backwards = planned("Source: Fetch", "Build: Last/9, Middle/5, First")

    assert started(settled(building(plan=backwards))) == ["First"]
    assert started(settled(building(plan=backwards, First="Succeeded"))) == ["Middle"]


@pytest.mark.parametrize(
    "actions",
    [
        {"Compile": "Failed", "Lint": "InProgress"},
        {"Compile": "InProgress", "Lint": "Failed"},
    ],
)
def test_a_failure_waits_for_the_actions_beside_it(actions):
    assert settled(building(**actions)) == []


@pytest.mark.parametrize(
    "actions",
    [
        {"Compile": "Failed", "Lint": "Succeeded"},
        {"Compile": "Failed", "Lint": "Failed"},
        {"Compile": "Succeeded", "Lint": "Succeeded", "Test": "Failed"},
    ],
)
def test_with_nothing_live_a_failed_action_fails_stage_and_execution(actions):
    assert settled(building(**actions)) == [
        LeaveStage(number(1), "Build", StageStatus.FAILED),
        FinishExecution(number(1), ExecutionStatus.FAILED),
    ]


def test_a_stage_in_which_everything_succeeded_is_left_for_the_next():
    done = building(Compile="Succeeded", Lint="Succeeded", Test="Succeeded")

    assert settled(done) == [
        LeaveStage(number(1), "Build", StageStatus.SUCCEEDED),
        WaitFor(number(1), "Deploy"),
        EnterStage(number(1), "Deploy"),
        StartAction(number(1), "Ship"),
    ]


def test_an_execution_that_leaves_the_last_stage_succeeds():
    shipped = action("Ship", "Succeeded")

    assert settled(execution(occupies="Deploy", actions=[shipped])) == [
        LeaveStage(number(1), "Deploy", StageStatus.SUCCEEDED),
        FinishExecution(number(1), ExecutionStatus.SUCCEEDED),
    ]


def test_an_action_that_is_run_again_joins_the_ones_beside_it_that_still_run():
    assert started(settled(building(Lint="InProgress"))) == ["Compile"]


def test_a_higher_run_order_waits_for_one_that_is_run_again():
    again = building(Compile="InProgress", Lint="Succeeded")

    assert started(settled(again)) == []


def test_one_execution_does_not_decide_for_another():
    failed = building(1, Compile="Failed", Lint="Succeeded")
    fetching = execution(2, occupies="Source", actions=[action("Fetch")])

    assert {change.execution_id for change in settled(failed, fetching)} == {number(1)}


# UpdatePipeline while executions of the version before are unfinished.


def test_an_outdated_execution_that_waits_is_cancelled_at_once():
    assert settled(execution(waits_for="Deploy", is_outdated=True)) == [
        FinishExecution(number(1), ExecutionStatus.CANCELLED)
    ]


@pytest.mark.parametrize(
    "actions",
    [{"Compile": "InProgress"}, {"Compile": "Failed", "Lint": "InProgress"}],
)
def test_the_running_actions_of_an_outdated_execution_finish_first(actions):
    assert settled(building(is_outdated=True, **actions)) == []


@pytest.mark.parametrize(
    "actions",
    [
        {"Compile": "Succeeded", "Lint": "Succeeded"},
        {"Compile": "Succeeded", "Lint": "Failed"},
        {"Compile": "Succeeded", "Lint": "Succeeded", "Test": "Succeeded"},
    ],
)
def test_then_an_outdated_execution_is_cancelled_with_its_stage(actions):
    assert settled(building(is_outdated=True, **actions)) == [
        LeaveStage(number(1), "Build", StageStatus.CANCELLED),
        FinishExecution(number(1), ExecutionStatus.CANCELLED),
    ]


def test_an_outdated_execution_may_be_in_a_stage_that_is_no_more():
    gone = planned("Package: Pack")
    packing = execution(
        plan=gone,
        occupies="Package",
        is_outdated=True,
        actions=[action("Pack", "Succeeded")],
    )

    assert settled(packing) == [
        LeaveStage(number(1), "Package", StageStatus.CANCELLED),
        FinishExecution(number(1), ExecutionStatus.CANCELLED),
    ]


def test_an_outdated_execution_keeps_its_stage_locked_until_its_actions_end():
    waiting = execution(2, waits_for="Build")

    assert settled(building(1, is_outdated=True, Compile="InProgress"), waiting) == []


# Actions that are given up.


@pytest.mark.parametrize(
    ("left", "fails"),
    [
        (timedelta(seconds=1), False),
        (timedelta(0), True),
        (timedelta(seconds=-1), True),
    ],
)
def test_an_action_fails_when_its_time_is_up(left, fails):
    timed = action("Compile", deadline=NOW + left)
    beside = action("Lint")

    changes = settled(execution(occupies="Build", actions=[timed, beside]))

    message = f"The action timed out: it was not complete at {NOW + left:%Y-%m-%d %H:%M} UTC."
    failure = FailAction(number(1), "Compile", FailureCode.JOB_FAILED, message)
    assert changes == ([failure] if fails else [])


def test_an_action_whose_runner_is_lost_fails():
    lost = action("Compile", is_lost=True)
    beside = action("Lint")

    assert settled(execution(occupies="Build", actions=[lost, beside])) == [
        FailAction(number(1), "Compile", FailureCode.JOB_FAILED, RUNNER_LOST)
    ]


@pytest.mark.parametrize("status", ["Succeeded", "Failed"])
def test_what_has_ended_neither_times_out_nor_is_lost(status):
    ended = action("Compile", status, deadline=NOW - timedelta(days=1), is_lost=True)

    changes = settled(execution(occupies="Build", actions=[ended, action("Lint")]))

    assert changes == []


def test_the_last_live_action_that_times_out_takes_stage_and_execution_with_it():
    late = action("Compile", deadline=NOW)
    done = action("Lint", "Succeeded")

    _, *ended = settled(execution(occupies="Build", actions=[late, done]))

    assert ended == [
        LeaveStage(number(1), "Build", StageStatus.FAILED),
        FinishExecution(number(1), ExecutionStatus.FAILED),
    ]


def test_an_outdated_execution_does_not_wait_for_a_lost_runner_for_ever():
    lost = action("Compile", is_lost=True)

    _, *ended = settled(execution(occupies="Build", actions=[lost], is_outdated=True))

    assert ended == [
        LeaveStage(number(1), "Build", StageStatus.CANCELLED),
        FinishExecution(number(1), ExecutionStatus.CANCELLED),
    ]
