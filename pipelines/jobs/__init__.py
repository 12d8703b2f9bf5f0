"""What job workers can do with jobs: poll for them, acknowledge them, ask for their details."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from pipelines import action_types, finding, partners, patience
from pipelines.core.action_types import CUSTOM, THIRD_PARTY
from pipelines.core.custom_types import queryable_key
from pipelines.core.refusals import InvalidNonce, InvalidRequest, JobNotFound, Throttled
from pipelines.core.statuses import JobStatus
from pipelines.jobs.offers import Offer, offers_of
from pipelines.models import Job

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.action_types import ActionType, ActionTypeId
    from pipelines.core.rights import Caller

__all__ = [
    "ALONE",
    "Offer",
    "Partner",
    "acknowledge",
    "check_asker",
    "details",
    "locked",
    "poll",
    "poll_as_partner",
]

MOST = 50  # jobs in one answer, whatever is asked for
ALONE = 1  # AWS does not say how many one gets who does not say


@dataclass(frozen=True, slots=True)
class Partner:
    """A worker of a partner: a caller who also has the client token of the action type."""

    caller: Caller
    client_token: str

    @property
    def arn(self) -> str:
        return self.caller.arn


def poll(
    type_id: ActionTypeId,
    *,
    by: Caller,
    most: int = ALONE,
    having: Mapping[str, str] | None = None,
) -> list[Offer]:
    """Take jobs of a custom action type (PollForJobs); nobody else gets them meanwhile.

    Who does not acknowledge within a minute loses the job to whoever polls then.  `having` is the
    value of the type's queryable property, which is asked for exactly when there is one.

    Raises AccessDenied, InvalidRequest, ActionTypeNotFound, or Throttled when others are in the
    way.
    """
    by.check("PollForJobs", on=action_types.arn_of(type_id))
    if type_id.owner != CUSTOM:
        raise InvalidRequest(
            f"Jobs can only be polled for action types of the owner {CUSTOM}, not {type_id.owner}"
        )
    asked = _asked(action_types.usable(type_id), having or {})
    return offers_of(_take(type_id, asked, most=min(most, MOST)))


def poll_as_partner(
    type_id: ActionTypeId, *, by: Caller, most: int = ALONE
) -> tuple[str, list[Job]]:
    """The same for an action type of a partner (PollForThirdPartyJobs): client id and jobs.

    Raises AccessDenied, InvalidRequest, ActionTypeNotFound, or Throttled.
    """
    by.check("PollForThirdPartyJobs", on=action_types.arn_of(type_id))
    if type_id.owner != THIRD_PARTY:
        raise InvalidRequest(
            f"Third-party jobs can only be polled for action types of the owner {THIRD_PARTY}, not"
            f" {type_id.owner}"
        )
    worker = partners.worker_of(type_id)
    return str(worker.client_id), _take(type_id, None, most=min(most, MOST))


@patience.limited(Throttled)
def acknowledge(job_id: UUID, nonce: str, *, by: Caller | Partner) -> JobStatus:
    """Accept a job that was polled (AcknowledgeJob), and learn whether to do it.

    InProgress: do it.  Anything else: it is over, since its action was abandoned or timed out
    (spec/stop.md §5).  Raises AccessDenied, JobNotFound, InvalidClientToken, InvalidNonce, or
    Throttled.
    """
    job = locked(job_id)
    check_asker(job, "AcknowledgeJob", by=by)
    if not job.nonce or nonce != job.nonce or job.was_acknowledged:
        raise InvalidNonce(
            f"The nonce '{nonce}' is not valid for job '{job_id}': the job has been acknowledged,"
            " or was given to a worker again since."
        )
    if not job.is_open:
        return JobStatus(job.status)
    if not job.action.is_waited_for:
        return JobStatus.FAILED  # which the engine is about to write
    job.status, job.acknowledged_by = JobStatus.IN_PROGRESS, by.arn
    job.acknowledged_at = timezone.now()
    job.save(update_fields=["status", "acknowledged_at", "acknowledged_by"])
    job.action.execution.tell_watchers()
    return JobStatus.IN_PROGRESS


def details(job_id: UUID, *, by: Caller | Partner) -> Offer:
    """What the job is to work with, whatever has become of it (GetJobDetails).

    Raises AccessDenied, JobNotFound or InvalidClientToken.
    """
    job = _found(job_id)
    check_asker(job, "GetJobDetails", by=by)
    [offer] = offers_of([job])
    return offer


def check_asker(job: Job, operation: str, *, by: Caller | Partner) -> None:
    """Let an operation on a job through; partners have operations, and jobs, of their own.

    Raises AccessDenied, JobNotFound or InvalidClientToken.
    """
    is_partner = isinstance(by, Partner)
    caller = by.caller if isinstance(by, Partner) else by
    named = operation.replace("Job", "ThirdPartyJob") if is_partner else operation
    caller.check(named, on=finding.arn_of(job.action.execution.pipeline.name))
    if is_partner != (job.owner == THIRD_PARTY):
        raise _unknown(job.pk)
    if isinstance(by, Partner):
        partners.check_token(job.type_id, by.client_token)


def locked(job_id: UUID) -> Job:
    """A job, with its execution under lock; call it inside a transaction.  Raises JobNotFound."""
    if finding.held(_found(job_id).action.execution) is None:
        raise _unknown(job_id)
    return _found(job_id)


def _found(job_id: UUID) -> Job:
    job = Job.objects.select_related("action__execution__pipeline").filter(pk=job_id).first()
    if job is None:
        raise _unknown(job_id)
    return job


def _unknown(job_id: UUID) -> JobNotFound:
    return JobNotFound(f"The job '{job_id}' cannot be found")


def _asked(action_type: ActionType, having: Mapping[str, str]) -> tuple[str, str] | None:
    """The key and the value that a job must have."""
    key = queryable_key(action_type)
    provider = action_type.id.provider
    if key is None and having:
        raise InvalidRequest(
            f"The action type of the provider '{provider}' has no queryable property, so queryParam"
            " must be empty"
        )
    if key is not None and list(having) != [key]:
        raise InvalidRequest(
            f"The action type of the provider '{provider}' has the queryable property '{key}', so"
            " queryParam must have exactly its value"
        )
    return (key, having[key]) if key is not None else None


@patience.limited(Throttled)
def _take(type_id: ActionTypeId, asked: tuple[str, str] | None, *, most: int) -> list[Job]:
    """Each job is held while it is taken; where rows are not locked, the database is."""
    now = timezone.now()
    waiting = Job.objects.to_take(type_id, now=now)
    if asked:
        key, value = asked
        found = Cast(KeyTextTransform(key, "action__resolved_configuration"), TextField())
        waiting = waiting.annotate(found=found).filter(found=value)
    held = waiting.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked, of=("self",)
    )
    jobs = held.select_related("action__execution__pipeline")[:most]
    return [job for job in jobs if _dispatch(job, at=now)]


def _dispatch(job: Job, *, at: datetime) -> bool:
    """Queued to Dispatched, with a nonce that was never used.  False: somebody was faster."""
    job.nonce, job.status, job.dispatched_at = secrets.token_urlsafe(12), JobStatus.DISPATCHED, at
    queued = Job.objects.filter(pk=job.pk, status=JobStatus.QUEUED)
    return queued.update(nonce=job.nonce, status=job.status, dispatched_at=at) == 1
