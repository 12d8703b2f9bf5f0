"""Transitions into and out of stages, retrying and rolling back a stage, its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelines import conditions, rollbacks, stages, transitions
from pipelines.core.statuses import ConditionKind, RetryMode, TransitionType

if TYPE_CHECKING:
    from pipelines.core.rights import Caller

# API type ConditionType; a condition of failure cannot be overridden.
CONDITIONS = {
    "BEFORE_ENTRY": ConditionKind.BEFORE_ENTRY,
    "ON_SUCCESS": ConditionKind.ON_SUCCESS,
}


def disable_stage_transition(
    *, by: Caller, pipeline_name: str, stage_name: str, transition_type: str, reason: str
) -> None:
    """API_DisableStageTransition."""
    transitions.disable(
        pipeline_name,
        stage_name,
        reason=reason,
        by=by,
        transition=TransitionType(transition_type),
    )


def enable_stage_transition(
    *, by: Caller, pipeline_name: str, stage_name: str, transition_type: str
) -> None:
    """API_EnableStageTransition."""
    transitions.enable(pipeline_name, stage_name, by=by, transition=TransitionType(transition_type))


def retry_stage_execution(
    *, by: Caller, pipeline_name: str, stage_name: str, pipeline_execution_id: str, retry_mode: str
) -> dict[str, Any]:
    """API_RetryStageExecution."""
    execution = stages.retry(
        pipeline_name, stage_name, UUID(pipeline_execution_id), mode=RetryMode(retry_mode), by=by
    )
    return {"pipelineExecutionId": str(execution.pk)}


def rollback_stage(
    *, by: Caller, pipeline_name: str, stage_name: str, target_pipeline_execution_id: str
) -> dict[str, Any]:
    """API_RollbackStage."""
    target = UUID(target_pipeline_execution_id)
    execution = rollbacks.start(pipeline_name, stage_name, target, by=by)
    return {"pipelineExecutionId": str(execution.pk)}


def override_stage_condition(
    *,
    by: Caller,
    pipeline_name: str,
    stage_name: str,
    pipeline_execution_id: str,
    condition_type: str,
) -> None:
    """API_OverrideStageCondition."""
    execution_id = UUID(pipeline_execution_id)
    conditions.override(
        pipeline_name, stage_name, execution_id, kind=CONDITIONS[condition_type], by=by
    )
