"""Jobs, as the workers of custom action types see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelines import jobs
from pipelines.api.answers import WithHeaders
from pipelines.api.rendering import jobs as rendering
from pipelines.core.action_types import ActionTypeId
from pipelines.core.results import SourceRevision
from pipelines.core.statuses import FailureCode
from pipelines.jobs import results
from pipelines.jobs.results import Done, Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.rights import Caller

ACTION_STATUS = "x-penstock-action-status"


def poll_for_jobs(
    *,
    by: Caller,
    action_type_id: dict[str, str],
    max_batch_size: int = jobs.ALONE,
    query_param: dict[str, str] | None = None,
) -> dict[str, Any]:
    """API_PollForJobs, spec/engine.md §17."""
    taken = jobs.poll(
        ActionTypeId(**action_type_id), by=by, most=max_batch_size, having=query_param
    )
    return {"jobs": [rendering.job(offer) for offer in taken]}


def acknowledge_job(*, by: Caller, job_id: str, nonce: str) -> dict[str, Any]:
    """API_AcknowledgeJob."""
    return {"status": str(jobs.acknowledge(UUID(job_id), nonce, by=by))}


def get_job_details(*, by: Caller, job_id: str) -> WithHeaders:
    """API_GetJobDetails."""
    offer = jobs.details(UUID(job_id), by=by)
    return WithHeaders({"jobDetails": rendering.job_details(offer)}, status_header(offer))


def put_job_success_result(
    *,
    by: Caller,
    job_id: str,
    current_revision: dict[str, Any] | None = None,
    continuation_token: str = "",
    execution_details: dict[str, Any] | None = None,
    output_variables: dict[str, str] | None = None,
) -> None:
    """API_PutJobSuccessResult."""
    done = Done(
        progress=progress_of(execution_details or {}),
        continuation_token=continuation_token,
        output_variables=output_variables or {},
        revision=revision_of(current_revision) if current_revision else None,
    )
    results.succeed(UUID(job_id), done, by=by)


def put_job_failure_result(*, by: Caller, job_id: str, failure_details: dict[str, str]) -> None:
    """API_PutJobFailureResult."""
    results.fail(
        UUID(job_id),
        FailureCode(failure_details["type"]),
        failure_details["message"],
        by=by,
        external_execution_id=failure_details.get("externalExecutionId", ""),
    )


def status_header(offer: jobs.Offer) -> dict[str, str]:
    """How a worker learns that nobody waits for it any more (docs/job-workers.md)."""
    return {ACTION_STATUS: str(offer.action_status)}


def progress_of(details: Mapping[str, Any]) -> Progress:
    return Progress(
        summary=details.get("summary", ""),
        external_execution_id=details.get("externalExecutionId", ""),
        percent_complete=details.get("percentComplete"),
    )


def revision_of(given: Mapping[str, Any]) -> SourceRevision:
    return SourceRevision(
        revision_id=given["revision"],
        summary=given.get("revisionSummary", ""),
        change_id=given["changeIdentifier"],
        created_at=given.get("created"),
    )
