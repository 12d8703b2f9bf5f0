"""Events and their deliveries as the lists show them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from console.present.statuses import StatusWords
from pipelines import outbox
from pipelines.models import Event
from pipelines.models.event_targets import DeliveryStatus
from pipelines.models.events import EventLevel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import EventDelivery, EventTarget

LISTED = 25  # events on a page
LARGEST = 2**63 - 1
TONES = {
    "STARTED": "progress",
    "RESUMED": "progress",
    "SUCCEEDED": "success",
    "FAILED": "failed",
    "STOPPING": "stopping",
    "STOPPED": "stopped",
    "ABANDONED": "abandoned",
    "CANCELED": "cancelled",
    "SUPERSEDED": "superseded",
}
DELIVERIES = {
    DeliveryStatus.PENDING: StatusWords("Pending", "waiting"),
    DeliveryStatus.DELIVERED: StatusWords("Delivered", "success"),
    DeliveryStatus.FAILED: StatusWords("Failed", "failed"),
}


class EventRow(NamedTuple):
    """One event of the list."""

    number: int
    at: datetime
    level: str
    where: str
    state: str
    tone: str
    pipeline: str
    execution_id: UUID
    text: str  # the whole envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One page of the list, newest first."""

    pipeline: str
    rows: tuple[EventRow, ...]
    first_url: str  # empty on the first page
    next_url: str


class DeliveryRow(NamedTuple):
    """One delivery of a target."""

    number: int
    about: str
    words: StatusWords
    attempts: int
    said: str
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    text: str


class TargetRow(NamedTuple):
    """One target of the list."""

    name: str
    address: str
    pattern: str
    words: StatusWords
    note: str


def events_page(pipeline: str, before: int) -> EventPage:
    """The events of a pipeline, or of all, from a place on; a constant number of queries."""
    told = Event.objects.exclude(level=EventLevel.WORK)  # which AWS has no event for
    rows = told.select_related("pipeline", "execution").order_by("-pk")
    if pipeline:
        rows = rows.filter(pipeline__name=pipeline)
    if before:
        rows = rows.filter(pk__lt=min(before, LARGEST))
    found = list(rows[: LISTED + 1])
    shown = found[:LISTED]
    described = zip(shown, outbox.envelopes(shown), strict=True)
    own = {"pipeline": pipeline} if pipeline else {}
    more = {**own, "before": shown[-1].pk} if len(found) > LISTED else {}
    return EventPage(
        pipeline=pipeline,
        rows=tuple(_event_row(event, envelope) for event, envelope in described),
        first_url=f"?{urlencode(own)}" if before else "",
        next_url=f"?{urlencode(more)}" if more else "",
    )


def _event_row(event: Event, envelope: outbox.Envelope) -> EventRow:
    where = (event.stage_name, event.action_name)
    return EventRow(
        number=event.pk,
        at=event.at,
        level=event.level.capitalize(),
        where=" / ".join(filter(None, where)),
        state=event.state,
        tone=TONES.get(event.state, "none"),
        pipeline=event.pipeline.name,
        execution_id=event.execution_id,
        text=json.dumps(envelope, indent=2, ensure_ascii=False),
    )


def target_rows(targets: Iterable[EventTarget], *, shows_addresses: bool) -> tuple[TargetRow, ...]:
    return tuple(_target_row(target, shows_address=shows_addresses) for target in targets)


def _target_row(target: EventTarget, *, shows_address: bool) -> TargetRow:
    return TargetRow(
        name=target.name,
        address=address_of(target, shows_all=shows_address),
        pattern=json.dumps(target.pattern) if target.pattern else "Every event",
        words=_target_words(target),
        note=f"Failed {_times(target.failures)}" if target.failures else "",
    )


def trouble_of(target: EventTarget) -> str:
    """Why it is waited for; empty when all is well."""
    if not target.failures:
        return ""
    return (
        f"It has failed {_times(target.failures)}. What is for it waits, and is sent once"
        " it answers again, within a day."
    )


def _times(failures: int) -> str:
    return "once" if failures == 1 else f"{failures} times in a row"


def address_of(target: EventTarget, *, shows_all: bool) -> str:
    return target.url if shows_all else without_path(target.url)


def without_path(url: str) -> str:
    """The path of an address may be a secret: chats have such addresses."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def _target_words(target: EventTarget) -> StatusWords:
    if not target.is_enabled:
        return StatusWords("Disabled", "none")
    return StatusWords("Failing", "failed") if target.failures else StatusWords("On", "success")


def delivery_rows(
    deliveries: Iterable[EventDelivery], target: EventTarget
) -> tuple[DeliveryRow, ...]:
    return tuple(_delivery_row(delivery, target.paused_until) for delivery in deliveries)


def _delivery_row(delivery: EventDelivery, paused_until: datetime | None) -> DeliveryRow:
    is_pending = delivery.status == DeliveryStatus.PENDING
    next_attempt_at = max(delivery.next_attempt_at, paused_until or delivery.next_attempt_at)
    status = f"Status {delivery.last_status}." if delivery.last_status else ""
    return DeliveryRow(
        number=delivery.pk,
        about=delivery.about,
        words=DELIVERIES[DeliveryStatus(delivery.status)],
        attempts=delivery.attempts,
        said=delivery.last_error or status,
        created_at=delivery.created_at,
        next_attempt_at=next_attempt_at if is_pending else None,
        ended_at=delivery.ended_at,
        text=json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False),
    )
