"""Answering a manual approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import approvals
from pipelines.approvals import ApprovalStatus

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def put_approval_result(
    *,
    by: Caller,
    pipeline_name: str,
    stage_name: str,
    action_name: str,
    result: dict[str, str],
    token: str,
) -> dict[str, Any]:
    """API_PutApprovalResult."""
    approved_at = approvals.answer(
        pipeline_name,
        (stage_name, action_name),
        token=token,
        status=ApprovalStatus(result["status"]),
        summary=result["summary"],
        by=by,
    )
    return {"approvedAt": approved_at}
