"""The source revisions that a pipeline has used."""

from __future__ import annotations

import hashlib

from django.db import models

from pipelines.models.executions import PipelineExecution
from pipelines.models.pipelines import Pipeline


class UsedRevisionQuerySet(models.QuerySet["UsedRevision"]):
    def note(self, execution: PipelineExecution, action_name: str, revision_id: str) -> None:
        """The execution uses this revision for that source action."""
        row = UsedRevision(
            pipeline_id=execution.pipeline_id,
            action_name=action_name,
            digest=_digest(revision_id),
            execution=execution,
        )
        self.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["pipeline", "action_name", "digest"],
            update_fields=["execution"],
        )

    def user_of(
        self, pipeline: Pipeline, action_name: str, revision_id: str
    ) -> PipelineExecution | None:
        """The last execution that used the revision for the action."""
        found = self.filter(
            pipeline=pipeline, action_name=action_name, digest=_digest(revision_id)
        ).select_related("execution")
        return next((row.execution for row in found), None)


class UsedRevision(models.Model):
    """A revision that was used for a source action: found by it, or told of by PutActionRevision.

    It stands by its digest, because an id may be longer than what an index holds.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="+")
    action_name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    execution = models.ForeignKey(PipelineExecution, models.CASCADE, related_name="+")

    objects = UsedRevisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "action_name", "digest"], name="one_row_per_used_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action_name} {self.digest[:8]}"


def _digest(revision_id: str) -> str:
    return hashlib.sha256(revision_id.encode()).hexdigest()
