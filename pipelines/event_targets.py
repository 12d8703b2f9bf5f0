"""What one can do with event targets: say who is to be told of which events, and try again."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines import posting, secrets, tasks
from pipelines.core import event_patterns
from pipelines.core.refusals import EventTargetNotFound, InvalidRequest, LimitExceeded
from pipelines.core.rights import LIST_EVENT_TARGETS, PUT_EVENT_TARGETS, REMOVE_EVENT_TARGETS
from pipelines.core.storable import check_storable
from pipelines.models import EventDelivery, EventTarget
from pipelines.models.event_targets import DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")  # EventBridge's rule for the names of rules
SECRET_LIMIT = 256
MAX_TARGETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is said of a target; a secret of None leaves what there is."""

    url: str
    pattern: Mapping[str, Any] = field(default_factory=dict)
    secret: str | None = None
    is_enabled: bool = True


def listed(*, by: Caller) -> QuerySet[EventTarget]:
    """Raises AccessDenied."""
    by.check(LIST_EVENT_TARGETS)
    return EventTarget.objects.order_by("name")


def find(name: str, *, by: Caller) -> EventTarget:
    """Raises AccessDenied or EventTargetNotFound."""
    by.check(LIST_EVENT_TARGETS)
    return _found(name)


def deliveries(target: EventTarget, *, by: Caller) -> QuerySet[EventDelivery]:
    """What it was told and is to be told, newest first."""
    by.check(LIST_EVENT_TARGETS)
    return target.deliveries.order_by("-pk")


def create(name: str, said: Settings, *, by: Caller) -> EventTarget:
    """Tell somebody else of events from now on.

    Raises AccessDenied, InvalidRequest (also for a name that is taken), or LimitExceeded.
    """
    by.check(PUT_EVENT_TARGETS)
    if not NAME.fullmatch(name):
        raise InvalidRequest("A name has 1 to 64 letters, digits, full stops, - and _.")
    _check(said)
    if EventTarget.objects.count() >= MAX_TARGETS:
        raise LimitExceeded(f"There are {MAX_TARGETS} event targets, and there can be no more.")
    target = EventTarget(name=name)
    _put(target, said, by=by)
    try:
        with transaction.atomic():
            target.save(force_insert=True)
    except IntegrityError as taken:
        raise InvalidRequest(f"There is an event target of the name {name}.") from taken
    return target


@transaction.atomic
def update(name: str, said: Settings, *, by: Caller) -> EventTarget:
    """Change a target; what waits for it is sent to the new address, and soon.

    Raises AccessDenied, EventTargetNotFound, or InvalidRequest.
    """
    by.check(PUT_EVENT_TARGETS)
    target = _found(name)
    _check(said)
    _put(target, said, by=by)
    target.failures, target.paused_until = 0, None
    target.save(
        update_fields=[
            *("url", "pattern", "sealed_secret", "is_enabled"),
            *("updated_at", "updated_by", "failures", "paused_until"),
        ]
    )
    return target


@transaction.atomic
def delete(name: str, *, by: Caller) -> None:
    """Tell it nothing more, and forget what it was told.

    Raises AccessDenied or EventTargetNotFound.
    """
    by.check(REMOVE_EVENT_TARGETS)
    target = _found(name)
    target.deliveries.all().delete()
    target.delete()


@transaction.atomic
def deliver_again(name: str, delivery_id: int, *, by: Caller) -> None:
    """Send an event once more, at once.  Raises AccessDenied or EventTargetNotFound."""
    by.check(PUT_EVENT_TARGETS)
    target, now = _found(name), timezone.now()
    again = {"status": DeliveryStatus.PENDING, "next_attempt_at": now, "ended_at": None}
    target.deliveries.filter(pk=delivery_id).update(attempts=0, created_at=now, **again)
    EventTarget.objects.filter(pk=target.pk).update(paused_until=None)
    tasks.tell(target.pk)


def _found(name: str) -> EventTarget:
    target = EventTarget.objects.filter(name=name).first()
    if target is None:
        raise EventTargetNotFound(f"There is no event target of the name {name}.")
    return target


def _check(said: Settings) -> None:
    if problem := posting.why_not_an_address(said.url):
        raise InvalidRequest(problem)
    text = json.dumps(said.pattern)
    if len(text) > event_patterns.LIMIT:
        raise InvalidRequest(f"An event pattern has at most {event_patterns.LIMIT} characters.")
    event_patterns.check(said.pattern)
    if said.secret is not None:
        check_storable(said.secret, "secret")
        if len(said.secret) > SECRET_LIMIT:
            raise InvalidRequest(f"A secret has at most {SECRET_LIMIT} characters.")


def _put(target: EventTarget, said: Settings, *, by: Caller) -> None:
    target.url, target.pattern, target.is_enabled = said.url, dict(said.pattern), said.is_enabled
    target.updated_at, target.updated_by = timezone.now(), by.arn
    if said.secret is not None:
        target.sealed_secret = secrets.seal(said.secret, of=str(target)) if said.secret else ""
