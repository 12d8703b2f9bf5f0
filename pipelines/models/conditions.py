"""The checks of conditions of stages; their rules are stored as action executions are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.core.statuses import ConditionKind, ConditionStatus
from pipelines.models.choices import enum_field, only
from pipelines.models.executions import PipelineExecution, StageExecution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.core.plan import ActionPlan


class ConditionExecutionQuerySet(models.QuerySet["ConditionExecution"]):
    def latest_in(self, stays: Iterable[StageExecution]) -> Self:
        """The check of each condition that counts in these stays."""
        return self.filter(stage_execution__in=list(stays), is_latest=True)


class ConditionExecution(models.Model):
    """One check of one condition of a stage.  A retry makes a new row; one is the latest."""

    execution = models.ForeignKey(
        PipelineExecution, models.CASCADE, related_name="condition_executions"
    )
    stage_execution = models.ForeignKey(
        StageExecution, models.CASCADE, related_name="condition_executions"
    )
    kind = enum_field(ConditionKind)
    status = enum_field(ConditionStatus, default=ConditionStatus.IN_PROGRESS)
    is_latest = models.BooleanField(default=True)
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    overridden_by = models.CharField(max_length=2048, blank=True)  # as soon as it is asked for
    overridden_at = models.DateTimeField(null=True)

    objects = ConditionExecutionQuerySet.as_manager()

    class Meta:
        constraints = [
            only("kind", ConditionKind),
            only("status", ConditionStatus),
            models.UniqueConstraint(
                fields=["stage_execution", "kind"],
                condition=Q(is_latest=True),
                name="one_latest_check_of_a_condition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.stage_execution}"

    def plan_of(self, rule_name: str) -> ActionPlan:
        """What the definition says of one of its rules."""
        stage = self.execution.plan.stage(self.stage_execution.stage_name)
        return stage.rule(ConditionKind(self.kind), rule_name)
