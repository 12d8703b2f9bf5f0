"""Starting and stopping executions, and telling of a new source revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelines import executions, revisions
from pipelines.core.source_overrides import RevisionType, SourceOverride
from pipelines.core.statuses import StopMode
from pipelines.core.variables import by_name

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def start_pipeline_execution(
    *,
    by: Caller,
    name: str,
    client_request_token: str = "",
    variables: list[dict[str, str]] | None = None,
    source_revisions: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """API_StartPipelineExecution."""
    execution = executions.release(
        name,
        by=by,
        client_request_token=client_request_token,
        variables=by_name((each["name"], each["value"]) for each in variables or []),
        source_overrides=[_override(each) for each in source_revisions or []],
    )
    return {"pipelineExecutionId": str(execution.pk)}


def stop_pipeline_execution(
    *,
    by: Caller,
    pipeline_name: str,
    pipeline_execution_id: str,
    abandon: bool = False,
    reason: str | None = None,
) -> dict[str, Any]:
    """API_StopPipelineExecution, spec/stop.md."""
    execution = executions.stop(
        pipeline_name,
        UUID(pipeline_execution_id),
        mode=StopMode.ABANDON if abandon else StopMode.WAIT,
        by=by,
        reason=reason,
    )
    return {"pipelineExecutionId": str(execution.pk)}


def put_action_revision(
    *,
    by: Caller,
    pipeline_name: str,
    stage_name: str,
    action_name: str,
    action_revision: dict[str, Any],
) -> dict[str, Any]:
    """API_PutActionRevision.  Nothing here depends on the members revisionChangeId and created."""
    answer = revisions.put(
        pipeline_name, (stage_name, action_name), revision_id=action_revision["revisionId"], by=by
    )
    return {"newRevision": answer.is_new, "pipelineExecutionId": str(answer.execution.pk)}


def _override(given: dict[str, str]) -> SourceOverride:
    return SourceOverride(
        given["actionName"], RevisionType(given["revisionType"]), given["revisionValue"]
    )
