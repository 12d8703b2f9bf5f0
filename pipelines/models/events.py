"""The append-only record of every change of a status (spec/engine.md §12)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from pipelines.models.choices import enum_field
from pipelines.models.executions import PipelineExecution
from pipelines.models.pipelines import Pipeline

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.statuses import ActionStatus, ExecutionStatus, StageStatus
    from pipelines.models.actions import ActionExecution

STARTED, RESUMED = "STARTED", "RESUMED"
END_WANTED, ENDED = "END WANTED", "ENDED"  # of work


class EventLevel(StrEnum):
    PIPELINE = "pipeline"
    STAGE = "stage"
    ACTION = "action"
    WORK = "work"  # what became of work after its action had ended: nothing that AWS tells of


class Event(models.Model):
    """One change of the status of an execution, of its stay in a stage, or of an action.

    Of the level "work" are others, which only the console shows: what was asked of work that was
    left behind, and how it really ended.
    """

    pipeline = models.ForeignKey(
        Pipeline, models.CASCADE, related_name="events", db_index=False
    )  # the index below begins with it
    execution = models.ForeignKey(PipelineExecution, models.CASCADE, related_name="events")
    level = enum_field(EventLevel)
    stage_name = models.CharField(max_length=100, blank=True)
    action_name = models.CharField(max_length=100, blank=True)
    action_execution_id = models.UUIDField(null=True)
    state = models.CharField(max_length=16)  # as EventBridge spells it: STOPPING, CANCELED
    attempt = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    detail = models.JSONField(default=dict)
    is_spread = models.BooleanField(default=False)  # the targets that want it have been found

    class Meta:
        indexes = [
            models.Index(fields=["execution", "id"], name="events_of_an_execution"),
            models.Index(fields=["pipeline", "id"], name="events_of_a_pipeline"),
            models.Index(fields=["at"], name="events_by_time"),
            models.Index(
                fields=["id"], condition=models.Q(is_spread=False), name="events_to_spread"
            ),
        ]

    def __str__(self) -> str:
        where = "/".join(filter(None, [self.stage_name, self.action_name]))
        return f"{self.level} {where} {self.state}"


def state_of(status: ExecutionStatus | StageStatus | ActionStatus) -> str:
    """EventBridge's spelling, which has one L in CANCELED."""
    return "CANCELED" if status == "Cancelled" else status.upper()


def pipeline_event(
    execution: PipelineExecution, state: str, *, at: datetime, **detail: Any
) -> Event:
    return _event(execution, EventLevel.PIPELINE, state, at=at, detail=detail)


def stage_event(
    execution: PipelineExecution, stage_name: str, state: str, *, at: datetime
) -> Event:
    return _event(execution, EventLevel.STAGE, state, at=at, stage_name=stage_name)


def action_event(
    execution: PipelineExecution, where: tuple[str, str, UUID], state: str, *, at: datetime
) -> Event:
    """`where` is stage name, action name and action execution id."""
    stage_name, action_name, action_execution_id = where
    return _event(
        execution,
        EventLevel.ACTION,
        state,
        at=at,
        stage_name=stage_name,
        action_name=action_name,
        action_execution_id=action_execution_id,
    )


def work_event(action: ActionExecution, state: str, *, at: datetime, **detail: Any) -> Event:
    """What happens to the work of an action that has ended already."""
    return _event(
        action.execution,
        EventLevel.WORK,
        state,
        at=at,
        stage_name=action.stage_name,
        action_name=action.action_name,
        action_execution_id=action.pk,
        detail=detail,
        is_spread=True,  # to nobody
    )


def _event(
    execution: PipelineExecution, level: EventLevel, state: str, *, at: datetime, **more: Any
) -> Event:
    return Event(
        pipeline_id=execution.pipeline_id,
        execution_id=execution.id,
        attempt=execution.attempt,
        level=level,
        state=state,
        at=at,
        **more,
    )
