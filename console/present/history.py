"""One page of a pipeline's execution history, in a number of queries that does not grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from console.present.revisions import SourceRevision, source_revisions
from console.present.statuses import EXECUTION, StatusWords, execution_words
from console.present.triggering import triggered_by
from pipelines import stages
from pipelines.core.arns import user_of
from pipelines.core.statuses import ActionStatus, ExecutionStatus, StageStatus, StopMode
from pipelines.models import ActionExecution, PipelineExecution, Stage, StageExecution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from django.db.models import QuerySet

    from pipelines.models import Pipeline

LISTED = 20  # executions on a page
LARGEST = 2**63 - 1
RETRYABLE = (StageStatus.FAILED, StageStatus.STOPPED)
ENDED_BADLY = (ExecutionStatus.FAILED, ExecutionStatus.STOPPED)


class Query(NamedTuple):
    """What the address asks for; a place is a sequence number, and 0 is no place."""

    words: str = ""
    status: str = ""
    before: int = 0
    after: int = 0

    @property
    def is_filtering(self) -> bool:
        return bool(self.words or self.status)

    @property
    def filter(self) -> str:
        """The start of the query string of another page of the same."""
        given = {"q": self.words, "status": self.status}
        kept = urlencode({name: value for name, value in given.items() if value})
        return f"{kept}&" if kept else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWords:
    """Who stopped an execution, and why."""

    mode: StopMode
    comments: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One execution."""

    id: UUID
    words: StatusWords
    is_rollback: bool
    note: str  # where it is, or what failed
    stop: StopWords | None
    superseded_by: UUID | None
    revisions: tuple[SourceRevision, ...]
    trigger: str
    trigger_detail: str
    started_at: datetime
    ended_at: datetime | None
    duration: timedelta | None
    may_stop: bool
    may_abandon: bool  # waiting has been asked for already
    retry_stage: str
    alone: UUID | None  # its id, if it runs in parallel to others


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """What the history prints."""

    rows: tuple[Row, ...]
    is_first: bool
    newer: int | None  # the place after which there are newer ones
    older: int | None


def query_of(given: Mapping[str, str]) -> Query:
    """From an address; what makes no sense in it counts as not given."""
    status = given.get("status", "")
    return Query(
        words=given.get("q", "").strip(),
        status=status if status in EXECUTION else "",
        before=_place(given.get("before", "")),
        after=_place(given.get("after", "")),
    )


def history_page(pipeline: Pipeline, query: Query) -> HistoryPage:
    found, is_first, has_older = _page(_matching(pipeline, query), query)
    stays = _last_stays(pipeline)
    failed = _failed_actions(found)
    closed = _closed(pipeline, stays)
    retries = _retries(pipeline, stays, found)
    return HistoryPage(
        rows=tuple(
            _row(one, closed, failed.get(one.pk, ""), retries.get(one.pk, "")) for one in found
        ),
        is_first=is_first,
        newer=found[0].sequence if found and not is_first else None,
        older=found[-1].sequence if found and has_older else None,
    )


def _place(text: str) -> int:
    return min(int(text), LARGEST) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _matching(pipeline: Pipeline, query: Query) -> QuerySet[PipelineExecution]:
    found = PipelineExecution.objects.filter(pipeline=pipeline).select_related("occupied")
    if query.status:
        found = found.filter(status=query.status)
    if query.words:
        found = found.filter(search_text__contains=query.words.lower())
    return found.defer("artifacts", "variables", "search_text")


def _page(
    found: QuerySet[PipelineExecution], query: Query
) -> tuple[list[PipelineExecution], bool, bool]:
    """The executions, newest first; whether they are the newest; whether there are older ones."""
    if query.after:
        newer = list(found.filter(sequence__gt=query.after).order_by("sequence")[: LISTED + 1])
        if len(newer) > LISTED:
            return newer[LISTED - 1 :: -1], False, True
    if query.before:
        found = found.filter(sequence__lt=query.before)
    rows = list(found.order_by("-sequence")[: LISTED + 1])
    return rows[:LISTED], not query.before, len(rows) > LISTED


def _last_stays(pipeline: Pipeline) -> list[Stage]:
    """The stages, with the execution that entered each last."""
    columns = ("latest__execution__version", "latest__execution__pipeline_id")
    rows = pipeline.stages.select_related("latest__execution")
    return list(
        rows.only(
            "pipeline_id",
            "name",
            "inbound_enabled",
            "outbound_enabled",
            "latest__stage_name",
            "latest__status",
            "latest__mode",
            *columns,
        )
    )


