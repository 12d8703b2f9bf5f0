"""Pipeline executions, their stays in stages, and the requests to stop them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pipelines.core.statuses import (
    LOCKING,
    TAKING_LOCKS,
    UNFINISHED,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    RetryTrigger,
    StageStatus,
    StopMode,
)
from pipelines.core.variables import EXECUTION_KEY, EXECUTION_NAMESPACE
from pipelines.models.choices import enum_field, only
from pipelines.models.pipelines import Pipeline, plan_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models.expressions import Combinable

    from pipelines.core.plan import PipelinePlan


class PipelineExecutionQuerySet(models.QuerySet["PipelineExecution"]):
    def unfinished(self) -> Self:
        """In progress or stopping, oldest first."""
        # By a plain "sequence", SQLite reads the whole history in order instead of the few
        # rows that the index by status has.
        return self.filter(status__in=sorted(UNFINISHED)).order_by(F("sequence") + 0)

    def sharing_locks(self) -> Self:
        """Those about which nothing is decided without the pipeline's lock."""
        return self.exclude(mode=ExecutionMode.PARALLEL)

    def parallel(self) -> Self:
        """Those about which everything is decided under a lock of their own."""
        return self.filter(mode=ExecutionMode.PARALLEL)

    def held(self, execution_id: UUID) -> PipelineExecution:
        """One under its own lock until the transaction ends, with its pipeline, which is not.

        It is read once the lock is there: on PostgreSQL, who waited for a row gets the new one, but
        of what is joined to it the old.  Raises PipelineExecution.DoesNotExist.
        """
        self.select_for_update(no_key=True).values_list("pk").get(pk=execution_id)
        return self.select_related("pipeline", "occupied").get(pk=execution_id)


class PipelineExecution(models.Model):
    """One run of a pipeline, pinned to the version that was current when it started."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="executions")
    sequence = models.PositiveBigIntegerField()  # the order of starting within the pipeline
    version = models.PositiveIntegerField()
    mode = enum_field(ExecutionMode, default=ExecutionMode.SUPERSEDED)
    execution_type = models.CharField(max_length=8, default=ExecutionType.STANDARD)
    # The execution that a rollback brings back; it may be gone by now.
    rollback_target = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    status = enum_field(ExecutionStatus, default=ExecutionStatus.IN_PROGRESS)
    status_summary = models.TextField(blank=True)
    trigger_type = models.CharField(max_length=32)
    trigger_detail = models.CharField(max_length=2048, blank=True)
    client_request_token = models.CharField(max_length=128, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=1)  # rises when it is resumed by a retry

    # Where it is: inside a stage, or in front of one, or (once finished) neither.
    occupied = models.ForeignKey("StageExecution", models.SET_NULL, null=True, related_name="+")
    waits_for = models.CharField(max_length=100, blank=True)
    superseded_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    # The stop that was accepted in the current attempt.
    stop_mode = enum_field(StopMode, blank=True)
    stop_reason = models.CharField(max_length=200, null=True)  # noqa: DJ001 - none given is not ""
    stop_requested_by = models.CharField(max_length=2048, blank=True)
    stop_requested_at = models.DateTimeField(null=True)

    # What its actions have made so far: artifact -> key, namespace -> {name: value}.
    artifacts = models.JSONField(default=dict)
    variables = models.JSONField(default=dict)
    # One of API type SourceRevision for each source action, in the order of the definition, with
    # `created` (ISO 8601) and `revisionChangeIdentifier` of ArtifactRevision where they are known.
    source_revisions = models.JSONField(default=list)
    # Which were asked for in place of the newest: API type SourceRevisionOverride.
    source_overrides = models.JSONField(default=list)
    search_text = models.TextField(blank=True)  # what the history's search looks in, lower case

    objects = PipelineExecutionQuerySet.as_manager()

    class Meta:
        constraints = [
            only("status", ExecutionStatus),
            only("stop_mode", StopMode, or_blank=True),
            models.UniqueConstraint(fields=["pipeline", "sequence"], name="one_place_in_the_order"),
            models.CheckConstraint(
                name="stopping_has_a_stop_request",
                condition=~Q(status=ExecutionStatus.STOPPING) | ~Q(stop_mode=""),
            ),
            models.CheckConstraint(
                name="inside_a_stage_or_in_front_of_one",
                condition=Q(occupied__isnull=True) | Q(waits_for=""),
            ),
            models.CheckConstraint(
                name="finished_is_nowhere",
                condition=Q(status__in=sorted(UNFINISHED))
                | Q(occupied__isnull=True, waits_for="", ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["pipeline", "client_request_token"],
                condition=~Q(client_request_token=""),
                name="one_execution_per_client_request_token",
            ),
        ]
        indexes = [
            models.Index(fields=["pipeline", "status", "sequence"], name="execution_by_status"),
            models.Index(fields=["status", "updated_at"], name="execution_unfinished_since"),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.id}"

    @property
    def plan(self) -> PipelinePlan:
        return plan_of(self.pipeline_id, self.version)

    @property
    def namespaces(self) -> dict[str, dict[str, str]]:
        """What `#{namespace.key}` in its actions stands for, as far as it has come."""
        return {**self.variables, EXECUTION_NAMESPACE: {EXECUTION_KEY: str(self.id)}}

    @property
    def takes_locks(self) -> bool:
        return ExecutionMode(self.mode).takes_locks

    @property
    def alone(self) -> UUID | None:
        """Its id, if it is decided about apart from the others of the pipeline."""
        return None if self.takes_locks else self.pk

    def tell_watchers(self) -> None:
        """Have the pages draw it again."""
        if self.takes_locks:
            self.pipeline.bump()
        else:
            self.pipeline.bump_apart()

    @property
    def is_finished(self) -> bool:
        return ExecutionStatus(self.status).is_final

    def refresh_search_text(self) -> None:
        """Say again what the history's search finds this execution by; does not save."""
        revisions = (
            f"{revision.get('revisionId', '')} {revision.get('revisionSummary', '')}"
            for revision in self.source_revisions
        )
        words = [str(self.id), self.stop_reason or "", self.trigger_type, *revisions]
        self.search_text = " ".join(words).lower()

    @property
    def stop_requested(self) -> StopMode | None:
        """The mode of the stop that was accepted in this attempt, if one was."""
        return StopMode(self.stop_mode) if self.stop_mode else None


