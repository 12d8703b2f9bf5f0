"""What deployments did to each of their targets."""

from __future__ import annotations

from django.db import models

from pipelines.models.actions import ActionExecution


class DeployTarget(models.Model):
    """An instance that an action execution deploys to (API type DeployActionExecutionTarget)."""

    action = models.ForeignKey(ActionExecution, models.CASCADE, related_name="targets")
    position = models.PositiveIntegerField()
    target_id = models.CharField(max_length=256)
    target_type = models.CharField(max_length=64)
    status = models.CharField(max_length=16)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Of {"name", "status", "startTime", "endTime", "message"}; times in ISO 8601, what is not
    # known left out.
    events = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["action", "target_id"], name="one_row_per_target"),
            models.UniqueConstraint(fields=["action", "position"], name="one_place_per_target"),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} {self.status}"
