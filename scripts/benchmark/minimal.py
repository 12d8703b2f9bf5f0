"""The least that an engine can honestly do for a step, and the tables that takes.

One task for each step locks the run, writes the result, marks the next step, and enqueues it once
that is committed.  It has no rules, no events, no history and no page to tell.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models


class Run(models.Model):
    """What is locked."""

    ended_at = models.DateTimeField(null=True)

    objects: models.Manager[Run] = models.Manager()

    class Meta:
        app_label = "benchmark"


class Step(models.Model):
    """What is written."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=24, default="")
    result = models.JSONField(default=dict)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: models.Manager[Step] = models.Manager()

    class Meta:
        app_label = "benchmark"
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_step")]


def make_tables() -> None:
    models_of_ours: list[type[models.Model]] = [Run, Step]
    with connection.schema_editor() as editor:
        for model in models_of_ours:
            editor.create_model(model)


def new_run(steps: int, **first: Any) -> Run:
    """A run whose first step is marked."""
    run = Run.objects.create()
    Step.objects.bulk_create(
        Step(run=run, number=number, **(first if number == 1 else {}))
        for number in range(1, steps + 1)
    )
    return run
