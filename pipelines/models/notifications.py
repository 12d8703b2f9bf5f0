"""What people are told who may approve: one notification for each approval that asks for it."""

from __future__ import annotations

import uuid
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.models.actions import ActionExecution
from pipelines.models.choices import enum_field, only


class NotificationStatus(StrEnum):
    """How far it has come."""

    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"  # it will not be tried again


class ApprovalNotification(models.Model):
    """That somebody is asked to approve, on its way to a topic; written where the action starts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.OneToOneField(ActionExecution, models.CASCADE, related_name="notification")
    topic_arn = models.CharField(max_length=1000)
    status = enum_field(NotificationStatus, default=NotificationStatus.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    is_posted = models.BooleanField(default=False)  # what was done is not done again
    is_mailed = models.BooleanField(default=False)
    last_error = models.CharField(max_length=500, blank=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [only("status", NotificationStatus)]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status=NotificationStatus.PENDING),
                name="notifications_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic_arn} {self.status}"
