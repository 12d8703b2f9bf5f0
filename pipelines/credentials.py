"""Temporary credentials that open the artifacts of one job's action, and nothing else.

Nothing is stored: the session token says which job it is for and since when, under the site's own
signature, and the secret follows from it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from pipelines.core.refusals import Refusal
from pipelines.models import Job

LASTS = timedelta(hours=1)  # whoever works longer asks for new ones (GetJobDetails)
_SALT = "pipelines.credentials"


class NotOurs(Refusal):
    """No session token of this site."""


class Expired(Refusal):
    """A session token of ours that is too old."""


class Over(Refusal):
    """Nobody waits for the job's action any more."""


class Credentials(NamedTuple):
    """API type AWSSessionCredentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the holder of valid credentials may open: objects of a bucket by their keys."""

    bucket: str
    readable: frozenset[str]
    writable: frozenset[str]


def issue(job_id: UUID) -> Credentials:
    """Credentials for a job whose row is, or is about to be, stored; they last an hour at most.

    They are for whoever does the job: `artifactCredentials` of PollForJobs and GetJobDetails, and
    of the event with which a Lambda function is invoked.  They open the inputs and outputs of the
    job's action at Penstock's own address, as S3 would (docs/job-workers.md), as long as the action
    is InProgress and nobody has asked to abandon it.
    """
    return _from_token(signing.dumps(job_id.hex, salt=_SALT))


def presented(session_token: str) -> Credentials:
    """The credentials that belong to a token.  Raises NotOurs or Expired."""
    _job_of(session_token)
    return _from_token(session_token)


def access_of(session_token: str) -> Access:
    """What the token opens now.  Raises NotOurs, Expired, or Over.

    The credentials of a job that a continuation token has gone on from are good until its action
    ends: at AWS they are, too.
    """
    jobs = Job.objects.select_related("action__execution")
    job = jobs.filter(pk=_job_of(session_token)).first()
    if job is None:
        raise Over("The job of these credentials does not exist any more.")
    action, outputs = job.action, job.output_keys
    if not action.is_waited_for:
        raise Over(
            f"The action of job '{job.pk}' is {action.status_for_workers}: its credentials open"
            " nothing any more."
        )
    return Access(
        bucket=action.execution.plan.artifact_bucket(settings.PENSTOCK_REGION),
        readable=frozenset(action.input_artifacts.values()) | frozenset(outputs.values()),
        writable=frozenset(outputs.values()),
    )


def _job_of(session_token: str) -> UUID:
    try:
        return UUID(hex=signing.loads(session_token, salt=_SALT, max_age=LASTS))
    except signing.SignatureExpired:
        raise Expired("The provided token has expired.") from None
    except signing.BadSignature:
        raise NotOurs("The provided token is malformed or otherwise invalid.") from None


def _from_token(session_token: str) -> Credentials:
    """An id of the form that AWS gives to temporary keys."""
    digest = hashlib.sha256(session_token.encode()).digest()
    secret = salted_hmac(_SALT, session_token, algorithm="sha256").digest()
    return Credentials(
        access_key_id="ASIA" + base64.b32encode(digest)[:16].decode(),
        secret_access_key=base64.b64encode(secret).decode()[:40],
        session_token=session_token,
    )
