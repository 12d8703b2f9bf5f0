"""The decision the engine makes over and over: given these facts, what changes now?"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from pipelines.core.changes import Change, FailAction, FailRule, StartAction, after
from pipelines.core.conditions import check, is_met, let_pass
from pipelines.core.entering import enter, give_up_waiting
from pipelines.core.leaving import cancel, fail, refuse, succeed
from pipelines.core.statuses import ActionStatus, ConditionKind, FailureCode
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
        change
        for execution in pipeline.executions
        for change in advance_one(pipeline, execution, now=now)
    ]
    return changes + enter(pipeline)


def advance_one(
    pipeline: PipelineFacts, execution: ExecutionFacts, *, now: datetime
) -> list[Change]:
    """Each rule may assume that the ones above it did not apply."""
    if not has_abandoned(execution) and (due := by_time(execution, now=now)):
        return due
    if execution.stop:
        return carry_out_stop(execution)
    if execution.is_cancelled:
        return cancel(execution)
    if execution.is_held_too_long:
        return give_up_waiting(execution)
    return go_on(pipeline, execution) if execution.occupies else []


def go_on(pipeline: PipelineFacts, execution: ExecutionFacts) -> list[Change]:
    """The next step inside the occupied stage."""
    before_entry = check(execution, ConditionKind.BEFORE_ENTRY)
    if before_entry is not None:
        return before_entry
    if not is_met(execution, ConditionKind.BEFORE_ENTRY):
        return refuse(pipeline, execution, ConditionKind.BEFORE_ENTRY)
    if execution.actions_that_are(ActionStatus.FAILED):
        return fail(pipeline, execution)
    if not execution.unstarted_actions and not execution.live_actions:
        return succeed(pipeline, execution)
    return start_next(execution)


def by_time(execution: ExecutionFacts, *, now: datetime) -> list[Change]:
    """What time alone does to live actions and rules."""
    return let_pass(execution, now=now) or give_up(execution, now=now)


def give_up(execution: ExecutionFacts, *, now: datetime) -> list[Change]:
    """Fail the live actions and rules that timed out or whose runner is gone."""
    changes: list[Change] = [
        FailAction(execution.id, action.name, FailureCode.JOB_FAILED, reason)
        for action in execution.live_actions
        if (reason := _reason_to_give_up(action, now=now))
    ]
    if condition := execution.running_condition:
        changes += [
            FailRule(execution.id, condition.kind, rule.name, FailureCode.JOB_FAILED, reason)
            for rule in condition.live_rules
            if (reason := _reason_to_give_up(rule, now=now))
        ]
    return changes


def _reason_to_give_up(action: ActionFacts, *, now: datetime) -> str:
    if action.is_lost:
        return RUNNER_LOST
    if action.deadline and action.deadline <= now:
        return f"The action timed out: it was not complete at {action.deadline:%Y-%m-%d %H:%M} UTC."
    return ""


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
