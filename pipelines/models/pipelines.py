"""Pipelines, every version of their definitions, and the stages as they are now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Self

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from pipelines.core.statuses import ExecutionMode, TransitionType
from pipelines.core.structure import read
from pipelines.models.choices import enum_field
from pipelines.models.ordered_json import OrderedJSON

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipelines.core.plan import PipelinePlan


class PipelineQuerySet(models.QuerySet["Pipeline"]):
    def locked(self, **which: object) -> Pipeline:
        """The pipeline, held against every other change until the transaction ends.

        This is the engine's lock, always taken first.  Parallel executions go on beside it: each
        has a lock of its own, and rows that belong to the pipeline may be added meanwhile.  Raises
        Pipeline.DoesNotExist.
        """
        return self.select_for_update(no_key=True).get(**which)

    def named(self, name: str) -> Self:
        return self.filter(name=name)


class Pipeline(models.Model):
    """A pipeline by its name; what it does is in its current version."""

    name = models.CharField(max_length=100, unique=True)
    version = models.PositiveIntegerField(default=1)
    execution_mode = enum_field(ExecutionMode, default=ExecutionMode.SUPERSEDED)
    pipeline_type = models.CharField(max_length=2, default="V1")
    # Rises with every change that a page shows, in the same transaction: polls compare it.
    revision = models.PositiveBigIntegerField(default=1)
    last_sequence = models.PositiveBigIntegerField(default=0)  # of its executions
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    tags = OrderedJSON(default=dict)  # key -> value
    # The version whose sources are being looked at; 0: none yet.
    watched_version = models.PositiveIntegerField(default=0)

    objects = PipelineQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def plan(self) -> PipelinePlan:
        """What the current version says.  Costs a query the first time in a process."""
        return plan_of(self.pk, self.version)

    def bump(self) -> None:
        """Tell whoever watches this pipeline that something changed."""
        Pipeline.objects.filter(pk=self.pk).update(revision=F("revision") + 1)
        self.revision += 1

    def bump_apart(self) -> None:
        """The same once the transaction is over, which then never waits for another's."""
        transaction.on_commit(self.bump, robust=True)


class PipelineVersion(models.Model):
    """One version of a definition, as `GetPipeline` gives it; it goes only with its pipeline.

    Secrets are masked in the definition; `pipelines.secrets` opens what was taken out of it.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    definition = OrderedJSON()
    sealed_secrets = models.TextField(blank=True)  # empty: it has none
    created_by = models.CharField(max_length=2048)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "version"], name="one_row_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} version {self.version}"


class PlanCache:
    """A version's definition as the engine follows it; versions never change, so it is kept."""

    LARGEST = 1024  # plans; beyond that it begins anew

    def __init__(self) -> None:
        self._plans: dict[tuple[int, int], PipelinePlan] = {}

    def __call__(self, pipeline_id: int, version: int) -> PipelinePlan:
        """Raises PipelineVersion.DoesNotExist."""
        if plan := self._plans.get((pipeline_id, version)):
            return plan
        row = PipelineVersion.objects.get(pipeline_id=pipeline_id, version=version)
        return self._keep(row)

    def of_all(self, pipeline_id: int, versions: Iterable[int]) -> dict[int, PipelinePlan]:
        """Those of several versions, for one query at most."""
        found = {version: self._plans.get((pipeline_id, version)) for version in versions}
        plans = {version: plan for version, plan in found.items() if plan}
        if missing := found.keys() - plans.keys():
            rows = PipelineVersion.objects.filter(pipeline_id=pipeline_id, version__in=missing)
            plans |= {row.version: self._keep(row) for row in rows}
        return plans

    def cache_clear(self) -> None:
        self._plans.clear()

    def _keep(self, row: PipelineVersion) -> PipelinePlan:
        if len(self._plans) >= self.LARGEST:
            self._plans.clear()
        plan = self._plans[row.pipeline_id, row.version] = read(row.definition)
        return plan


plan_of = PlanCache()


class Way(NamedTuple):
    """One side of a transition between stages."""

    is_enabled: bool
    changed_at: datetime | None
    disabled_at: datetime | None  # the last time, whether or not it is enabled again

    def held(self, since: datetime, *, now: datetime) -> timedelta:
        """For how long it was disabled, the last time, for one who came at that moment."""
        if self.disabled_at is None:
            return timedelta()
        until = self.changed_at if self.is_enabled and self.changed_at else now
        return max(until - max(self.disabled_at, since), timedelta())


class Stage(models.Model):
    """A stage as it is now: its transitions, who was in it last, who waits in front of it."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(max_length=100)
    inbound_enabled = models.BooleanField(default=True)
    inbound_reason = models.CharField(max_length=300, blank=True)
    inbound_changed_by = models.CharField(max_length=2048, blank=True)
    inbound_changed_at = models.DateTimeField(null=True)
    inbound_disabled_at = models.DateTimeField(null=True)  # the last time; enabled again or not
    outbound_enabled = models.BooleanField(default=True)
    outbound_reason = models.CharField(max_length=300, blank=True)
    outbound_changed_by = models.CharField(max_length=2048, blank=True)
    outbound_changed_at = models.DateTimeField(null=True)
    outbound_disabled_at = models.DateTimeField(null=True)
    latest = models.ForeignKey(
        "StageExecution", models.SET_NULL, null=True, related_name="+"
    )  # the execution that entered it last
    inbound = models.ForeignKey(
        "PipelineExecution", models.SET_NULL, null=True, related_name="+"
    )  # who came to wait in front of it last, until somebody enters
    # Action name -> seconds, a moving average of its successes.
    usual_seconds = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pipeline", "name"], name="one_row_per_stage")
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.name}"

    @property
    def way_in(self) -> Way:
        return Way(self.inbound_enabled, self.inbound_changed_at, self.inbound_disabled_at)

    @property
    def way_out(self) -> Way:
        return Way(self.outbound_enabled, self.outbound_changed_at, self.outbound_disabled_at)

    def way(self, side: TransitionType) -> Way:
        return self.way_in if side is TransitionType.INBOUND else self.way_out
