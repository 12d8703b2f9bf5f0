"""The timeline of an execution: every run of every action, in the order in which they started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from console.present.action import Work, work_of
from console.present.cards import provider_label, words_of
from console.present.conditions import rule_label
from console.present.revisions import first_line
from console.templatetags.console import TONES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from console.present.statuses import StatusWords
    from pipelines.models import ActionExecution

SCALE = 1000  # the width of the bars' drawing
THINNEST = 8  # so that a short run can be seen


class Bar(NamedTuple):
    """When an action ran, as part of the time from the first start to the last end."""

    start: int
    width: int
    tint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """One action execution."""

    key: str  # unique in the page; the latest run by the name of its action
    id: UUID
    name: str
    stage_name: str
    words: StatusWords
    is_earlier: bool  # a retry came after it
    provider: str
    started_at: datetime
    ended_at: datetime | None
    duration: timedelta | None
    work: Work | None
    message: str
    bar: Bar


def timeline(actions: Sequence[ActionExecution]) -> tuple[TimelineRow, ...]:
    """From actions that were loaded with their leases."""
    if not actions:
        return ()
    now = timezone.now()
    first = min(action.started_at for action in actions)
    total = max(action.ended_at or now for action in actions) - first
    return tuple(
        _row(action, _bar(action, first, total, now))
        for action in sorted(actions, key=lambda action: action.started_at)
    )


def _row(action: ActionExecution, bar: Bar) -> TimelineRow:
    return TimelineRow(
        key=_key(action),
        id=action.pk,
        name=action.action_name,
        stage_name=action.stage_name,
        words=words_of(action),
        is_earlier=not action.is_latest,
        provider=_provider(action),
        started_at=action.started_at,
        ended_at=action.ended_at,
        duration=action.ended_at - action.started_at if action.ended_at else None,
        work=work_of(action),
        message=first_line(action.error_message),
        bar=bar,
    )


def _provider(action: ActionExecution) -> str:
    type_id = action.type_id
    return rule_label(type_id.provider) if action.is_rule else provider_label(type_id)


def _key(action: ActionExecution) -> str:
    if action.is_rule:
        return f"rule-{action.pk}"
    name = f"{action.stage_name}-{action.action_name}" if action.is_latest else action.pk
    return f"action-{name}"


def _bar(action: ActionExecution, first: datetime, total: timedelta, now: datetime) -> Bar:
    scale = SCALE / (total.total_seconds() or 1)
    begin = (action.started_at - first).total_seconds() * scale
    length = ((action.ended_at or now) - action.started_at).total_seconds() * scale
    start = min(round(begin), SCALE - THINNEST)
    return Bar(
        start=start,
        width=max(THINNEST, min(round(length), SCALE - start)),
        tint=TONES[words_of(action).tone][0],
    )
