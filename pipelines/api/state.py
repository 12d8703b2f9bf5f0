"""The rows that a pipeline's state is made of, all of one moment, in four queries or six."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from pipelines import finding
from pipelines.core.statuses import ExecutionStatus
from pipelines.models import ActionExecution, ConditionExecution, Pipeline, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.models import PipelineExecution

ATTEMPTS = 3
# What the state does not show and can be long.
HEAVY_OF_EXECUTION = ("artifacts", "variables", "search_text")
HEAVY_OF_ACTION = ("resolved_configuration", "resolved_commands", "resolved_environment")


class State(NamedTuple):
    """One pipeline as it is, or was a moment ago."""

    pipeline: Pipeline
    stages: Mapping[str, Stage]  # by name, with the execution that entered last, and the inbound
    waiting: Mapping[str, Sequence[PipelineExecution]]  # by the stage that they wait for
    actions: Mapping[int, Mapping[str, ActionExecution]]  # by stay, by name: the latest
    conditions: Mapping[int, Mapping[str, ConditionExecution]]  # by stay, by kind: the latest
    rules: Mapping[int, Mapping[str, ActionExecution]]  # by condition, by name


def state_of(pipeline_name: str) -> State:
    """All of it as it was at one moment: read again when something was changed meanwhile.

    Every change raises the pipeline's revision.  Only who is never left in peace takes the lock.
    Raises PipelineNotFound.
    """
    for _ in range(ATTEMPTS):
        state = _read(pipeline_name)
        if _is_still(state.pipeline):
            return state
    with transaction.atomic():
        finding.locked_pipeline(pipeline_name)
        return _read(pipeline_name)


def _is_still(pipeline: Pipeline) -> bool:
    return Pipeline.objects.filter(pk=pipeline.pk, revision=pipeline.revision).exists()


def _read(pipeline_name: str) -> State:
    rows = (
        Stage.objects.filter(pipeline__name=pipeline_name)
        .select_related("pipeline", "latest__execution", "inbound")
        .defer(
            *(f"latest__execution__{column}" for column in HEAVY_OF_EXECUTION),
            *(f"inbound__{column}" for column in HEAVY_OF_EXECUTION),
        )
    )
    stages = {stage.name: stage for stage in rows}
    found = [stage.pipeline for stage in stages.values()]
    pipeline = found[0] if found else finding.pipeline(pipeline_name)
    conditions, rules = _conditions(pipeline, stages.values())
    return State(pipeline, stages, _waiting(pipeline), _actions(stages.values()), conditions, rules)


def _waiting(pipeline: Pipeline) -> dict[str, list[PipelineExecution]]:
    """Oldest first; one that is being stopped waits for nothing any more.

    Nor does a parallel one wait in line, also once the pipeline has another mode.
    """
    waiting = defaultdict(list)
    in_line = pipeline.executions.unfinished().sharing_locks().exclude(waits_for="")
    for execution in in_line.defer(*HEAVY_OF_EXECUTION):
        if execution.status == ExecutionStatus.IN_PROGRESS:
            waiting[execution.waits_for].append(execution)
    return waiting


def _actions(stages: Iterable[Stage]) -> dict[int, dict[str, ActionExecution]]:
    stays = {stage.latest.pk: stage.latest for stage in stages if stage.latest}
    by_stay: dict[int, dict[str, ActionExecution]] = defaultdict(dict)
    for action in ActionExecution.objects.latest_in(stays.values()).defer(*HEAVY_OF_ACTION):
        action.execution = stays[action.stage_execution_id].execution
        by_stay[action.stage_execution_id][action.action_name] = action
    return by_stay


def _conditions(
    pipeline: Pipeline, stages: Iterable[Stage]
) -> tuple[dict[int, dict[str, ConditionExecution]], dict[int, dict[str, ActionExecution]]]:
    """What was checked in the latest stays; two queries more if the pipeline has conditions."""
    by_stay: dict[int, dict[str, ConditionExecution]] = defaultdict(dict)
    by_condition: dict[int, dict[str, ActionExecution]] = defaultdict(dict)
    guarded = {plan.name for plan in pipeline.plan.stages if plan.conditions}
    stays = [stage.latest for stage in stages if stage.latest and stage.name in guarded]
    if not stays:
        return by_stay, by_condition
    for condition in ConditionExecution.objects.latest_in(stays):
        by_stay[condition.stage_execution_id][condition.kind] = condition
    checked = [condition.pk for each in by_stay.values() for condition in each.values()]
    rules = ActionExecution.objects.of_rules().filter(condition__in=checked)
    for rule in rules.defer(*HEAVY_OF_ACTION).order_by("started_at", "pk"):
        by_condition[rule.condition_id or 0][rule.action_name] = rule
    return by_stay, by_condition
