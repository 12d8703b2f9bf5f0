"""Deleting a pipeline: everything that belongs to it goes, in as many queries as there are tables.

Django's own cascade loads the rows of the whole history first.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel

from pipelines.core.statuses import ActionStatus
from pipelines.models.actions import ActionExecution

if TYPE_CHECKING:
    from pipelines.models.executions import PipelineExecution
    from pipelines.models.pipelines import Pipeline


def erase(pipeline: Pipeline) -> None:
    """Delete a pipeline that the caller has locked, in the caller's transaction."""
    _hold_parallel_executions(pipeline)
    _hold_live_actions(pipeline)
    owner = type(pipeline)
    for model, lookup in (*reversed(belonging_to(owner).items()), (owner, "pk")):
        rows: models.QuerySet[models.Model] = models.QuerySet(model).filter(**{lookup: pipeline.pk})
        rows._raw_delete(rows.db)  # noqa: SLF001 - one DELETE and nothing else, which is the point


def erase_execution(execution: PipelineExecution) -> None:
    """The same for one execution that is finished and that no stage refers to."""
    owner = type(execution)
    owner.objects.filter(superseded_by=execution.pk).update(superseded_by=None)
    for model, lookup in (*reversed(belonging_to(owner).items()), (owner, "pk")):
        rows: models.QuerySet[models.Model] = models.QuerySet(model).filter(
            **{lookup: execution.pk}
        )
        rows._raw_delete(rows.db)  # noqa: SLF001 - as above


def belonging_to(model: type[models.Model]) -> dict[type[models.Model], str]:
    """Every table whose rows go with a row of the model, and how they lead to it; nearest first."""
    found: dict[type[models.Model], str] = {}
    to_see = deque([(model, "")])
    while to_see:
        owner, path = to_see.popleft()
        fields = owner._meta.get_fields(include_hidden=True)  # noqa: SLF001 - a documented interface
        for relation in fields:
            if not isinstance(relation, ForeignObjectRel):
                continue
            child = relation.related_model
            if relation.on_delete is models.CASCADE and child not in found:
                found[child] = "__".join(filter(None, [relation.field.name, path]))
                to_see.append((child, found[child]))
    return found


def _hold_parallel_executions(pipeline: Pipeline) -> None:
    """Wait for what is being decided about them, which happens without the pipeline's lock.

    Before the actions, as whoever decides does: so neither waits for the other in a circle.
    """
    parallel = pipeline.executions.unfinished().parallel()
    list(parallel.select_for_update(of=("self",)).values_list("pk"))


def _hold_live_actions(pipeline: Pipeline) -> None:
    """Let nobody take the lease of an action while it is being deleted."""
    live = ActionExecution.objects.filter(
        execution__pipeline=pipeline, status=ActionStatus.IN_PROGRESS
    )
    list(live.select_for_update(of=("self",)).values_list("pk"))
