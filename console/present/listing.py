"""The rows of the pipelines list, in a number of queries that does not grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F, Sum

from console.present.revisions import SourceRevision, source_revisions
from console.present.statuses import NO_EXECUTIONS, StatusWords, execution_words
from pipelines.models import PipelineExecution

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from pipelines.models import Pipeline

RECENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentExecution:
    """One of the icons at the end of a row."""

    id: UUID
    words: StatusWords
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRow:
    """One pipeline of the list."""

    name: str
    words: StatusWords  # of the latest execution
    revisions: tuple[SourceRevision, ...]
    started_at: datetime | None
    recent: tuple[RecentExecution, ...]  # newest first


def revision_of(pipelines: QuerySet[Pipeline]) -> str:
    """Differs whenever a page of these pipelines would; one query that reads one short row each."""
    sums = pipelines.aggregate(number=Count("pk"), last=Sum("pk"), changes=Sum("revision"))
    return f"{sums['number']}-{sums['last'] or 0}-{sums['changes'] or 0}"


def rows_of(pipelines: Iterable[Pipeline]) -> tuple[PipelineRow, ...]:
    listed = list(pipelines)
    recent: dict[int, list[PipelineExecution]] = {pipeline.pk: [] for pipeline in listed}
    for execution in _recent_executions(listed):
        recent[execution.pipeline_id].append(execution)
    return tuple(_row(pipeline, recent[pipeline.pk]) for pipeline in listed)


def _recent_executions(pipelines: list[Pipeline]) -> QuerySet[PipelineExecution]:
    """The last few of each, newest first; sequences have no gaps, so no history is read."""
    return (
        PipelineExecution.objects.filter(
            pipeline__in=pipelines, sequence__gt=F("pipeline__last_sequence") - RECENT
        )
        .only("pipeline_id", "sequence", "status", "started_at", "source_revisions")
        .order_by("-sequence")
    )


def _row(pipeline: Pipeline, recent: list[PipelineExecution]) -> PipelineRow:
    latest = recent[0] if recent else None
    return PipelineRow(
        name=pipeline.name,
        words=execution_words(latest.status) if latest else NO_EXECUTIONS,
        revisions=source_revisions(latest.source_revisions) if latest else (),
        started_at=latest.started_at if latest else None,
        recent=tuple(
            RecentExecution(
                id=execution.pk,
                words=execution_words(execution.status),
                started_at=execution.started_at,
            )
            for execution in recent
        ),
    )
