"""Who is told of events, and what each of them was told or is still to be told."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.models.choices import enum_field, only
from pipelines.models.ordered_json import OrderedJSON


class DeliveryStatus(StrEnum):
    """How far the delivery of an event to a target has come."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"  # it will not be tried again


class EventTarget(models.Model):
    """An address that events are sent to, and which of them."""

    name = models.CharField(max_length=64, unique=True)
    url = models.CharField(max_length=2048)
    pattern = OrderedJSON(default=dict)
    sealed_secret = models.TextField(blank=True)  # empty: what is sent is not signed
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=2048)
    # While it fails, all that is for it waits; one process at a time sends to it.
    failures = models.PositiveIntegerField(default=0)  # in a row
    paused_until = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"event target {self.name}"


class EventDelivery(models.Model):
    """One event on its way to one target.  It stays when the event's pipeline is deleted."""

    target = models.ForeignKey(EventTarget, models.CASCADE, related_name="deliveries")
    event_id = models.PositiveBigIntegerField()  # of the row, which may be gone
    envelope_id = models.UUIDField()
    about = models.CharField(max_length=320)  # in a few words, for lists
    body = models.TextField()  # JSON, as it is sent
    status = enum_field(DeliveryStatus, default=DeliveryStatus.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    last_status = models.PositiveIntegerField(null=True)  # of HTTP
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            only("status", DeliveryStatus),
            models.UniqueConstraint(
                fields=["target", "event_id"], name="one_delivery_per_target_and_event"
            ),
        ]
        indexes = [
            models.Index(
                fields=["target", "next_attempt_at"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="deliveries_to_make",
            ),
            models.Index(fields=["ended_at"], name="deliveries_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.about} to {self.target_id}"
