"""Pipeline executions: the structures PipelineExecution and PipelineExecutionSummary."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.api.rendering.members import CHANGE_ID, SUMMARY, TRIGGER_DETAIL, filled
from pipelines.core.variables import PIPELINE_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.core.plan import PipelinePlan
    from pipelines.models import PipelineExecution

Structure = dict[str, Any]


def pipeline_execution(execution: PipelineExecution) -> Structure:
    """PipelineExecution: neither times nor who stopped it, which AWS only lists."""
    plan = execution.plan
    return filled(
        {
            "pipelineName": execution.pipeline.name,
            "pipelineVersion": execution.version,
            **_what_both_say(execution),
            "artifactRevisions": list(_artifact_revisions(execution, plan)),
            "variables": _variables(execution, plan) if plan.variables else None,
        }
    )


def summary(execution: PipelineExecution) -> Structure:
    """PipelineExecutionSummary."""
    return filled(
        {
            **_what_both_say(execution),
            "startTime": execution.started_at,
            "lastUpdateTime": execution.updated_at,
            "sourceRevisions": [_source_revision(each) for each in execution.source_revisions],
            "stopTrigger": _stop_trigger(execution),
        }
    )


def _what_both_say(execution: PipelineExecution) -> Structure:
    trigger = {
        "triggerType": execution.trigger_type,
        "triggerDetail": execution.trigger_detail[:TRIGGER_DETAIL],
    }
    return {
        "pipelineExecutionId": str(execution.pk),
        "status": execution.status,
        "statusSummary": execution.status_summary,
        "trigger": filled(trigger),
        "executionMode": execution.mode,
        "executionType": execution.execution_type,
        "rollbackMetadata": _rollback_metadata(execution),
    }


def _rollback_metadata(execution: PipelineExecution) -> Structure | None:
    target = execution.rollback_target_id
    return {"rollbackTargetPipelineExecutionId": str(target)} if target else None


def _stop_trigger(execution: PipelineExecution) -> Structure | None:
    """Of the stop that was accepted in this attempt; a retry begins another (stop.md §4)."""
    if execution.stop_requested is None:
        return None
    reason = execution.stop_reason
    return {} if reason is None else {"reason": reason}


def _source_revision(stored: Mapping[str, str]) -> Structure:
    """SourceRevision: of a source action."""
    return filled({"actionName": stored["actionName"], **_revision(stored)})


def _artifact_revisions(execution: PipelineExecution, plan: PipelinePlan) -> Iterator[Structure]:
    """ArtifactRevision: of an artifact that a source action makes."""
    outputs = {
        action.name: action.output_artifacts for stage in plan.stages for action in stage.actions
    }
    for stored in execution.source_revisions:
        for artifact in outputs.get(stored["actionName"], ()):
            yield filled(
                {
                    "name": artifact.name,
                    **_revision(stored),
                    "revisionChangeIdentifier": change_id(stored),
                    "created": created(stored),
                }
            )


def _revision(stored: Mapping[str, str]) -> Structure:
    return {
        "revisionId": stored["revisionId"],
        "revisionSummary": stored["revisionSummary"][:SUMMARY],
        "revisionUrl": stored["revisionUrl"],
    }


def change_id(stored: Mapping[str, str]) -> str:
    """Empty when the provider said nothing of it."""
    return stored.get("revisionChangeIdentifier", "")[:CHANGE_ID]


def created(stored: Mapping[str, str]) -> datetime | None:
    """When the revision was made, if the provider knew."""
    text = stored.get("created")
    return datetime.fromisoformat(text) if text else None


def _variables(execution: PipelineExecution, plan: PipelinePlan) -> list[Structure]:
    """What the declared variables came out as; nothing for those that had no value."""
    values = execution.variables.get(PIPELINE_NAMESPACE, {})
    return [
        {"name": name, "resolvedValue": values[name]} for name in plan.variables if name in values
    ]