class StageExecutionQuerySet(models.QuerySet["StageExecution"]):
    def rollback_targets(
        self, pipeline: Pipeline | Combinable, stage_name: str | Combinable
    ) -> Self:
        """The stays that the stage can be rolled back to; the most recent first.

        Those that succeeded in the stage; the caller says in which version of the pipeline.
        """
        succeeded = self.filter(
            pipeline=pipeline, stage_name=stage_name, status=StageStatus.SUCCEEDED
        )
        return succeeded.filter(execution__execution_type=ExecutionType.STANDARD).order_by(
            "-sequence"
        )


class StageExecution(models.Model):
    """One execution's stay in one stage; a retry resumes the same row."""

    execution = models.ForeignKey(
        PipelineExecution, models.CASCADE, related_name="stage_executions"
    )
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    stage_name = models.CharField(max_length=100)
    # The execution's own, here so that an index has them.
    version = models.PositiveIntegerField()
    sequence = models.PositiveBigIntegerField()
    mode = enum_field(ExecutionMode, default=ExecutionMode.SUPERSEDED)
    status = enum_field(StageStatus, default=StageStatus.IN_PROGRESS)
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    manual_retry_attempt = models.PositiveIntegerField(default=0)
    auto_retry_attempt = models.PositiveIntegerField(default=0)
    latest_retry_trigger = enum_field(RetryTrigger, blank=True)

    objects = StageExecutionQuerySet.as_manager()

    class Meta:
        constraints = [
            only("status", StageStatus),
            only("latest_retry_trigger", RetryTrigger, or_blank=True),
            models.UniqueConstraint(fields=["execution", "stage_name"], name="one_stay_per_stage"),
            # The stage's lock, which parallel executions do not take.
            models.UniqueConstraint(
                fields=["pipeline", "stage_name"],
                condition=Q(status__in=sorted(LOCKING), mode__in=sorted(TAKING_LOCKS)),
                name="one_execution_holds_a_stage",
            ),
        ]
        indexes = [
            # Who succeeded in a stage in one version, by the order of starting.
            models.Index(
                fields=["pipeline", "stage_name", "status", "version", "sequence"],
                name="stay_by_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.execution_id} in {self.stage_name}"

    @property
    def retries(self) -> int:
        """How often it was retried, by itself and by people."""
        return self.auto_retry_attempt + self.manual_retry_attempt


class StopRequest(models.Model):
    """An accepted StopPipelineExecution, kept for ever: who, when, how and why."""

    execution = models.ForeignKey(PipelineExecution, models.CASCADE, related_name="stop_requests")
    attempt = models.PositiveIntegerField()
    mode = enum_field(StopMode)
    reason = models.CharField(max_length=200, null=True)  # noqa: DJ001 - none given is not ""
    requested_by = models.CharField(max_length=2048)
    requested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            only("mode", StopMode),
            models.UniqueConstraint(
                fields=["execution", "attempt", "mode"], name="one_request_per_mode_and_attempt"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.execution_id}"
