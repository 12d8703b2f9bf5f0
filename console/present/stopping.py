"""What a page says of an execution that is stopping: what it waits for, who asked, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.core.arns import user_of
from pipelines.core.statuses import ActionStatus, ExecutionStatus, StopMode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import ActionExecution, PipelineExecution


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A running action that the stop waits for."""

    id: UUID
    name: str
    started_at: datetime
    usual_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopNotice:
    """One execution that is stopping."""

    execution_id: UUID
    is_abandoning: bool
    stage_name: str  # the one that unlocks; empty when it waits in front of one
    awaited: tuple[Awaited, ...]
    requested_by: str
    requested_at: datetime | None
    comments: str


def stop_notice(
    execution: PipelineExecution,
    stage_name: str,
    actions: Iterable[ActionExecution],
    usual: Mapping[str, float],
) -> StopNotice | None:
    """None unless it is stopping.  `actions` are the latest of the stage that it occupies."""
    if execution.status != ExecutionStatus.STOPPING:
        return None
    return StopNotice(
        execution_id=execution.pk,
        is_abandoning=execution.stop_mode == StopMode.ABANDON,
        stage_name=stage_name,
        awaited=tuple(
            Awaited(
                id=action.pk,
                name=action.action_name,
                started_at=action.started_at,
                usual_seconds=usual.get(action.action_name),
            )
            for action in actions
            if action.status == ActionStatus.IN_PROGRESS
        ),
        requested_by=user_of(execution.stop_requested_by),
        requested_at=execution.stop_requested_at,
        comments=execution.stop_reason or "",
    )
