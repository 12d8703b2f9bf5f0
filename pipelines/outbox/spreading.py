"""Finding who is to be told of an event: once for each event, in one transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines.core.event_patterns import matches
from pipelines.models import Event, EventDelivery, EventTarget
from pipelines.models.event_targets import DeliveryStatus
from pipelines.outbox.envelopes import envelopes, id_of

if TYPE_CHECKING:
    from pipelines.outbox.envelopes import Envelope

AT_ONCE = 500  # events
TARGETS = 100


def has_targets() -> bool:
    """Whether anybody wants to be told of events."""
    return EventTarget.objects.filter(is_enabled=True).exists()


def spread() -> list[int]:
    """Note which targets want the events that are new; the targets that something is due for."""
    targets = list(EventTarget.objects.filter(is_enabled=True))
    if targets:
        while _spread_some(targets) == AT_ONCE:
            pass
    else:
        Event.objects.filter(is_spread=False).update(is_spread=True)
    return _due()


@transaction.atomic
def _spread_some(targets: list[EventTarget]) -> int:
    """How many events there were.  Two processes never take the same."""
    rows = Event.objects.filter(is_spread=False).select_related("pipeline", "execution")
    locked = rows.select_for_update(of=("self",), skip_locked=True).order_by("id")
    events = list(locked[:AT_ONCE])
    deliveries = [
        _delivery(target, event, envelope)
        for event, envelope in zip(events, envelopes(events), strict=True)
        for target in targets
        if event.at >= target.created_at and matches(target.pattern, envelope)
    ]
    EventDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    Event.objects.filter(pk__in=[event.pk for event in events]).update(is_spread=True)
    return len(events)


def _delivery(target: EventTarget, event: Event, envelope: Envelope) -> EventDelivery:
    detail = envelope["detail"]
    where = (detail["pipeline"], detail.get("stage"), detail.get("action"))
    return EventDelivery(
        target=target,
        event_id=event.pk,
        envelope_id=id_of(event),
        about=f"{'/'.join(filter(None, where))} {event.state}",
        body=json.dumps(envelope),
    )


def _due() -> list[int]:
    now = timezone.now()
    due = EventDelivery.objects.filter(status=DeliveryStatus.PENDING, next_attempt_at__lte=now)
    free = Q(target__paused_until=None) | Q(target__paused_until__lte=now)
    ids = due.filter(free, target__is_enabled=True).values_list("target_id", flat=True)
    return list(ids.distinct()[:TARGETS])
