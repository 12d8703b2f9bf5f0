"""What the page Stop execution offers: which executions, which modes, which tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from console.present.preview import Preview, preview_of
from console.present.revisions import source_revisions
from console.present.statuses import StatusWords, execution_words
from pipelines.core.statuses import ExecutionStatus, StopMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from console.present.offers import Offers
    from pipelines.models import Pipeline, PipelineExecution

REFRESHED = 10  # seconds after which what is said of durations is said again
WAITS_ALREADY = "This execution is stopping already: it waits for its running actions."
STILL_ABANDON = "You can still abandon them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One line of "Select execution"."""

    id: UUID
    words: StatusWords
    where: str
    revisions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """The tick that disables the transition into the occupied stage first."""

    key: str  # what the tick is about; once that is something else, so is the tick
    stage_name: str
    kept_out: UUID | None  # who would enter otherwise
    is_ticked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPage:
    """Everything on the page but what the person types."""

    options: tuple[Option, ...]
    note: str  # why the execution that was asked for is not listed
    chosen: UUID | None
    preview: Preview | None
    mode: StopMode
    stop_refusal: str  # the person may not stop anything
    wait_refusal: str
    abandon_refusal: str
    is_abandoning: bool
    hold: Hold | None
    token: str  # what a poll gives back: the same as long as it would get the same
    is_same: bool  # the person has been shown just this

    @property
    def can_stop(self) -> bool:
        """In one mode or the other."""
        is_closed = self.is_abandoning or self.stop_refusal
        has_mode = not self.wait_refusal or not self.abandon_refusal
        return self.preview is not None and not is_closed and has_mode

    @property
    def offers_stop(self) -> bool:
        """Also while nothing is chosen yet: the form then says what is missing."""
        return self.can_stop or not (self.chosen or self.note)

    @property
    def news(self) -> str:
        """What a screen reader is told when the preview has changed."""
        if self.preview is None:
            return self.note
        leads = {StopMode.WAIT: self.preview.lead_wait, StopMode.ABANDON: self.preview.lead_abandon}
        return f"Execution {str(self.chosen)[:8]}: {' '.join(leads[self.mode])}"


def token_of(revision: object, now: datetime, *, is_ticking: bool) -> str:
    """Changes with every change of the pipeline; and now and then, where durations are told."""
    return f"{revision}-{int(now.timestamp()) // REFRESHED if is_ticking else ''}"


def tokens_of(revision: object) -> tuple[str, str]:
    """Those of a page that is current."""
    now = timezone.now()
    return (
        token_of(revision, now, is_ticking=False),
        token_of(revision, now, is_ticking=True),
    )


def stop_page(pipeline: Pipeline, asked: Mapping[str, str], offers: Offers) -> StopPage:
    """The page for what the address, or the form as it was sent, asks for."""
    listed = _unfinished(pipeline)
    named = asked.get("execution", "")
    execution = _chosen(listed, named)
    note = "" if execution or not named else _why_unlisted(pipeline, named)
    preview = preview_of(pipeline, execution) if execution else None
    requested = execution.stop_requested if execution else None
    return StopPage(
        options=tuple(_option(one) for one in listed),
        note=note,
        chosen=execution.pk if execution else None,
        preview=preview,
        mode=_mode(requested, asked, offers),
        stop_refusal=offers.stop.why_not,
        wait_refusal=_why_not_wait(offers) if requested is StopMode.WAIT else "",
        abandon_refusal=offers.abandon.why_not,
        is_abandoning=requested is StopMode.ABANDON,
        hold=_hold(preview, asked) if preview and offers.disable.is_allowed else None,
        token=token_of(
            pipeline.revision, timezone.now(), is_ticking=bool(preview and preview.is_ticking)
        ),
        is_same=bool(preview) and asked.get("seen") == (preview.seen if preview else ""),
    )


def _mode(requested: StopMode | None, asked: Mapping[str, str], offers: Offers) -> StopMode:
    """The one that is chosen, as far as the person may choose it."""
    may_abandon = offers.abandon.is_allowed or requested is StopMode.ABANDON
    wants_abandon = requested or asked.get("mode") == StopMode.ABANDON
    return StopMode.ABANDON if may_abandon and wants_abandon else StopMode.WAIT


def _why_not_wait(offers: Offers) -> str:
    return f"{WAITS_ALREADY} {STILL_ABANDON}" if offers.abandon.is_allowed else WAITS_ALREADY


def _unfinished(pipeline: Pipeline) -> list[PipelineExecution]:
    """Newest first, as in the history."""
    found = pipeline.executions.unfinished().select_related("occupied")
    listed = list(found.defer("artifacts", "variables"))[::-1]
    for execution in listed:
        execution.pipeline = pipeline
    return listed


def _chosen(listed: Sequence[PipelineExecution], named: str) -> PipelineExecution | None:
    """The one that is named; or the only one: never "the latest"."""
    if named or len(listed) != 1:
        return next((one for one in listed if str(one.pk) == named.lower()), None)
    return listed[0]


def _why_unlisted(pipeline: Pipeline, named: str) -> str:
    try:
        execution_id = UUID(named)
    except ValueError:
        return f"“{named}” is not the id of an execution."
    status = pipeline.executions.filter(pk=execution_id).values_list("status", flat=True).first()
    if status is None:
        return f"Pipeline {pipeline.name} has no execution {execution_id}."
    label = execution_words(status).label
    return f"Execution {execution_id} is not in progress any more, so it is not listed: {label}."


def _option(execution: PipelineExecution) -> Option:
    if execution.occupied:
        where = f"Stage: {execution.occupied.stage_name}"
    else:
        where = f"Inbound to stage: {execution.waits_for}"
    found = source_revisions(execution.source_revisions)
    return Option(
        id=execution.pk,
        words=execution_words(ExecutionStatus(execution.status)),
        where=where,
        revisions=", ".join(f"{one.id[:8]} {one.summary}".strip() for one in found),
    )


def _hold(preview: Preview, asked: Mapping[str, str]) -> Hold | None:
    """Ticked at first when somebody waits in front; then as the person left it."""
    stage = preview.stage
    if stage is None or not stage.is_open or not stage.is_locked:
        return None
    key = f"{preview.execution_id}:{stage.name}:{stage.enters_next or ''}"
    was_asked = asked.get("hold_for") == key
    return Hold(
        key=key,
        stage_name=stage.name,
        kept_out=stage.enters_next,
        is_ticked="hold" in asked if was_asked else stage.enters_next is not None,
    )