def _closed(pipeline: Pipeline, rows: Sequence[Stage]) -> frozenset[str]:
    """The stages that cannot be entered because a transition is disabled."""
    by_name = {stage.name: stage for stage in rows}
    names = [stage.name for stage in pipeline.plan.stages]
    befores = [None, *(by_name[name] for name in names)]
    return frozenset(
        name
        for before, name in zip(befores, names, strict=False)
        if not by_name[name].inbound_enabled or (before and not before.outbound_enabled)
    )


def _failed_actions(found: Sequence[PipelineExecution]) -> dict[UUID, str]:
    """For each failed execution, what failed first."""
    failed = [one.pk for one in found if one.status == ExecutionStatus.FAILED]
    rows = ActionExecution.objects.filter(
        execution__in=failed, is_latest=True, status=ActionStatus.FAILED
    )
    newest_first = rows.order_by("-ended_at").values_list("execution", "action_name", "stage_name")
    return {pk: f"{action} in {stage} failed" for pk, action, stage in newest_first}


def _retries(
    pipeline: Pipeline, rows: Sequence[Stage], found: Sequence[PipelineExecution]
) -> dict[UUID, str]:
    """The stage in which an execution could be retried, for each that could."""
    listed = {one.pk for one in found}
    latest = [stage.latest for stage in rows if stage.latest]
    stopped = [
        stay
        for stay in (*latest, *_parallel_stays(found))
        if stay.status in RETRYABLE
        and stay.execution_id in listed
        and pipeline.plan.has_stage(stay.stage_name)
    ]
    actions: dict[int, list[ActionExecution]] = {stay.pk: [] for stay in stopped}
    ran = ActionExecution.objects.latest_in(stopped)
    for action in ran.only("stage_execution_id", "action_name", "status"):
        actions[action.stage_execution_id].append(action)
    by_name = {stage.name: stage for stage in rows}
    return {
        stay.execution_id: stay.stage_name
        for stay in stopped
        if not stages.retry_refusal(pipeline, by_name[stay.stage_name], stay, actions[stay.pk])
    }


def _parallel_stays(found: Sequence[PipelineExecution]) -> list[StageExecution]:
    """Where parallel executions failed or were stopped, which their stages do not remember."""
    ended = {one.pk: one for one in found if not one.takes_locks and one.status in ENDED_BADLY}
    if not ended:
        return []
    stays = list(StageExecution.objects.filter(execution__in=ended, status__in=RETRYABLE))
    for stay in stays:
        stay.execution = ended[stay.execution_id]
    return stays


def _row(
    execution: PipelineExecution, closed: frozenset[str], failure: str, retry_stage: str
) -> Row:
    status, ended_at = ExecutionStatus(execution.status), execution.ended_at
    is_waiting = status is ExecutionStatus.STOPPING and execution.stop_requested is StopMode.WAIT
    return Row(
        id=execution.pk,
        words=execution_words(status),
        is_rollback=execution.execution_type == "ROLLBACK",
        note=failure or execution.status_summary or _where(execution, closed),
        stop=_stop(execution),
        superseded_by=execution.superseded_by_id,
        revisions=source_revisions(execution.source_revisions),
        trigger=execution.trigger_type,
        trigger_detail=triggered_by(execution),
        started_at=execution.started_at,
        ended_at=ended_at,
        duration=ended_at - execution.started_at if ended_at else None,
        may_stop=status is ExecutionStatus.IN_PROGRESS,
        may_abandon=is_waiting,
        retry_stage=retry_stage,
        alone=execution.alone,
    )


def _where(execution: PipelineExecution, closed: frozenset[str]) -> str:
    if execution.occupied:
        return f"Stage: {execution.occupied.stage_name}"
    if not execution.waits_for:
        return ""
    held = " (transition disabled)" if execution.waits_for in closed else ""
    return f"Inbound to {execution.waits_for}{held}"


def _stop(execution: PipelineExecution) -> StopWords | None:
    if execution.stop_requested is None:
        return None
    return StopWords(
        mode=execution.stop_requested,
        comments=execution.stop_reason or "",
        by=user_of(execution.stop_requested_by),
    )


def shown(page: HistoryPage) -> str:
    """What the page gives back with its next poll: each execution's status."""
    return ",".join(_shown(row) for row in page.rows)


def news(before: str, page: HistoryPage) -> str:
    """In words, how the executions differ from what was shown; empty when they do not."""
    known = dict(pair.partition(":")[::2] for pair in before.split(","))
    told = [
        f"Execution {_short(row)}: {row.words.label}."
        for row in page.rows
        if before and known.get(_short(row)) != row.words.label
    ]
    return " ".join(told)


def _shown(row: Row) -> str:
    return f"{_short(row)}:{row.words.label}"


def _short(row: Row) -> str:
    return str(row.id)[:8]
