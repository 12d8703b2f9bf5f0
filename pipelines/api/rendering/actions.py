"""Action executions: the structures ActionExecution and ActionExecutionDetail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from pipelines.api.rendering.members import MESSAGE, SUMMARY, filled
from pipelines.core.action_types import MASK
from pipelines.providers import secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.plan import ActionPlan, PipelinePlan
    from pipelines.models import ActionExecution

Structure = dict[str, Any]


def action_execution(action: ActionExecution) -> Structure:
    """ActionExecution, of a pipeline's state.

    The token of an approval is there while its answer would count.  AWS does not give it as
    externalExecutionId in this structure.
    """
    return filled(
        {
            "actionExecutionId": str(action.pk),
            "status": action.status,
            "summary": action.summary[:SUMMARY],
            "lastStatusChange": action.ended_at or action.started_at,
            "token": action.token if action.is_waited_for else None,
            "lastUpdatedBy": action.updated_by,
            "externalExecutionId": None if action.token else action.external_execution_id,
            "externalExecutionUrl": action.external_execution_url,
            "percentComplete": action.percent_complete,
            "errorDetails": error_details(action),
        }
    )


def detail(action: ActionExecution, plan: PipelinePlan) -> Structure:
    """ActionExecutionDetail, of the list; `plan` is the version that the execution follows.

    The externalExecutionId of an approval is its token: PutApprovalResult takes it, and for
    PARALLEL executions it is the only place that has it (API_PutApprovalResult).
    """
    declared = action.declared_in(plan)
    bucket = plan.artifact_bucket(region(declared))
    return filled(
        {
            "pipelineExecutionId": str(action.execution_id),
            "actionExecutionId": str(action.pk),
            "pipelineVersion": action.execution.version,
            "stageName": action.stage_name,
            "actionName": action.action_name,
            "startTime": action.started_at,
            "lastUpdateTime": action.updated_at,
            "updatedBy": action.updated_by,
            "status": action.status,
            "input": _input(action, declared, bucket),
            "output": _output(action, declared, bucket),
        }
    )


def _input(action: ActionExecution, declared: ActionPlan, bucket: str) -> Structure:
    type_id = declared.type_id
    return filled(
        {
            "actionTypeId": {name: str(part) for name, part in type_id._asdict().items()},
            "configuration": _masked(declared.configuration, type_id),
            "resolvedConfiguration": _masked(action.resolved_configuration, type_id),
            "roleArn": declared.role_arn,
            "region": region(declared),
            "inputArtifacts": artifacts(declared.input_artifacts, action.input_artifacts, bucket),
            "namespace": declared.namespace,
        }
    )


def _output(action: ActionExecution, declared: ActionPlan, bucket: str) -> Structure:
    names = (artifact.name for artifact in declared.output_artifacts)
    result = {
        "externalExecutionId": action.external_execution_id,
        "externalExecutionSummary": action.summary,
        "externalExecutionUrl": action.external_execution_url,
        "errorDetails": error_details(action),
    }
    return filled(
        {
            "outputArtifacts": artifacts(names, action.output_artifacts, bucket),
            "executionResult": filled(result) or None,
            "outputVariables": action.output_variables,
        }
    )


def region(declared: ActionPlan) -> str:
    return declared.region or str(settings.PENSTOCK_REGION)


def _masked(configuration: Mapping[str, str], type_id: ActionTypeId) -> dict[str, str]:
    secrets = secrets_in(type_id, configuration)
    return {key: MASK if key in secrets else value for key, value in configuration.items()}


def artifacts(names: Iterable[str], keys: Mapping[str, str], bucket: str) -> list[Structure]:
    """Those that there are, in the order of the definition, which a stored object has not."""
    return [
        {"name": name, "s3location": {"bucket": bucket, "key": keys[name]}}
        for name in names
        if name in keys
    ]


def error_details(action: ActionExecution) -> Structure | None:
    """None for what did not fail: an abandoned action has no error (stop.md U7)."""
    details = {"code": action.error_code, "message": action.error_message[:MESSAGE]}
    return filled(details) or None
