"""Who asks for an artifact: AWS Signature Version 4 as Amazon S3 has it.

AWS pages "Authenticating Requests: Using the Authorization Header" and "Signature Calculations for
the Authorization Header: Transferring Payload in Multiple Chunks" of Amazon S3.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from pipelines import credentials
from pipelines.api import sigv4
from pipelines.api.s3.asked import canonical_query
from pipelines.api.s3.errors import S3Error

if TYPE_CHECKING:
    from pipelines.api.received import Received
    from pipelines.api.sigv4 import Claim
    from pipelines.credentials import Access, Credentials

SERVICE = "s3"
SKEW = timedelta(minutes=15)
BODY = "x-amz-content-sha256"
TOKEN = "x-amz-security-token"  # noqa: S105 - the name of a header
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key"
    " and signing method."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request whose signature is right; what it says of its body is still to be looked at."""

    token: str
    body: str  # the header: a hash, or how the body is signed
    claim: Claim
    key: bytes  # with which pieces of the body are signed, if they are

    def access(self) -> Access:
        """What it may open now; asked again before anything is changed.  Raises S3Error."""
        try:
            return credentials.access_of(self.token)
        except credentials.Expired as problem:
            raise S3Error("ExpiredToken", problem.message) from None
        except credentials.Over as problem:
            raise S3Error("AccessDenied", problem.message) from None


def authenticate(received: Received, *, now: datetime) -> Signed:
    """The request as its signature says it, or S3Error.  Its body has not been read."""
    without_query = replace(received, raw_path=received.raw_path.partition("?")[0])
    try:
        claim = sigv4.claim_of(without_query)
    except sigv4.NotAuthenticated as problem:
        raise S3Error("AuthorizationHeaderMalformed", problem.message) from None
    _check_signed(received, claim)
    _check_scope(claim)
    _check_time(claim, now=now)
    body = received.headers.get(BODY)
    if not body:
        raise S3Error("InvalidRequest", f"Missing required header for this request: {BODY}")
    holder = _presented(received, claim)
    key = sigv4.signing_key(holder.secret_access_key, claim.scope)
    try:
        expected = sigv4.signature_of(
            without_query, claim, key, body, query=canonical_query(received.raw_path)
        )
    except sigv4.Invalid:
        raise S3Error("SignatureDoesNotMatch", MISMATCH) from None
    if not hmac.compare_digest(expected, claim.signature):
        raise S3Error("SignatureDoesNotMatch", MISMATCH)
    return Signed(token=holder.session_token, body=body, claim=claim, key=key)


def _presented(received: Received, claim: Claim) -> Credentials:
    unknown = S3Error(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records: artifacts are opened"
        " with the artifactCredentials of a job, and their session token.",
        AWSAccessKeyId=claim.access_key_id,
    )
    token = received.headers.get(TOKEN)
    if token is None:
        raise unknown
    try:
        holder = credentials.presented(token)
    except credentials.Expired as problem:
        raise S3Error("ExpiredToken", problem.message) from None
    except credentials.NotOurs as problem:
        raise S3Error("InvalidToken", problem.message) from None
    if not hmac.compare_digest(holder.access_key_id, claim.access_key_id):
        raise unknown
    return holder


def _check_signed(received: Received, claim: Claim) -> None:
    """Whatever says what is asked for is signed."""
    if list(claim.signed) != sorted(set(claim.signed)) or "host" not in claim.signed:
        raise S3Error("SignatureDoesNotMatch", MISMATCH)
    for name in received.headers:
        if (name.startswith("x-amz-") or name == "content-md5") and name not in claim.signed:
            raise S3Error(
                "AccessDenied",
                "There were headers present in the request which were not signed",
                HeadersNotSigned=name,
            )


def _check_scope(claim: Claim) -> None:
    region, malformed = settings.PENSTOCK_REGION, "AuthorizationHeaderMalformed"
    if claim.region != region:
        message = (
            f"The authorization header is malformed; the region '{claim.region}' is wrong;"
            f" expecting '{region}'"
        )
        raise S3Error(malformed, message, Region=region)
    if claim.day != claim.timestamp[:8]:
        message = (
            f'The authorization header is malformed; Invalid credential date "{claim.day}". This'
            f' date is not the same as X-Amz-Date: "{claim.timestamp[:8]}".'
        )
        raise S3Error(malformed, message)


def _check_time(claim: Claim, *, now: datetime) -> None:
    if abs(datetime.fromisoformat(claim.timestamp) - now) > SKEW:
        raise S3Error(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            RequestTime=claim.timestamp,
            ServerTime=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            MaxAllowedSkewMilliseconds=str(int(SKEW.total_seconds() * 1000)),
        )
