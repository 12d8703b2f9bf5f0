"""The decision the engine makes over and over: given these facts, what changes now?"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from pipelines.core.changes import (
    Change,
    FailAction,
    FinishExecution,
    LeaveStage,
    StartAction,
    WaitFor,
    after,
)
from pipelines.core.entering import enter
from pipelines.core.statuses import ActionStatus, ExecutionStatus, FailureCode, StageStatus
from pipelines.core.stopping import carry_out_stop, has_abandoned

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.core.facts import ActionFacts, ExecutionFacts, PipelineFacts

RUNNER_LOST = (
    "The runner of this action was lost: the process that did its work ended, or its machine could"
    " not be reached any more. The work was not started again; retry the stage to do so."
)


def settle(pipeline: PipelineFacts, *, now: datetime) -> tuple[list[Change], PipelineFacts]:
    """Everything that changes by itself until the world acts again, and the facts afterwards."""
    made: list[Change] = []
    while changes := advance(pipeline, now=now):
        pipeline = after(pipeline, changes)
        made += changes
    return made, pipeline


def advance(pipeline: PipelineFacts, *, now: datetime) -> list[Change]:
    """The next changes, all decided on the same facts; empty when there is nothing to do."""
    changes = [
        change for execution in pipeline.executions for change in advance_one(execution, now=now)
    ]
    return changes + enter(pipeline)


def advance_one(execution: ExecutionFacts, *, now: datetime) -> list[Change]:
    """Each rule may assume that the ones above it did not apply."""
    if not has_abandoned(execution) and (given_up := give_up(execution, now=now)):
        return given_up
    if execution.stop:
        return carry_out_stop(execution)
    if execution.is_cancelled:
        return cancel(execution)
    return go_on(execution) if execution.occupies else []


def go_on(execution: ExecutionFacts) -> list[Change]:
    """The next step inside the occupied stage."""
    if execution.actions_that_are(ActionStatus.FAILED):
        return fail(execution)
    if not execution.unstarted_actions and not execution.live_actions:
        return complete_stage(execution)
    return start_next(execution)


def give_up(execution: ExecutionFacts, *, now: datetime) -> list[Change]:
    """Fail the live actions that timed out or whose runner is gone."""
    return [
        FailAction(execution.id, action.name, FailureCode.JOB_FAILED, reason)
        for action in execution.live_actions
        if (reason := _reason_to_give_up(action, now=now))
    ]


def _reason_to_give_up(action: ActionFacts, *, now: datetime) -> str:
    if action.is_lost:
        return RUNNER_LOST
    if action.deadline and action.deadline <= now:
        return f"The action timed out: it was not complete at {action.deadline:%Y-%m-%d %H:%M} UTC."
    return ""


def cancel(execution: ExecutionFacts) -> list[Change]:
    """The pipeline was updated: running actions finish, then stage and execution end."""
    if execution.live_actions:
        return []
    return _end(execution, StageStatus.CANCELLED, ExecutionStatus.CANCELLED)


def fail(execution: ExecutionFacts) -> list[Change]:
    """An action failed: those beside it finish first, then stage and execution fail."""
    if execution.live_actions:
        return []
    return _end(execution, StageStatus.FAILED, ExecutionStatus.FAILED)


def complete_stage(execution: ExecutionFacts) -> list[Change]:
    """Every action succeeded: leave the stage, and wait for the next or end."""
    stage = execution.occupies
    assert stage is not None  # noqa: S101 - advance_one says so
    leave = LeaveStage(execution.id, stage, StageStatus.SUCCEEDED)
    if behind := execution.plan.after(stage):
        return [leave, WaitFor(execution.id, behind.name)]
    return [leave, FinishExecution(execution.id, ExecutionStatus.SUCCEEDED)]


def start_next(execution: ExecutionFacts) -> list[Change]:
    """Start the lowest run order that is not started, once all below it succeeded.

    An action that is run again joins its own group while the others of it still run.
    """
    unstarted = execution.unstarted_actions
    if not unstarted or execution.occupies is None:
        return []
    run_order = unstarted[0].run_order
    plan = execution.plan.stage(execution.occupies)
    if any(plan.action(action.name).run_order < run_order for action in execution.live_actions):
        return []
    group = takewhile(lambda action: action.run_order == run_order, unstarted)
    return [StartAction(execution.id, action.name) for action in group]


def _end(
    execution: ExecutionFacts, stage_status: StageStatus, status: ExecutionStatus
) -> list[Change]:
    finish = FinishExecution(execution.id, status)
    if execution.occupies is None:
        return [finish]
    return [LeaveStage(execution.id, execution.occupies, stage_status), finish]
