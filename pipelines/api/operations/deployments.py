"""The targets of deploy actions, and what was done to each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelines import finding
from pipelines.api import paging
from pipelines.api.rendering.members import filled
from pipelines.core.refusals import ActionExecutionNotFound
from pipelines.models import ActionExecution, DeployTarget

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def list_deploy_action_execution_targets(
    *,
    by: Caller,
    action_execution_id: str,
    pipeline_name: str | None = None,
    filters: list[dict[str, Any]] | None = None,
    max_results: int = paging.LARGEST,
    next_token: str | None = None,
) -> dict[str, Any]:
    """API_ListDeployActionExecutionTargets: in the order in which they are deployed to."""
    action = _action(action_execution_id, pipeline_name)
    wanted = [_statuses(each) for each in filters or []]
    of = {"ListDeployActionExecutionTargets": str(action.pk), "filters": wanted}
    after = paging.read_token(next_token, of=of)
    found = DeployTarget.objects.filter(action=action).order_by("position")
    for statuses in wanted:
        found = found.filter(status__in=statuses)
    if after:
        found = found.filter(position__gt=after[0])
    rows = list(found[: max_results + 1])
    page, more = paging.cut(rows, max_results, of=of, position=lambda row: [row.position])
    return {"targets": [_target(row) for row in page], **more}


def _action(action_execution_id: str, pipeline_name: str | None) -> ActionExecution:
    """Raises PipelineNotFound and ActionExecutionNotFound."""
    actions = ActionExecution.objects.of_actions()
    if pipeline_name is not None:
        actions = actions.filter(pipeline=finding.pipeline(pipeline_name))
    known = _id(action_execution_id)
    action = actions.filter(pk=known).first() if known else None
    if action is None:
        raise ActionExecutionNotFound(
            f"The action execution '{action_execution_id[:100]}' cannot be found"
        )
    return action


def _id(text: str) -> UUID | None:
    """What is no ID is the ID of nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _statuses(given: dict[str, Any]) -> list[str]:
    """AWS knows one name of a filter, TARGET_STATUS; the values are alternatives."""
    return list(given.get("values", []))


def _target(row: DeployTarget) -> dict[str, Any]:
    return filled(
        {
            "targetId": row.target_id,
            "targetType": row.target_type,
            "status": row.status,
            "startTime": row.started_at,
            "endTime": row.ended_at,
            "events": [_event(each) for each in row.events],
        }
    )


def _event(event: dict[str, str]) -> dict[str, Any]:
    message = event.get("message")
    return filled(
        {
            "name": event["name"],
            "status": event["status"],
            "startTime": _moment(event.get("startTime")),
            "endTime": _moment(event.get("endTime")),
            "context": {"message": message} if message else None,
        }
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
