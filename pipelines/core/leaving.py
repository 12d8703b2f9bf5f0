"""How a stay in a stage ends, and what follows: the next stage, a retry, a rollback, or the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.core.changes import Change, FinishExecution, LeaveStage, RetryStage, WaitFor
from pipelines.core.conditions import check, close, is_met
from pipelines.core.retrying import rerun_by_itself
from pipelines.core.rolling_back import roll_back
from pipelines.core.statuses import (
    ConditionKind,
    ConditionStatus,
    ExecutionStatus,
    StageResult,
    StageStatus,
)

if TYPE_CHECKING:
    from pipelines.core.facts import ExecutionFacts, PipelineFacts


def cancel(execution: ExecutionFacts) -> list[Change]:
    """The pipeline was updated: running actions finish, then stage and execution end."""
    if execution.waits_for_something:
        return []
    running = execution.running_condition
    closed = close(execution, running, ConditionStatus.CANCELLED) if running else []
    return [*closed, *end(execution, StageStatus.CANCELLED, ExecutionStatus.CANCELLED)]


def succeed(pipeline: PipelineFacts, execution: ExecutionFacts) -> list[Change]:
    """Every action succeeded: the stage is left unless its condition says otherwise."""
    checking = check(execution, ConditionKind.ON_SUCCESS)
    if checking is not None:
        return checking
    if is_met(execution, ConditionKind.ON_SUCCESS):
        return move_on(execution, StageStatus.SUCCEEDED)
    return refuse(pipeline, execution, ConditionKind.ON_SUCCESS)


def fail(pipeline: PipelineFacts, execution: ExecutionFacts) -> list[Change]:
    """An action failed: those beside it finish first, then the stage says what follows.

    With a condition, its result follows if it is met.  Nothing follows by itself from the failure
    of a rollback.
    """
    if execution.live_actions:
        return []
    checking = check(execution, ConditionKind.ON_FAILURE)
    if checking is not None:
        return checking
    result = _after_failure(execution)
    return follow(pipeline, execution, result or StageResult.FAIL)


def _after_failure(execution: ExecutionFacts) -> StageResult | None:
    stage = execution.stage
    if stage is None or execution.is_rollback:
        return None
    condition = stage.conditions.get(ConditionKind.ON_FAILURE)
    if condition is None:
        return stage.on_failure
    return condition.result if is_met(execution, ConditionKind.ON_FAILURE) else None


def refuse(pipeline: PipelineFacts, execution: ExecutionFacts, kind: ConditionKind) -> list[Change]:
    """The condition is not met: what it says for that follows."""
    stage = execution.stage
    result = stage.conditions[kind].result if stage else None
    return follow(pipeline, execution, result or StageResult.FAIL)


def follow(pipeline: PipelineFacts, execution: ExecutionFacts, result: StageResult) -> list[Change]:
    """What the result does to the occupied stage and to its execution."""
    if result is StageResult.SKIP:
        return move_on(execution, StageStatus.SKIPPED)
    if result is StageResult.RETRY and not execution.auto_retries:
        return _retry(execution)
    leave, finish = end(execution, StageStatus.FAILED, ExecutionStatus.FAILED)
    started = roll_back(pipeline, execution) if result is StageResult.ROLLBACK else []
    return [leave, *started, finish]


def move_on(execution: ExecutionFacts, status: StageStatus) -> list[Change]:
    """Leave the stage, and wait for the next or end; a rollback was for this stage only."""
    stage = _occupied(execution)
    leave = LeaveStage(execution.id, stage, status)
    behind = None if execution.is_rollback else execution.plan.after(stage)
    if behind:
        return [leave, WaitFor(execution.id, behind.name)]
    return [leave, FinishExecution(execution.id, ExecutionStatus.SUCCEEDED)]


def end(
    execution: ExecutionFacts, stage_status: StageStatus, status: ExecutionStatus
) -> list[Change]:
    finish = FinishExecution(execution.id, status)
    if execution.occupies is None:
        return [finish]
    return [LeaveStage(execution.id, execution.occupies, stage_status), finish]


def _retry(execution: ExecutionFacts) -> list[Change]:
    stage = execution.plan.stage(_occupied(execution))
    statuses = {action.name: action.status for action in execution.actions}
    rerun = rerun_by_itself(statuses, mode=stage.retry_mode)
    return [RetryStage(execution.id, stage.name, rerun)]


def _occupied(execution: ExecutionFacts) -> str:
    if execution.occupies is None:
        raise LookupError(f"Execution {execution.id} is in no stage.")
    return execution.occupies
