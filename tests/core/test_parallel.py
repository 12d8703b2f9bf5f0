"""PARALLEL mode: no locks, no queues, nobody waits for anybody; transitions still hold."""

import pytest

from pipelines.core.changes import (
    AbandonAction,
    EnterStage,
    FinishExecution,
    LeaveStage,
    StartAction,
    WaitFor,
)
from pipelines.core.foreseeing import foresee_stop
from pipelines.core.refusals import NotLatestExecution
from pipelines.core.retrying import RetryFacts, actions_to_rerun
from pipelines.core.statuses import (
    ActionStatus,
    ExecutionStatus,
    RetryMode,
    StageStatus,
    StopMode,
)
from tests.core.situations import (
    NOW,
    PARALLEL,
    QUEUED,
    building,
    execution,
    number,
    pipeline,
    settled,
)


def parallel(n, *, stop=None, **where):
    return execution(n, stop=stop, mode=PARALLEL, **where)


def in_build(n=1, **more):
    return building(n, mode=PARALLEL, **{"Compile": "InProgress", "Lint": "InProgress", **more})


def of(n, changes):
    return [change for change in changes if change.execution_id == number(n)]


def test_all_enter_the_same_stage_at_once():
    changes = settled(*(parallel(n, waits_for="Source") for n in (1, 2, 3)))

    for n in (1, 2, 3):
        assert of(n, changes) == [EnterStage(number(n), "Source"), StartAction(number(n), "Fetch")]


def test_nobody_is_superseded_in_front_of_a_disabled_transition():
    assert settled(*(parallel(n, waits_for="Source") for n in (1, 2)), closed=["Source"]) == []


def test_who_is_inside_keeps_nobody_out():
    changes = settled(in_build(1), parallel(2, waits_for="Build"))

    assert changes[0] == EnterStage(number(2), "Build")
    assert of(1, changes) == []


def test_who_started_later_may_be_ahead():
    done = in_build(2, Compile="Succeeded", Lint="Succeeded", Test="Succeeded")

    assert of(2, settled(in_build(1), done)) == [
        LeaveStage(number(2), "Build", StageStatus.SUCCEEDED),
        WaitFor(number(2), "Deploy"),
        EnterStage(number(2), "Deploy"),
        StartAction(number(2), "Ship"),
    ]


@pytest.mark.parametrize("others", [True, False])
def test_a_stop_is_the_same_whether_there_are_others_or_not(others):
    stopping = in_build(1, stop=StopMode.ABANDON)
    beside = [in_build(2), parallel(3, waits_for="Deploy")] if others else []

    assert of(1, settled(stopping, *beside, closed=["Deploy"])) == [
        AbandonAction(number(1), "Compile"),
        AbandonAction(number(1), "Lint"),
        LeaveStage(number(1), "Build", StageStatus.STOPPED),
        FinishExecution(number(1), ExecutionStatus.STOPPED),
    ]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_concerns_no_other(mode):
    others = [in_build(2), parallel(3, waits_for="Deploy")]

    changes = settled(in_build(1, stop=mode), *others, closed=["Deploy"])

    assert of(1, changes) == changes


@pytest.mark.parametrize("mode", StopMode)
def test_who_is_stopped_in_front_of_a_disabled_transition_never_enters(mode):
    assert settled(parallel(1, stop=mode, waits_for="Deploy")) == [
        FinishExecution(number(1), ExecutionStatus.STOPPED)
    ]


@pytest.mark.parametrize("mode", StopMode)
def test_it_is_foreseen_that_a_stop_lets_nobody_in(mode):
    inside = in_build(1)
    facts = pipeline(inside, parallel(2, waits_for="Build"), closed=["Build"])

    forecast = foresee_stop(facts, inside, mode=mode, now=NOW)

    assert (forecast.enters_next, forecast.waits_in_front) == (None, None)


def test_an_update_of_the_pipeline_lets_parallel_executions_go_on():
    done = in_build(1, is_outdated=True, Compile="Succeeded", Lint="Succeeded", Test="Succeeded")
    waiting = parallel(2, waits_for="Source", is_outdated=True)

    changes = settled(done, waiting)

    assert EnterStage(number(1), "Deploy") in changes
    assert EnterStage(number(2), "Source") in changes


def test_what_goes_on_from_parallel_mode_is_in_nobodys_way():
    """The pipeline is in QUEUED mode by now."""
    before = in_build(1, is_outdated=True)
    arriving = parallel(2, waits_for="Build", is_outdated=True)
    queued = [execution(n, mode=QUEUED, waits_for="Build") for n in (3, 4)]

    entered = [
        c.execution_id.int for c in settled(before, arriving, *queued) if isinstance(c, EnterStage)
    ]

    assert sorted(entered) == [2, 3]


def retry_facts(**more):
    actions = {"Compile": ActionStatus.FAILED}
    failed = {"stage_status": StageStatus.FAILED, "is_latest": False, "is_outdated": False}
    return RetryFacts(**{**failed, "actions": actions, **more})


def test_nobody_overtakes_a_parallel_execution_so_it_can_be_retried():
    facts = retry_facts(mode=PARALLEL)

    assert actions_to_rerun(facts, mode=RetryMode.FAILED_ACTIONS) == {"Compile"}


def test_who_was_overtaken_in_a_queue_cannot_be_retried():
    with pytest.raises(NotLatestExecution):
        actions_to_rerun(retry_facts(mode=QUEUED), mode=RetryMode.FAILED_ACTIONS)
