"""Reading the rows that a decision is about, each kind with one query, whatever has finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import BooleanField, Case, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Now

from pipelines.core.statuses import ConditionKind
from pipelines.models import ActionExecution, ConditionExecution, StageExecution

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db import models

    from pipelines.models import Pipeline, PipelineExecution, Stage

Actions = dict[tuple["UUID", str], ActionExecution]
Rules = dict[tuple["UUID", ConditionKind, str], ActionExecution]
Conditions = dict[tuple["UUID", ConditionKind], ConditionExecution]


def latest_conditions(executions: Iterable[PipelineExecution]) -> Conditions:
    """Of the occupied stages; one query if any of them has conditions."""
    inside = {e.occupied_id: e for e in executions if e.occupied and _has_conditions(e, e.occupied)}
    if not inside:
        return {}
    rows = ConditionExecution.objects.filter(stage_execution__in=inside, is_latest=True)
    latest: Conditions = {}
    for row in rows.order_by("id"):
        row.execution = inside[row.stage_execution_id]
        latest[row.execution_id, ConditionKind(row.kind)] = row
    return latest


def _has_conditions(execution: PipelineExecution, stay: StageExecution) -> bool:
    return bool(execution.plan.stage(stay.stage_name).conditions)


def latest_actions(
    executions: Iterable[PipelineExecution], conditions: Conditions
) -> tuple[Actions, Rules]:
    """Of the occupied stages, and the rules of these conditions."""
    inside = {e.occupied_id: e for e in executions if e.occupied_id}
    if not inside:
        return {}, {}
    expired = Q(lease__released_at=None, lease__expires_at__lte=Now())
    rows = ActionExecution.objects.filter(stage_execution__in=inside, is_latest=True).annotate(
        is_lost=Case(When(expired, then=Value(True)), default=False, output_field=BooleanField())
    )
    checked = {condition.pk for condition in conditions.values()}
    actions: Actions = {}
    rules: Rules = {}
    for row in rows.order_by("started_at"):
        row.execution = inside[row.stage_execution_id]
        if row.condition_id is None:
            actions[row.execution_id, row.action_name] = row
        elif row.condition_id in checked:
            kind = ConditionKind(row.condition_kind)
            rules[row.execution_id, kind, row.action_name] = row
    return actions, rules


def stages_of(pipeline: Pipeline) -> models.QuerySet[Stage]:
    """With `last_success`, who would be brought back, where that may happen by itself."""
    may_roll_back = [stage.name for stage in pipeline.plan.stages if stage.may_roll_back]
    if not may_roll_back:
        return pipeline.stages.all()
    before = StageExecution.objects.rollback_targets(OuterRef("pipeline"), OuterRef("name"))
    latest = Subquery(before.filter(version=pipeline.version).values("execution")[:1])
    return pipeline.stages.annotate(
        last_success=Case(When(name__in=may_roll_back, then=latest), default=None)
    )


def last_successes(stages: Iterable[Stage]) -> dict[str, UUID]:
    found = {stage.name: getattr(stage, "last_success", None) for stage in stages}
    return {name: execution_id for name, execution_id in found.items() if execution_id}
