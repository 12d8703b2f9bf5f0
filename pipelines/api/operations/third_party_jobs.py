"""Jobs, as the workers of partners see them: the same with a client token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipelines import jobs
from pipelines.api.answers import WithHeaders
from pipelines.api.operations.jobs import progress_of, revision_of, status_header
from pipelines.api.rendering import jobs as rendering
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import InvalidJob, JobNotFound
from pipelines.core.statuses import FailureCode
from pipelines.jobs import Partner, results
from pipelines.jobs.results import Done

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def poll_for_third_party_jobs(
    *, by: Caller, action_type_id: dict[str, str], max_batch_size: int = jobs.ALONE
) -> dict[str, Any]:
    """API_PollForThirdPartyJobs."""
    client_id, taken = jobs.poll_as_partner(
        ActionTypeId(**action_type_id), by=by, most=max_batch_size
    )
    return {"jobs": [{"clientId": client_id, "jobId": str(job.pk)} for job in taken]}


def acknowledge_third_party_job(
    *, by: Caller, job_id: str, nonce: str, client_token: str
) -> dict[str, Any]:
    """API_AcknowledgeThirdPartyJob."""
    status = jobs.acknowledge(_read(job_id), nonce, by=Partner(by, client_token))
    return {"status": str(status)}


def get_third_party_job_details(*, by: Caller, job_id: str, client_token: str) -> WithHeaders:
    """API_GetThirdPartyJobDetails; the only one of them that calls an id invalid."""
    try:
        wanted = UUID(job_id)
    except ValueError:
        raise InvalidJob(f"'{job_id}' is not the id of a job") from None
    offer = jobs.details(wanted, by=Partner(by, client_token))
    said = {"jobDetails": rendering.third_party_job_details(offer)}
    return WithHeaders(said, status_header(offer))


def put_third_party_job_success_result(
    *,
    by: Caller,
    job_id: str,
    client_token: str,
    current_revision: dict[str, Any] | None = None,
    continuation_token: str = "",
    execution_details: dict[str, Any] | None = None,
) -> None:
    """API_PutThirdPartyJobSuccessResult; it has no output variables."""
    done = Done(
        progress=progress_of(execution_details or {}),
        continuation_token=continuation_token,
        revision=revision_of(current_revision) if current_revision else None,
    )
    results.succeed(_read(job_id), done, by=Partner(by, client_token))


def put_third_party_job_failure_result(
    *, by: Caller, job_id: str, client_token: str, failure_details: dict[str, str]
) -> None:
    """API_PutThirdPartyJobFailureResult."""
    results.fail(
        _read(job_id),
        FailureCode(failure_details["type"]),
        failure_details["message"],
        by=Partner(by, client_token),
        external_execution_id=failure_details.get("externalExecutionId", ""),
    )


def _read(job_id: str) -> UUID:
    """A third-party job's id may be any text, as far as AWS's model goes."""
    try:
        return UUID(job_id)
    except ValueError:
        raise JobNotFound(f"The job '{job_id}' cannot be found") from None
