"""The sources that are looked at for changes, and what was seen there."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from pipelines.models.pipelines import Pipeline


class WatchedSource(models.Model):
    """A source action of the current definition of a pipeline."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="watched_sources")
    action_name = models.CharField(max_length=100)
    # Of what it is told to look at: when that changes, what was seen elsewhere does not count.
    digest = models.CharField(max_length=64)
    is_polled = models.BooleanField()  # AWS would poll it, and stops when the pipeline is idle
    due_at = models.DateTimeField(default=timezone.now)
    # Whoever looks has it until then; nobody heard of him any more if it is over.
    claimed_until = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    # There was an answer: even that there is nothing yet, with which anything is a change.
    has_answered = models.BooleanField(default=False)
    seen = models.TextField(blank=True)  # the newest revision
    seen_refs = models.JSONField(default=dict)  # with filters: ref -> commit
    failures = models.PositiveIntegerField(default=0)  # in a row
    result = models.TextField(blank=True)  # of the last look, as a sentence

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "action_name"], name="one_row_per_watched_source"
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="watched_source_due")]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.action_name}"
