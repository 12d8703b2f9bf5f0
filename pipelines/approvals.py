"""What one can do with a manual approval: answer it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone

from pipelines import engine, finding, patience, tasks
from pipelines.core.refusals import (
    ApprovalAlreadyCompleted,
    InvalidApprovalToken,
    InvalidRequest,
    Throttled,
)
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, FailureCode
from pipelines.core.storable import check_storable
from pipelines.models import ActionExecution, Pipeline

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.core.rights import Caller

SUMMARY_LIMIT = 512


class ApprovalStatus(StrEnum):
    """API type ApprovalStatus."""

    APPROVED = "Approved"
    REJECTED = "Rejected"


@patience.limited(Throttled)
def answer(
    pipeline_name: str,
    where: tuple[str, str],
    *,
    token: str,
    status: ApprovalStatus,
    summary: str,
    by: Caller,
) -> datetime:
    """Approve or reject (PutApprovalResult); `where` is the names of stage and action.

    Returns when it was answered.  Raises AccessDenied, InvalidRequest, PipelineNotFound,
    StageNotFound, ActionNotFound, InvalidApprovalToken, ApprovalAlreadyCompleted, or Throttled
    when the pipeline is busy.
    """
    by.check("PutApprovalResult", on=finding.arn_of(pipeline_name))
    _check_summary(summary)
    action = _asked(finding.pipeline(pipeline_name), where, token)
    has_expired = action.deadline <= timezone.now()  # the engine may not have looked since
    if has_expired or not engine.record(action, _result(status, summary, by=by.arn)):
        raise _too_late(action, where)
    tasks.wake(action.pipeline_id, action.execution.alone)
    return timezone.now()


def _asked(pipeline: Pipeline, where: tuple[str, str], token: str) -> ActionExecution:
    """The action execution that the token was made for, whatever the definition says now."""
    stage_name, action_name = where
    asked = ActionExecution.objects.select_related("execution").filter(
        execution__pipeline=pipeline, stage_name=stage_name, action_name=action_name, token=token
    )
    action = asked.first()
    if action is None or not token:
        finding.action(pipeline, where)
        raise _invalid_token(where)
    return action


def _too_late(
    action: ActionExecution, where: tuple[str, str]
) -> ApprovalAlreadyCompleted | InvalidApprovalToken:
    """Answered by somebody, or ended in another way: it expired or was abandoned."""
    if ActionExecution.objects.filter(pk=action.pk).exclude(updated_by="").exists():
        return ApprovalAlreadyCompleted(
            f"The approval action '{where[1]}' has already been approved or rejected."
        )
    return _invalid_token(where)


def _invalid_token(where: tuple[str, str]) -> InvalidApprovalToken:
    return InvalidApprovalToken(
        f"The approval token is invalid or expired: action '{where[1]}' in stage '{where[0]}' does"
        " not wait for this answer."
    )


def _check_summary(summary: str) -> None:
    if len(summary) > SUMMARY_LIMIT:
        raise InvalidRequest(
            f"1 validation error detected: Value '{summary}' at 'result.summary' failed to satisfy"
            f" constraint: Member must have length less than or equal to {SUMMARY_LIMIT}"
        )
    check_storable(summary, "result.summary")


def _result(status: ApprovalStatus, summary: str, *, by: str) -> ActionResult:
    if status is ApprovalStatus.APPROVED:
        return ActionResult(status=ActionStatus.SUCCEEDED, summary=summary, by=by)
    return ActionResult(
        status=ActionStatus.FAILED,
        summary=summary,
        by=by,
        error_code=FailureCode.JOB_FAILED,
        error_message=f"Rejected by {by}" + (f": {summary}" if summary else "."),
    )
