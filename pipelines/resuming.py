"""Having an execution that ended in a stage go on there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.core.statuses import ExecutionStatus
from pipelines.models import Event, PipelineExecution
from pipelines.models.events import RESUMED, pipeline_event, stage_event

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.models import StageExecution


def held(stay: StageExecution) -> StageExecution:
    """The stay, about which nobody decides meanwhile; the pipeline is under its lock.

    For a parallel execution that lock is not enough.
    """
    if stay.execution.takes_locks:
        return stay
    execution = PipelineExecution.objects.held(stay.execution_id)
    stay.refresh_from_db()
    stay.execution = execution
    return stay


def resume(execution: PipelineExecution, stay: StageExecution, *, at: datetime) -> None:
    """InProgress again, with the stage's lock, one attempt later and with no stop asked for.

    The stay is InProgress already, and the caller wakes the engine.
    """
    resumed = {
        "status": ExecutionStatus.IN_PROGRESS,
        "attempt": execution.attempt + 1,
        "occupied": stay,
        "stop_mode": "",
        "stop_reason": None,
        "stop_requested_by": "",
        "stop_requested_at": None,
        "updated_at": at,
        "ended_at": None,
    }
    for column, value in resumed.items():
        setattr(execution, column, value)
    execution.refresh_search_text()
    execution.save(update_fields=[*resumed, "search_text"])
    Event.objects.bulk_create(
        [
            pipeline_event(execution, RESUMED, at=at),
            stage_event(execution, stay.stage_name, RESUMED, at=at),
        ]
    )
