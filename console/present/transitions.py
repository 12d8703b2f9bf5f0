"""The ways into stages: what closes them, and who waits in front."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.present.statuses import StatusWords, execution_words
from pipelines.core.arns import user_of
from pipelines.core.statuses import ExecutionMode, TransitionType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import Pipeline, PipelineExecution, Stage


LISTED = 4  # of those that wait behind the head of a queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """One side of a transition that is disabled, and who did so."""

    stage_name: str
    side: TransitionType
    reason: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """The execution that waits in front of a stage."""

    execution_id: UUID
    words: StatusWords
    is_stoppable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The way into a stage."""

    before: str  # the stage that it comes from; empty in front of the first
    into: str
    closures: tuple[Closure, ...] = ()
    inbound: Inbound | None = None
    queue: tuple[Inbound, ...] = ()  # who waits behind it, in QUEUED mode; the first few
    longer: int = 0  # and how many more there are
    may_be_changed: bool = True


def queues_of(pipeline: Pipeline) -> dict[str, list[PipelineExecution]]:
    """Who waits in front of the stages of a QUEUED pipeline, the head first; else nobody."""
    queues: dict[str, list[PipelineExecution]] = {}
    if pipeline.execution_mode != ExecutionMode.QUEUED:
        return queues
    waiting = pipeline.executions.unfinished().filter(mode=ExecutionMode.QUEUED)
    for execution in waiting.exclude(waits_for="").only(*_COLUMNS):
        queues.setdefault(execution.waits_for, []).append(execution)
    return queues


_COLUMNS = ("pipeline_id", "sequence", "status", "stop_mode", "waits_for")


def way_in(
    previous: Stage | None, stage: Stage, queue: Sequence[PipelineExecution] = ()
) -> Transition | None:
    """The way in front of a stage; the first has one only when there is something to say."""
    come: list[PipelineExecution | None] = [*queue] or [stage.inbound]
    waiting = [one for each in come if (one := _inbound(each, stage.name))]
    closures, head = _closures(previous, stage), waiting[0] if waiting else None
    if previous is None and not closures and head is None:
        return None
    return Transition(
        before=previous.name if previous else "",
        into=stage.name,
        closures=closures,
        inbound=head,
        queue=tuple(waiting[1 : 1 + LISTED]),
        longer=max(0, len(waiting) - 1 - LISTED),
    )


def way_of(execution: PipelineExecution, before: str, into: str) -> Transition | None:
    """The same in the diagram of one execution, which changes nothing."""
    inbound = _inbound(execution, into)
    if not before and inbound is None:
        return None
    return Transition(before=before, into=into, inbound=inbound, may_be_changed=False)


def way_through(pipeline: Pipeline, stage_name: str, side: TransitionType) -> Transition:
    """The way into a stage, or out of it, in the pipeline's current version."""
    behind = pipeline.plan.after(stage_name) if side is TransitionType.OUTBOUND else None
    into = behind.name if behind else stage_name
    names = ["", *(stage.name for stage in pipeline.plan.stages)]
    before = names[names.index(into) - 1]
    rows = pipeline.stages.filter(name__in=[before, into]).select_related("inbound")
    stages = {stage.name: stage for stage in rows}
    queue = queues_of(pipeline).get(into, ())
    return way_in(stages.get(before), stages[into], queue) or Transition(before="", into=into)


def _closures(previous: Stage | None, stage: Stage) -> tuple[Closure, ...]:
    closures = []
    if previous and not previous.outbound_enabled:
        closures.append(
            Closure(
                stage_name=previous.name,
                side=TransitionType.OUTBOUND,
                reason=previous.outbound_reason,
                by=user_of(previous.outbound_changed_by),
                at=previous.outbound_changed_at,
            )
        )
    if not stage.inbound_enabled:
        closures.append(
            Closure(
                stage_name=stage.name,
                side=TransitionType.INBOUND,
                reason=stage.inbound_reason,
                by=user_of(stage.inbound_changed_by),
                at=stage.inbound_changed_at,
            )
        )
    return tuple(closures)


def _inbound(execution: PipelineExecution | None, into: str) -> Inbound | None:
    """Only who still waits: it may have been stopped or superseded meanwhile."""
    if execution is None or execution.waits_for != into:
        return None
    return Inbound(
        execution_id=execution.pk,
        words=execution_words(execution.status),
        is_stoppable=not execution.stop_mode,
    )
