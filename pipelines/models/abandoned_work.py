"""What the console was told to do about the work of an action once it is abandoned."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from pipelines.core.abandoned_work import Policy, Treatment
from pipelines.models.choices import enum_field, only
from pipelines.models.pipelines import Pipeline


class AbandonedWorkPolicy(models.Model):
    """One action's own; no row: the site's.

    By name and not by version: AWS's definition has no place for it, and an update of the pipeline
    by a tool that knows nothing of it must not lose it.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="abandoned_work_policies")
    stage_name = models.CharField(max_length=100)
    action_name = models.CharField(max_length=100)
    policy = enum_field(Policy)
    command = models.TextField(blank=True)
    changed_by = models.CharField(max_length=2048)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            only("policy", Policy),
            models.UniqueConstraint(
                fields=["pipeline", "stage_name", "action_name"], name="one_policy_per_action"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage_name}/{self.action_name}: {self.policy}"

    @property
    def treatment(self) -> Treatment:
        return Treatment(Policy(self.policy), self.command)
