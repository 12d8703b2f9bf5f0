"""Sending events to a target: one after the other, again when it fails, for a day at most."""

from __future__ import annotations

import hashlib
import hmac
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from pipelines import posting, sealing, secrets
from pipelines.models import Event, EventDelivery, EventTarget
from pipelines.models.event_targets import DeliveryStatus
from pipelines.models.events import RESUMED, EventLevel

TURN = 20.0  # seconds that a target may have before others get their turn
HELD = timedelta(seconds=60)  # more than a turn and the last request of it take
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
GIVEN_UP_AFTER = timedelta(hours=24)  # as EventBridge has it
# What EventBridge's API destinations retry beside 5xx, and time-outs.
PASSING = frozenset({401, 407, 408, 409, 425, 429})
KEPT_DELIVERED, KEPT_FAILED = timedelta(days=7), timedelta(days=30)
AT_ONCE = 1000  # rows that are deleted in one statement


def deliver(target_id: int) -> bool:
    """Send a target what is due, unless somebody else does; whether there is more for it now."""
    target = _hold(target_id)
    if target is None:
        return False
    try:
        ends = time.monotonic() + TURN
        while time.monotonic() < ends:
            delivery = _next(target)
            if delivery is None:
                return False
            if not _attempt(target, delivery):
                return False
        return True
    finally:
        EventTarget.objects.filter(pk=target_id).update(held_until=None)


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures: twice as long each time."""
    doubled: int = 2 ** min(failures - 1, 16)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def signature(secret: str, body: bytes) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def clean() -> None:
    """Delete what is too old: deliveries that have ended, and events.

    That an execution was resumed, and what became of abandoned work, stays known as long as the
    execution: its history needs it.  A
    bounded number of rows at a time, so that nobody waits long for the database.
    """
    now = timezone.now()
    ended = EventDelivery.objects.filter(ended_at__lte=now - KEPT_DELIVERED)
    old = ended.filter(
        Q(status=DeliveryStatus.DELIVERED) | Q(ended_at__lte=now - KEPT_FAILED)
    ).values_list("pk", flat=True)
    EventDelivery.objects.filter(pk__in=list(old[:AT_ONCE])).delete()
    before = now - timedelta(days=settings.PENSTOCK_EVENT_DAYS)
    resumed = Q(level=EventLevel.PIPELINE, state=RESUMED)
    kept = resumed | Q(level=EventLevel.WORK)
    events = Event.objects.filter(at__lte=before, is_spread=True).exclude(kept)
    Event.objects.filter(pk__in=list(events.values_list("pk", flat=True)[:AT_ONCE])).delete()


def _hold(target_id: int) -> EventTarget | None:
    """The target, for this process alone; None when it is not to be sent to now."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lte=now)
    ready = Q(paused_until=None) | Q(paused_until__lte=now)
    rows = EventTarget.objects.filter(free, ready, pk=target_id, is_enabled=True)
    if not rows.update(held_until=now + HELD):
        return None
    return EventTarget.objects.filter(pk=target_id).first()


def _next(target: EventTarget) -> EventDelivery | None:
    due = EventDelivery.objects.filter(
        target=target, status=DeliveryStatus.PENDING, next_attempt_at__lte=timezone.now()
    )
    return due.order_by("next_attempt_at", "event_id").first()


def _attempt(target: EventTarget, delivery: EventDelivery) -> bool:
    """Send one event once; False when the target is to be left alone for a while."""
    delivery.attempts += 1
    try:
        answer = posting.send(
            "POST",
            target.url,
            body=delivery.body.encode(),
            headers=_headers(target, delivery),
        )
    except (posting.NotSent, sealing.Unreadable) as problem:
        return _failed(target, delivery, str(problem), status=None)
    if answer.is_success:
        _end(delivery, DeliveryStatus.DELIVERED, status=answer.status)
        _note(target, failures=0, paused_until=None)
        return True
    why = f"It answered with status {answer.status}."
    if answer.status in PASSING or answer.status >= 500:
        return _failed(target, delivery, why, status=answer.status)
    _end(delivery, DeliveryStatus.FAILED, status=answer.status, error=why)
    return True


def _headers(target: EventTarget, delivery: EventDelivery) -> dict[str, str]:
    """The signature is GitHub's way: the HMAC of the body with the secret of both."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Penstock",
        "Connection": "close",
        "X-Penstock-Event-Id": str(delivery.envelope_id),
        "X-Penstock-Attempt": str(delivery.attempts),
    }
    if target.sealed_secret:
        secret = str(secrets.unseal(target.sealed_secret, of=str(target)))
        headers["X-Penstock-Signature-256"] = signature(secret, delivery.body.encode())
    return headers


def _failed(target: EventTarget, delivery: EventDelivery, why: str, *, status: int | None) -> bool:
    now = timezone.now()
    _note(target, failures=target.failures + 1)
    _note(target, paused_until=now + wait_after(target.failures))
    delivery.next_attempt_at = now + wait_after(delivery.attempts)
    if delivery.next_attempt_at > delivery.created_at + GIVEN_UP_AFTER:
        _end(delivery, DeliveryStatus.FAILED, status=status, error=f"{why} Given up after a day.")
    else:
        _end(delivery, DeliveryStatus.PENDING, status=status, error=why)
    return False


def _note(target: EventTarget, **values: object) -> None:
    for name, value in values.items():
        setattr(target, name, value)
    target.save(update_fields=sorted(values))


def _end(
    delivery: EventDelivery, outcome: DeliveryStatus, *, status: int | None, error: str = ""
) -> None:
    """What became of an attempt."""
    delivery.status, delivery.last_status, delivery.last_error = outcome, status, error[:300]
    delivery.ended_at = None if outcome is DeliveryStatus.PENDING else timezone.now()
    delivery.save(
        update_fields=[
            "status",
            "attempts",
            "last_status",
            "last_error",
            "next_attempt_at",
            "ended_at",
        ]
    )
