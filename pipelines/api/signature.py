"""Who is calling: the caller whose AWS Signature Version 4 a request has (spec/api.md §4)."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from pipelines import keyring
from pipelines.api import sigv4
from pipelines.api.model import SERVICE
from pipelines.api.sigv4 import Invalid, NotAuthenticated

if TYPE_CHECKING:
    from pipelines.api.received import Received
    from pipelines.api.sigv4 import Claim
    from pipelines.core.rights import Caller

__all__ = ["NotAuthenticated", "authenticate"]

SKEW = timedelta(minutes=5)
UNRECOGNIZED = "UnrecognizedClientException"
_NOT_KNOWN = "The security token included in the request is invalid."
_NO_TOKENS = f"{_NOT_KNOWN} Penstock issues no session tokens: unset AWS_SESSION_TOKEN."
_NOBODYS = secrets.token_hex(20)  # the secret of every access key that is not to be used


def authenticate(received: Received, *, now: datetime) -> Caller:
    """The caller whose signature this is, or NotAuthenticated.

    An access key that is unknown, one that is disabled, and one whose user is get the same answer
    after the same work.
    """
    claim, body_hash = sigv4.claim_of(received), sigv4.hash_of(received.body)
    _check_signed(received, claim)
    _check_body(received, body_hash)
    _check_scope(claim)
    _check_time(claim, now=now)
    key = keyring.usable(claim.access_key_id, now=now)
    whose = (key.access_key_id, key.sealed_secret) if key else ("", b"")
    expected = sigv4.signature_of(received, claim, _signing_key(*whose, claim.scope), body_hash)
    is_right = hmac.compare_digest(expected, claim.signature)
    if key is None:
        raise NotAuthenticated(UNRECOGNIZED, _NOT_KNOWN)
    if not is_right:
        raise Invalid
    keyring.used(key, at=now)
    return key.caller


@lru_cache(maxsize=1024)
def _signing_key(access_key_id: str, sealed_secret: bytes, scope: str) -> bytes:
    """Kept in memory only, and of no more use once the row that gives its arguments has changed."""
    secret = keyring.secret_of(access_key_id, sealed_secret) if access_key_id else _NOBODYS
    return sigv4.signing_key(secret, scope)


def _check_signed(received: Received, claim: Claim) -> None:
    """Whatever says what is asked for is signed; `amz-sdk-*` headers are added after signing."""
    if list(claim.signed) != sorted(set(claim.signed)):
        raise Invalid
    if "host" not in claim.signed:
        raise Invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    date = "x-amz-date" if "x-amz-date" in received.headers else "date"
    for name in received.headers:
        must_be = name in {date, "content-type"} or name.startswith("x-amz-")
        if must_be and name not in claim.signed:
            raise Invalid(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    if "x-amz-security-token" in received.headers:
        raise NotAuthenticated(UNRECOGNIZED, _NO_TOKENS)


def _check_body(received: Received, body_hash: str) -> None:
    """What the request says of its body is not believed, and has to be true all the same."""
    if received.headers.get("x-amz-content-sha256", body_hash) != body_hash:
        raise Invalid(
            "The provided 'x-amz-content-sha256' header does not match what was computed."
        )


def _check_scope(claim: Claim) -> None:
    if claim.region != settings.PENSTOCK_REGION:
        raise Invalid(f"Credential should be scoped to a valid region, not '{claim.region}'.")
    if claim.service != SERVICE:
        raise Invalid(f"Credential should be scoped to correct service: '{SERVICE}'.")
    if claim.day != claim.timestamp[:8]:
        raise Invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
            f" HTTP: '{claim.day}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'."
        )


def _check_time(claim: Claim, *, now: datetime) -> None:
    signed_at = datetime.fromisoformat(claim.timestamp)
    if signed_at < now - SKEW:
        raise Invalid(
            f"Signature expired: {claim.timestamp} is now earlier than {_basic(now - SKEW)}"
            f" ({_basic(now)} - 5 min.)"
        )
    if signed_at > now + SKEW:
        raise Invalid(
            f"Signature not yet current: {claim.timestamp} is still later than {_basic(now + SKEW)}"
            f" ({_basic(now)} + 5 min.)"
        )


def _basic(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(sigv4.BASIC)
