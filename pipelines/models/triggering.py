"""The pushes and pull requests that have started pipelines: none does so twice."""

from __future__ import annotations

import hashlib

from django.db import models

from pipelines.models.executions import PipelineExecution
from pipelines.models.pipelines import Pipeline


class UsedChangeQuerySet(models.QuerySet["UsedChange"]):
    def user_of(
        self, pipeline: Pipeline, action_name: str, change: str
    ) -> PipelineExecution | None:
        """The execution that the change started from that source action."""
        found = self.filter(pipeline=pipeline, action_name=action_name, digest=_digest(change))
        return next((row.execution for row in found.select_related("execution")), None)

    def note(self, execution: PipelineExecution, action_name: str, change: str) -> None:
        """The change has started this execution.  Raises IntegrityError if it started another."""
        self.create(
            pipeline_id=execution.pipeline_id,
            action_name=action_name,
            digest=_digest(change),
            execution=execution,
        )


class UsedChange(models.Model):
    """A change of a git repository that started a pipeline from one of its source actions.

    It stands by its digest, because names of branches may be longer than what an index holds.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    action_name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    execution = models.ForeignKey(PipelineExecution, models.CASCADE, related_name="+")

    objects = UsedChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "action_name", "digest"], name="a_change_starts_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action_name} {self.digest[:8]}"


def _digest(change: str) -> str:
    return hashlib.sha256(change.encode("utf-8", "surrogatepass")).hexdigest()
