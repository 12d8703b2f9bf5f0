"""What the rules can ask for, and what the facts are once it is done.

The engine makes each change on rows, `after` makes it on facts; the rules do neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, assert_never

from pipelines.core.facts import ActionFacts, ConditionFacts, ExecutionFacts
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionStatus,
    ExecutionType,
    FailureCode,
    StageStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from pipelines.core.facts import PipelineFacts


@dataclass(frozen=True, slots=True)
class StartAction:
    """Start an action of the stage that the execution occupies."""

    execution_id: UUID
    action: str


@dataclass(frozen=True, slots=True)
class FailAction:
    """Give an action up that is InProgress: it timed out, or whoever did its work is gone."""

    execution_id: UUID
    action: str
    code: FailureCode
    message: str


@dataclass(frozen=True, slots=True)
class AbandonAction:
    """Stop waiting for an action that is InProgress.  Its provider is not told."""

    execution_id: UUID
    action: str


@dataclass(frozen=True, slots=True)
class EnterStage:
    """Take the lock of the stage in front of which the execution waits."""

    execution_id: UUID
    stage: str


@dataclass(frozen=True, slots=True)
class LeaveStage:
    """End the stay in the occupied stage with this status, which releases its lock."""

    execution_id: UUID
    stage: str
    status: StageStatus


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Become an inbound execution in front of a stage."""

    execution_id: UUID
    stage: str


@dataclass(frozen=True, slots=True)
class FinishExecution:
    """End the whole execution with this status."""

    execution_id: UUID
    status: ExecutionStatus
    superseded_by: UUID | None = None
    summary: str = ""  # why, where the status alone does not say so


@dataclass(frozen=True, slots=True)
class RetryStage:
    """Run actions of the occupied stage again, because the stage says so itself."""

    execution_id: UUID
    stage: str
    actions: frozenset[str]


@dataclass(frozen=True, slots=True)
class RollBack:
    """Start an execution that brings the stage back to what an earlier one left there."""

    execution_id: UUID  # the one that failed
    stage: str
    target_id: UUID
    rollback_id: UUID  # the one that starts


@dataclass(frozen=True, slots=True)
class StartCondition:
    """Begin to check a condition of the occupied stage."""

    execution_id: UUID
    kind: ConditionKind


@dataclass(frozen=True, slots=True)
class StartRule:
    """Start a rule of the condition that is being checked."""

    execution_id: UUID
    kind: ConditionKind
    rule: str


@dataclass(frozen=True, slots=True)
class PassRule:
    """A rule that is InProgress succeeds without anybody's work."""

    execution_id: UUID
    kind: ConditionKind
    rule: str
    summary: str


@dataclass(frozen=True, slots=True)
class FailRule:
    """A rule that is InProgress fails: it says no, timed out, or cannot be evaluated."""

    execution_id: UUID
    kind: ConditionKind
    rule: str
    code: FailureCode
    message: str


@dataclass(frozen=True, slots=True)
class AbandonRule:
    """Stop waiting for a rule that is InProgress."""

    execution_id: UUID
    kind: ConditionKind
    rule: str


@dataclass(frozen=True, slots=True)
class FinishCondition:
    """End the check of a condition with this status."""

    execution_id: UUID
    kind: ConditionKind
    status: ConditionStatus


RuleChange = StartRule | PassRule | FailRule | AbandonRule
ConditionChange = StartCondition | FinishCondition | RuleChange
Change = (
    StartAction
    | FailAction
    | AbandonAction
    | EnterStage
    | LeaveStage
    | WaitFor
    | FinishExecution
    | RetryStage
    | RollBack
    | ConditionChange
)
_NOTHING_DONE: dict[str, Any] = {"actions": (), "auto_retries": 0, "conditions": ()}
_ENTERED: dict[str, Any] = {**_NOTHING_DONE, "held_for": timedelta()}


