"""Jobs: the work of an action in portions that workers elsewhere take, acknowledge and report."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.core.action_types import CUSTOM, ActionTypeId
from pipelines.core.statuses import OPEN_JOB, ActionStatus, JobStatus, StopMode
from pipelines.models.actions import ActionExecution
from pipelines.models.choices import enum_field, only

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID


# The provider in the jobs of Lambda functions: no custom type can be called so, and nobody polls.
INVOKED = "AWS:Lambda"
SILENCE = timedelta(minutes=20)  # after which a function has failed


class JobQuerySet(models.QuerySet["Job"]):
    def open(self) -> Self:
        """Those that somebody may still take or report on."""
        return self.filter(status__in=sorted(OPEN_JOB))

    def waited_for(self) -> Self:
        """Those of actions that are live and that nobody has asked to abandon."""
        live = self.filter(action__status=ActionStatus.IN_PROGRESS)
        return live.exclude(action__execution__stop_mode=StopMode.ABANDON)

    def to_take(self, type_id: ActionTypeId, *, now: datetime) -> Self:
        """What waits for a worker of this type, the oldest first."""
        of_type = self.filter(**type_id._asdict())
        due = of_type.filter(status=JobStatus.QUEUED, available_at__lte=now)
        return due.waited_for().order_by("available_at", "id")

    def to_invoke(self, *, now: datetime) -> Self:
        """What a continuation token asks to go on with, by another invocation."""
        due = self.filter(provider=INVOKED, status=JobStatus.QUEUED, available_at__lte=now)
        return due.waited_for()

    def silent(self, *, now: datetime) -> Self:
        """Those whose function was invoked long ago and has not reported, though it is awaited."""
        invoked = self.filter(provider=INVOKED, status=JobStatus.IN_PROGRESS)
        return invoked.filter(acknowledged_at__lte=now - SILENCE).waited_for()

    def close(self, actions: Iterable[UUID], status: JobStatus, *, at: datetime) -> None:
        """The actions have ended: what is open of them is so no more."""
        self.open().filter(action__in=list(actions)).update(status=status, ended_at=at)


class Job(models.Model):
    """One portion.  An action has one open job at a time; a continuation token asks for another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    action = models.ForeignKey(ActionExecution, models.CASCADE, related_name="jobs")
    category = models.CharField(max_length=24)
    owner = models.CharField(max_length=10, default=CUSTOM)
    provider = models.CharField(max_length=35)
    version = models.CharField(max_length=9)
    status = enum_field(JobStatus, default=JobStatus.QUEUED)
    nonce = models.CharField(max_length=50, blank=True)  # of the latest dispatch
    continuation_token = models.TextField(blank=True)
    output_keys = models.JSONField(default=dict)  # output artifact -> where to store it
    created_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(default=timezone.now)  # nobody gets it before
    dispatched_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=2048, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            only("status", JobStatus),
            models.UniqueConstraint(
                fields=["action"],
                condition=Q(status__in=sorted(OPEN_JOB)),
                name="one_open_job_of_an_action",
            ),
        ]
        indexes = [
            models.Index(
                fields=["category", "provider", "version", "status", "available_at"],
                name="job_to_take",
            ),
            models.Index(fields=["status", "dispatched_at"], name="job_unacknowledged_since"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"

    @property
    def type_id(self) -> ActionTypeId:
        return ActionTypeId(self.category, self.owner, self.provider, self.version)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_JOB

    @property
    def was_acknowledged(self) -> bool:
        return self.acknowledged_at is not None

    def following(self, token: str, *, at: datetime) -> Job:
        """The job that goes on where this one has come to; not saved."""
        return Job(
            action=self.action,
            **self.type_id._asdict(),
            continuation_token=token,
            output_keys=self.output_keys,
            available_at=at,
        )
