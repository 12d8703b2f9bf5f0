"""Temporary credentials that open one job's artifacts, and nothing else, while the job is open.

Nothing is stored: the session token says which job it is for and until when, under the site's own
signature, and the secret follows from it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from pipelines.models import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

LASTS = timedelta(hours=1)  # GetJobDetails gives new ones
_SALT = "pipelines.jobs.credentials"


class Credentials(NamedTuple):
    """API type AWSSessionCredentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the holder of valid credentials may open, by key of the artifact store."""

    bucket: str
    readable: frozenset[str]
    writable: frozenset[str]


def issue(job: Job) -> Credentials:
    """Credentials for a job; they last an hour at most."""
    return _from_token(signing.dumps(str(job.pk), salt=_SALT))


def presented(session_token: str) -> Credentials | None:
    """The credentials that belong to a token; None when it is not ours, or too old."""
    try:
        signing.loads(session_token, salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return None
    return _from_token(session_token)


def access_of(session_token: str) -> Access | None:
    """What the token opens now; None when its job is over."""
    job_id = signing.loads(session_token, salt=_SALT, max_age=LASTS)
    jobs = Job.objects.open().waited_for().select_related("action__execution")
    job = jobs.filter(pk=job_id).first()
    if job is None:
        return None
    outputs: Mapping[str, str] = job.output_keys
    action = job.action

    return Access(
        bucket=action.execution.plan.artifact_bucket(settings.PENSTOCK_REGION),
        readable=frozenset(action.input_artifacts.values()) | frozenset(outputs.values()),
        writable=frozenset(outputs.values()),
    )


def _from_token(session_token: str) -> Credentials:
    """An id of the form that AWS gives to temporary keys."""
    digest = hashlib.sha256(session_token.encode()).digest()
    secret = salted_hmac(_SALT, session_token, algorithm="sha256").digest()
    return Credentials(
        access_key_id="ASIA" + base64.b32encode(digest)[:16].decode(),
        secret_access_key=base64.b64encode(secret).decode()[:40],
        session_token=session_token,
    )