def after(pipeline: PipelineFacts, changes: Iterable[Change]) -> PipelineFacts:
    """The facts as they are once the changes are made, in this order.

    A finished execution is no fact any more.
    """
    executions = {execution.id: execution for execution in pipeline.executions}
    successes, sequence = dict(pipeline.last_successes), pipeline.last_sequence
    for change in changes:
        execution = executions[change.execution_id]
        if isinstance(change, RollBack):
            sequence += 1
            rollback = _rollback(execution, change, sequence=sequence)
            executions[change.rollback_id] = rollback
        elif isinstance(change, LeaveStage) and _is_success(execution, change):
            successes[change.stage] = execution.id
        if changed := _changed(execution, change):
            executions[execution.id] = changed
        else:
            del executions[execution.id]
    return replace(
        pipeline,
        executions=tuple(executions.values()),
        last_successes=successes,
        last_sequence=sequence,
    )


def _rollback(failed: ExecutionFacts, change: RollBack, *, sequence: int) -> ExecutionFacts:
    """It is inside the stage from its start: it waits for nobody and supersedes nobody."""
    return ExecutionFacts(
        id=change.rollback_id,
        sequence=sequence,
        plan=failed.plan,
        mode=failed.mode,
        occupies=change.stage,
        type=ExecutionType.ROLLBACK,
    )


def _is_success(execution: ExecutionFacts, change: LeaveStage) -> bool:
    """Whether the stage may be rolled back to this from now on."""
    has_succeeded = change.status is StageStatus.SUCCEEDED
    return has_succeeded and execution.is_rollback_target_of(change.stage)


def _changed(  # noqa: C901, PLR0911, PLR0912 - one for each kind of change
    execution: ExecutionFacts, change: Change
) -> ExecutionFacts | None:
    match change:
        case StartAction(_, action):
            return replace(execution, actions=(*execution.actions, ActionFacts(name=action)))
        case FailAction(_, action):
            return _with_action(execution, action, ActionStatus.FAILED)
        case AbandonAction(_, action):
            return _with_action(execution, action, ActionStatus.ABANDONED)
        case EnterStage(_, stage):
            return replace(execution, occupies=stage, waits_for=None, **_ENTERED)
        case LeaveStage():
            return replace(execution, occupies=None, **_NOTHING_DONE)
        case WaitFor(_, stage):
            return replace(execution, waits_for=stage)
        case FinishExecution():
            return None
        case RetryStage():
            return _retried(execution, change)
        case RollBack():
            return execution
        case StartCondition(_, kind):
            begun = ConditionFacts(kind=kind)
            return replace(execution, conditions=(*execution.conditions, begun))
        case FinishCondition(_, kind, status):
            return _with_condition(execution, kind, status=status)
        case StartRule() | PassRule() | FailRule() | AbandonRule():
            return _with_rule(execution, change)
        case _:
            assert_never(change)


def _with_condition(
    execution: ExecutionFacts, kind: ConditionKind, **changed: Any
) -> ExecutionFacts:
    conditions = (
        replace(each, **changed) if each.kind is kind else each for each in execution.conditions
    )
    return replace(execution, conditions=tuple(conditions))


def _with_rule(execution: ExecutionFacts, change: RuleChange) -> ExecutionFacts:
    condition = execution.condition(change.kind)
    before = {rule.name: rule for rule in condition.rules} if condition else {}
    match change:
        case StartRule(_, _, name):
            rule = ActionFacts(name=name)
        case PassRule(_, _, name):
            rule = replace(before[name], status=ActionStatus.SUCCEEDED)
        case FailRule(_, _, name, code):
            is_error = code is not FailureCode.JOB_FAILED
            rule = replace(before[name], status=ActionStatus.FAILED, is_error=is_error)
        case AbandonRule(_, _, name):
            rule = replace(before[name], status=ActionStatus.ABANDONED)
        case _:
            assert_never(change)
    rules = tuple({**before, rule.name: rule}.values())
    return _with_condition(execution, change.kind, rules=rules)


def _retried(execution: ExecutionFacts, change: RetryStage) -> ExecutionFacts:
    kept = (action for action in execution.actions if action.name not in change.actions)
    return replace(execution, actions=tuple(kept), auto_retries=execution.auto_retries + 1)


def _with_action(execution: ExecutionFacts, name: str, status: ActionStatus) -> ExecutionFacts:
    actions = (
        replace(action, status=status) if action.name == name else action
        for action in execution.actions
    )
    return replace(execution, actions=tuple(actions))
