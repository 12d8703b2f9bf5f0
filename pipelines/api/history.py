"""The rows of what has happened, newest first: executions and action executions of 12 months.

Each list is read from an index, from a position on, however long it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.utils import timezone

from pipelines.core.statuses import StageStatus
from pipelines.models import ActionExecution, Event, PipelineExecution, StageExecution
from pipelines.models.events import RESUMED, EventLevel

if TYPE_CHECKING:
    from pipelines.api.paging import Position
    from pipelines.models import Pipeline
    from pipelines.models.actions import ActionExecutionQuerySet

KEPT = timedelta(days=365)  # how long AWS lists what has happened, by when it started
HEAVY = ("artifacts", "variables", "search_text")  # not listed, and can be long


class Among(NamedTuple):
    """Which action executions are listed: of one pipeline execution, if it is given."""

    execution: PipelineExecution | None = None
    latest_attempt_only: bool = False


def executions(
    pipeline: Pipeline, *, after: Position | None, succeeded_in: str | None, most: int
) -> list[PipelineExecution]:
    """At most so many; `succeeded_in` is a stage in which they succeeded in the current version."""
    if succeeded_in is None:
        rows = _executions(pipeline, after, most)
    else:
        rows = _succeeded(pipeline, succeeded_in, after, most)
    # They are in the order of starting: behind the first that is too old are no others.
    oldest = timezone.now() - KEPT
    return list(takewhile(lambda execution: execution.started_at > oldest, rows))


def position_of_execution(execution: PipelineExecution) -> Position:
    return [execution.sequence]


def action_executions(
    pipeline: Pipeline, among: Among, *, after: Position | None, most: int
) -> list[ActionExecution]:
    """At most so many, with the pipeline executions that they are of."""
    return _runs(ActionExecution.objects.of_actions(), pipeline, among, after, most)


def rule_executions(
    pipeline: Pipeline, among: Among, *, after: Position | None, most: int
) -> list[ActionExecution]:
    """The same of rules."""
    return _runs(ActionExecution.objects.of_rules(), pipeline, among, after, most)


def _runs(
    runs: ActionExecutionQuerySet,
    pipeline: Pipeline,
    among: Among,
    after: Position | None,
    most: int,
) -> list[ActionExecution]:
    owner = {"execution": among.execution} if among.execution else {"pipeline": pipeline}
    rows = runs.filter(**owner, started_at__gt=timezone.now() - KEPT)
    if among.latest_attempt_only and among.execution:
        rows = rows.filter(started_at__gte=_attempt_began(among.execution))
    if after is not None:
        at, last = datetime.fromisoformat(str(after[0])), after[1]
        rows = rows.filter(started_at__lte=at).filter(Q(started_at__lt=at) | Q(pk__lt=last))
    not_listed = ("resolved_commands", "resolved_environment")
    rows = rows.select_related("execution").defer(
        *not_listed, *(f"execution__{column}" for column in (*HEAVY, "source_revisions"))
    )
    return list(rows.order_by("-started_at", "-pk")[:most])


def position_of_action(action: ActionExecution) -> Position:
    return [action.started_at.isoformat(), str(action.pk)]


def _executions(pipeline: Pipeline, after: Position | None, most: int) -> list[PipelineExecution]:
    rows = pipeline.executions.defer(*HEAVY)
    if after is not None:
        rows = rows.filter(sequence__lt=after[0])
    return list(rows.order_by("-sequence")[:most])


def _succeeded(
    pipeline: Pipeline, stage_name: str, after: Position | None, most: int
) -> list[PipelineExecution]:
    rows = StageExecution.objects.filter(
        pipeline=pipeline,
        stage_name=stage_name,
        status=StageStatus.SUCCEEDED,
        version=pipeline.version,
    )
    if after is not None:
        rows = rows.filter(sequence__lt=after[0])
    rows = rows.select_related("execution").defer(*(f"execution__{column}" for column in HEAVY))
    return [stay.execution for stay in rows.order_by("-sequence")[:most]]


def _attempt_began(execution: PipelineExecution) -> datetime:
    """When it started, or was last resumed by a retry."""
    if execution.attempt == 1:
        return execution.started_at
    resumed = Event.objects.filter(execution=execution, level=EventLevel.PIPELINE, state=RESUMED)
    return resumed.latest("id").at
