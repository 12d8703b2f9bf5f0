"""Starting and stopping executions, and telling of a new source revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelines import executions
from pipelines.core.refusals import NotServed
from pipelines.core.statuses import StopMode

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
        variables={each["name"]: each["value"] for each in variables or []},
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


def put_action_revision(*, by: Caller, **_given: Any) -> dict[str, Any]:
    """API_PutActionRevision."""
    raise NotServed("PutActionRevision is not available yet.")
