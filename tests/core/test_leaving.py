"""What follows by itself when a stage fails: nothing, a retry, a rollback, or the next stage."""

from dataclasses import replace

import pytest

from pipelines.core.advance import settle
from pipelines.core.changes import (
    FinishExecution,
    LeaveStage,
    RetryStage,
    RollBack,
    StartAction,
    WaitFor,
)
from pipelines.core.plan import PipelinePlan
from pipelines.core.statuses import (
    ExecutionStatus,
    ExecutionType,
    RetryMode,
    StageResult,
    StageStatus,
    StopMode,
)
from pipelines.core.stopping import has_abandoned
from tests.core.situations import NOW, PLAN, building, number, pipeline, settled

FAILED = {"Compile": "Succeeded", "Lint": "Failed"}
LEAVE = LeaveStage(number(1), "Build", StageStatus.FAILED)
FINISH = FinishExecution(number(1), ExecutionStatus.FAILED)


def saying(result, retry_mode=None):
    """The usual plan; this is what stage Build says of its failure."""
    source, build, deploy = PLAN.stages
    said = replace(build, on_failure=StageResult(result), retry_mode=retry_mode)
    return PipelinePlan(stages=(source, said, deploy))


def failed(result, retry_mode=None, *, retried=0, stop=None, **statuses):
    plan = saying(result, retry_mode)
    return replace(building(stop=stop, plan=plan, **(statuses or FAILED)), auto_retries=retried)


def test_a_failure_alone_ends_stage_and_execution():
    assert settled(failed("FAIL")) == [LEAVE, FINISH]


@pytest.mark.parametrize(
    ("mode", "again"),
    [(RetryMode.FAILED_ACTIONS, {"Lint"}), (RetryMode.ALL_ACTIONS, {"Compile", "Lint"})],
)
def test_a_stage_retries_itself(mode, again):
    retry, *started = settled(failed("RETRY", mode))

    assert retry == RetryStage(number(1), "Build", frozenset(again))
    assert set(started) == {StartAction(number(1), name) for name in again}


def test_a_stage_retries_itself_once():
    assert settled(failed("RETRY", RetryMode.ALL_ACTIONS, retried=1)) == [LEAVE, FINISH]


def test_what_runs_beside_the_failed_action_ends_before_the_retry():
    running = failed("RETRY", RetryMode.FAILED_ACTIONS, Compile="InProgress", Lint="Failed")

    assert settled(running) == []


@pytest.mark.parametrize("mode", StopMode)
@pytest.mark.parametrize("result", ["RETRY", "ROLLBACK", "SKIP"])
def test_a_stop_comes_before_all_that_would_follow(mode, result):
    """spec/stop.md R13: a stage that ends as Stopped has neither failed nor succeeded."""
    stopping = failed(result, RetryMode.ALL_ACTIONS, stop=mode)

    assert has_abandoned(stopping) is (mode is StopMode.ABANDON)
    assert settled(stopping) == [
        LeaveStage(number(1), "Build", StageStatus.STOPPED),
        FinishExecution(number(1), ExecutionStatus.STOPPED),
    ]


def test_a_failed_stage_can_be_skipped():
    changes = settled(failed("SKIP"))

    skipped = LeaveStage(number(1), "Build", StageStatus.SKIPPED)
    assert changes[:2] == [skipped, WaitFor(number(1), "Deploy")]


def rolled_back(*executions, to):
    facts = replace(pipeline(*executions), last_successes=to, last_sequence=8)
    return settle(facts, now=NOW)


def test_a_rollback_starts_inside_the_stage_that_failed():
    changes, after = rolled_back(failed("ROLLBACK"), to={"Build": number(7)})

    leave, roll_back, finish, *started = changes
    assert (leave, finish) == (LEAVE, FINISH)
    assert roll_back == RollBack(number(1), "Build", number(7), roll_back.rollback_id)
    (rollback,) = after.executions
    assert (rollback.id, rollback.occupies) == (roll_back.rollback_id, "Build")
    assert (rollback.type, rollback.sequence) == (ExecutionType.ROLLBACK, 9)
    assert started == [StartAction(rollback.id, name) for name in ("Compile", "Lint")]


@pytest.mark.parametrize("to", [{}, {"Deploy": number(7)}])
def test_without_an_earlier_success_nothing_is_rolled_back(to):
    assert rolled_back(failed("ROLLBACK"), to=to)[0] == [LEAVE, FINISH]


def test_nothing_follows_by_itself_from_the_failure_of_a_rollback():
    again = replace(failed("ROLLBACK"), type=ExecutionType.ROLLBACK)

    assert rolled_back(again, to={"Build": number(7)})[0] == [LEAVE, FINISH]


def test_a_rollback_that_succeeds_goes_no_further():
    done = dict.fromkeys(("Compile", "Lint", "Test"), "Succeeded")
    rollback = replace(building(**done), type=ExecutionType.ROLLBACK)

    assert settled(rollback) == [
        LeaveStage(number(1), "Build", StageStatus.SUCCEEDED),
        FinishExecution(number(1), ExecutionStatus.SUCCEEDED),
    ]


@pytest.mark.parametrize(("kind", "is_target"), [("STANDARD", True), ("ROLLBACK", False)])
def test_who_succeeds_is_what_the_next_failure_goes_back_to(kind, is_target):
    done = dict.fromkeys(("Compile", "Lint", "Test"), "Succeeded")
    one = replace(building(plan=saying("ROLLBACK"), **done), type=ExecutionType(kind))

    _, after = rolled_back(one, to={"Build": number(7)})

    assert after.last_successes == {"Build": number(1) if is_target else number(7)}
