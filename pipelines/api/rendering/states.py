"""The state of a pipeline: the structures StageState, ActionState and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.api.rendering import actions, executions
from pipelines.api.rendering.members import CHANGE_ID, filled
from pipelines.api.rendering.rules import condition_state
from pipelines.core.action_types import Category
from pipelines.core.statuses import ExecutionMode, StageStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.api.state import State
    from pipelines.core.plan import ActionPlan, StagePlan
    from pipelines.models import ActionExecution, PipelineExecution, Stage, StageExecution

Structure = dict[str, Any]
ROLLBACK = "ROLLBACK"
STATUSES = frozenset(StageStatus)


def pipeline_state(state: State) -> Structure:
    """The output of GetPipelineState."""
    pipeline = state.pipeline
    shown = _stage_state if ExecutionMode(pipeline.execution_mode).takes_locks else _bare_state
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.version,
        "stageStates": [shown(state, plan) for plan in pipeline.plan.stages],
        "created": pipeline.created_at,
        "updated": pipeline.updated_at,
    }


def _bare_state(state: State, plan: StagePlan) -> Structure:
    """In PARALLEL mode no execution is the stage's: each is looked at by itself.

    https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html
    """
    return {
        "stageName": plan.name,
        "inboundTransitionState": _transition_state(state.stages[plan.name]),
        "actionStates": [{"actionName": action.name} for action in plan.actions],
    }


def _stage_state(state: State, plan: StagePlan) -> Structure:
    stage, waiting = state.stages[plan.name], state.waiting.get(plan.name, ())
    stay = stage.latest
    runs = state.actions.get(stay.pk, {}) if stay else {}
    return filled(
        {
            "stageName": plan.name,
            "inboundExecution": _inbound_execution(stage, waiting),
            "inboundExecutions": [_of(each) for each in waiting],
            "inboundTransitionState": _transition_state(stage),
            "actionStates": _action_states(plan.actions, stay, runs),
            "latestExecution": _latest_execution(stay),
            **_condition_states(state, plan, stay),
            "retryStageMetadata": _retry_metadata(stay),
        }
    )


def _condition_states(
    state: State, plan: StagePlan, stay: StageExecution | None
) -> dict[str, Structure]:
    checked = state.conditions.get(stay.pk, {}) if stay else {}
    states = {}
    for kind, declared in plan.conditions.items():
        condition = checked.get(kind)
        rules = state.rules.get(condition.pk, {}) if condition else {}
        states[f"{kind}ConditionState"] = condition_state(declared, condition, rules)
    return states


def _inbound_execution(stage: Stage, waiting: Sequence[PipelineExecution]) -> Structure | None:
    """The head of a queue; else who came to wait in front of the stage last.

    One that was stopped there stays to be seen until somebody enters (stop.md §4); StageExecution
    has no Superseded.
    """
    is_queue = bool(waiting) and waiting[0].mode == ExecutionMode.QUEUED
    execution = waiting[0] if is_queue else stage.inbound
    return _of(execution) if execution and execution.status in STATUSES else None


def _of(execution: PipelineExecution) -> Structure:
    """StageExecution, of an execution that is in front of a stage."""
    return _stage_execution(execution, execution.status)


def _latest_execution(stay: StageExecution | None) -> Structure | None:
    return _stage_execution(stay.execution, stay.status) if stay else None


def _stage_execution(execution: PipelineExecution, status: str) -> Structure:
    """AWS gives a type only to those that roll back."""
    kind = execution.execution_type
    return filled(
        {
            "pipelineExecutionId": str(execution.pk),
            "status": status,
            "type": kind if kind == ROLLBACK else None,
        }
    )


def _transition_state(stage: Stage) -> Structure:
    return filled(
        {
            "enabled": stage.inbound_enabled,
            "lastChangedBy": stage.inbound_changed_by,
            "lastChangedAt": stage.inbound_changed_at,
            "disabledReason": stage.inbound_reason,
        }
    )


def _action_states(
    declared: Iterable[ActionPlan],
    stay: StageExecution | None,
    runs: Mapping[str, ActionExecution],
) -> list[Structure]:
    """One for each action of the stage; those that did not run have no execution (stop.md U8)."""
    return [_action_state(plan, stay, runs.get(plan.name)) for plan in declared]


def _action_state(
    plan: ActionPlan, stay: StageExecution | None, run: ActionExecution | None
) -> Structure:
    revision = _revision_of(plan, stay)
    return filled(
        {
            "actionName": plan.name,
            "currentRevision": _current_revision(revision, run) if revision and run else None,
            "latestExecution": actions.action_execution(run) if run else None,
            "revisionUrl": revision["revisionUrl"] if revision else None,
        }
    )


def _revision_of(plan: ActionPlan, stay: StageExecution | None) -> Mapping[str, str] | None:
    """What the source action found for the execution that entered its stage last."""
    if stay is None or plan.type_id.category != Category.SOURCE:
        return None
    found = stay.execution.source_revisions
    return next((each for each in found if each["actionName"] == plan.name), None)


def _current_revision(stored: Mapping[str, str], run: ActionExecution) -> Structure:
    """ActionRevision, all of whose members the service model requires.

    For what the provider did not tell stand the revision itself and when it was found.
    """
    return {
        "revisionId": stored["revisionId"],
        "revisionChangeId": executions.change_id(stored) or stored["revisionId"][:CHANGE_ID],
        "created": executions.created(stored) or run.updated_at,
    }


def _retry_metadata(stay: StageExecution | None) -> Structure | None:
    """None unless the stage was retried in this execution."""
    if stay is None or not stay.retries:
        return None
    return filled(
        {
            "autoStageRetryAttempt": stay.auto_retry_attempt or None,
            "manualStageRetryAttempt": stay.manual_retry_attempt or None,
            "latestRetryTrigger": stay.latest_retry_trigger,
        }
    )
