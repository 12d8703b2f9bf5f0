"""Starting a rollback: an execution that is inside its one stage from the first moment on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.core.statuses import ExecutionType
from pipelines.models import PipelineExecution, StageExecution
from pipelines.models.events import STARTED, pipeline_event, stage_event

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.models import Event, Pipeline, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What is to be brought back, and why (API type ExecutionTrigger)."""

    target: PipelineExecution
    trigger_type: str
    trigger_detail: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def begin_rollback(
    pipeline: Pipeline, stage: Stage, rollback: Rollback, *, at: datetime
) -> tuple[PipelineExecution, list[Event]]:
    """Start it with the target's source revisions, variables and artifacts (engine.md §10).

    The events that tell of it are the caller's to store, after those of what led to it.

    The pipeline is under its lock and nobody is in the stage.  A transition that is disabled does
    not hold it: a rollback is for the stage, and comes from none before it.
    """
    execution = _execution(pipeline, rollback, at=at)
    stay = StageExecution.objects.create(
        execution=execution,
        pipeline=pipeline,
        stage_name=stage.name,
        version=execution.version,
        sequence=execution.sequence,
        mode=execution.mode,
        started_at=at,
        updated_at=at,
    )
    execution.occupied = stay
    execution.save(update_fields=["occupied"])
    stage.latest = stay
    if stage.inbound and stage.inbound.is_finished:
        stage.inbound = None  # who waits goes on waiting
    stage.save(update_fields=["latest", "inbound"])
    trigger = {"trigger-type": rollback.trigger_type, "trigger-detail": rollback.trigger_detail}
    return execution, [
        pipeline_event(execution, STARTED, at=at, **{"execution-trigger": trigger}),
        stage_event(execution, stage.name, STARTED, at=at),
    ]


def _execution(pipeline: Pipeline, rollback: Rollback, *, at: datetime) -> PipelineExecution:
    target = rollback.target
    pipeline.last_sequence += 1
    pipeline.save(update_fields=["last_sequence"])
    execution = PipelineExecution(
        id=rollback.id,
        pipeline=pipeline,
        sequence=pipeline.last_sequence,
        version=target.version,
        mode=pipeline.execution_mode,
        execution_type=ExecutionType.ROLLBACK,
        rollback_target=target,
        trigger_type=rollback.trigger_type,
        trigger_detail=rollback.trigger_detail,
        artifacts=target.artifacts,
        variables=target.variables,
        source_revisions=target.source_revisions,
        started_at=at,
        updated_at=at,
    )
    execution.refresh_search_text()
    execution.save(force_insert=True)
    return execution
