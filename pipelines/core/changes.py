"""What the rules can ask for, and what the facts are once it is done.

The engine makes each change on rows, `after` makes it on facts; the rules do neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from pipelines.core.facts import ActionFacts
from pipelines.core.statuses import (
    ActionStatus,
    ExecutionStatus,
    FailureCode,
    StageStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from pipelines.core.facts import ExecutionFacts, PipelineFacts


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


Change = (
    StartAction | FailAction | AbandonAction | EnterStage | LeaveStage | WaitFor | FinishExecution
)


def after(pipeline: PipelineFacts, changes: Iterable[Change]) -> PipelineFacts:
    """The facts as they are once the changes are made, in this order.

    A finished execution is no fact any more.
    """
    executions = {execution.id: execution for execution in pipeline.executions}
    for change in changes:
        changed = _changed(executions[change.execution_id], change)
        if changed:
            executions[change.execution_id] = changed
        else:
            del executions[change.execution_id]
    return replace(pipeline, executions=tuple(executions.values()))


def _changed(  # noqa: PLR0911 - one for each kind of change
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
            return replace(execution, occupies=stage, waits_for=None, actions=())
        case LeaveStage():
            return replace(execution, occupies=None, actions=())
        case WaitFor(_, stage):
            return replace(execution, waits_for=stage)
        case FinishExecution():
            return None
        case _:
            assert_never(change)


def _with_action(execution: ExecutionFacts, name: str, status: ActionStatus) -> ExecutionFacts:
    actions = (
        replace(action, status=status) if action.name == name else action
        for action in execution.actions
    )
    return replace(execution, actions=tuple(actions))
