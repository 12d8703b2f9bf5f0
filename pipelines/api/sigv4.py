"""AWS Signature Version 4: what a request says of its signature, and the one that it has to have.

Only what AWS's clients send to this API can be read: one Authorization header, no query, nothing
that would have to be normalised first, because two readings of one request are what an attacker
wants.  What is said of a failure is AWS's own words; it never holds anything computed here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from pipelines.api.received import Received

ALGORITHM = "AWS4-HMAC-SHA256"
BASIC = "%Y%m%dT%H%M%SZ"  # ISO 8601, basic format
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS"
    " Secret Access Key and signing method. Consult the service documentation for details."
)

_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential=(?P<access_key_id>\w{{1,128}})"
    r"/(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]{1,64})/(?P<service>[a-z0-9-]{1,64})/aws4_request"
    r", ?SignedHeaders=(?P<signed>[a-z0-9-]+(?:;[a-z0-9-]+)*)"
    r", ?Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)
_TIMESTAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_SPACES = re.compile("  +")
_NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
_OTHER_FORM = (
    f"Authorization header must be of the form {ALGORITHM} Credential=<access key id>/<YYYYMMDD>"
    "/<region>/<service>/aws4_request, SignedHeaders=<names>, Signature=<64 hex digits>."
)


class NotAuthenticated(Refusal):
    """The request does not show who sends it; `code` is AWS's name of why.

    AWS's JSON services answer them all with status 400, and `errors.status_of` does.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Incomplete(NotAuthenticated):
    """It is not signed as it should be."""

    def __init__(self, message: str) -> None:
        super().__init__("IncompleteSignatureException", message)


class Invalid(NotAuthenticated):
    """It is signed, but not with this secret, or not for this request, or not now."""

    def __init__(self, message: str = MISMATCH) -> None:
        super().__init__("InvalidSignatureException", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the Authorization header of a request says, and when it was signed."""

    access_key_id: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]  # names of headers
    signature: str
    timestamp: str

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def claim_of(received: Received) -> Claim:
    """Read the Authorization header; raises NotAuthenticated for any other kind of signature.

    `received.raw_path` is without a query: what has one signs it by rules of its own.
    """
    header = received.headers.get("authorization")
    if header is None:
        raise NotAuthenticated(
            "MissingAuthenticationTokenException", "Missing Authentication Token"
        )
    if "?" in received.raw_path:
        raise Incomplete("A signed request must not have a query string.")
    parts = _AUTHORIZATION.fullmatch(header)
    if parts is None:
        raise Incomplete(_what_is_missing(header))
    return Claim(
        access_key_id=parts["access_key_id"],
        day=parts["day"],
        region=parts["region"],
        service=parts["service"],
        signed=tuple(parts["signed"].split(";")),
        signature=parts["signature"],
        timestamp=_timestamp(received),
    )


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def signing_key(secret: str, scope: str) -> bytes:
    """The key that a secret gives for one day, region and service."""
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature_of(
    received: Received, claim: Claim, key: bytes, body_hash: str, *, query: str = ""
) -> str:
    """The signature that the request has to have (AWS page "Create a signed AWS API request").

    `query` is canonical.  Raises Invalid when a header is signed that the request does not have.
    """
    try:
        headers = [f"{name}:{_trimmed(received.headers[name])}" for name in claim.signed]
        lines = (received.method, received.raw_path, query, *headers, "", ";".join(claim.signed))
        canonical = "\n".join((*lines, body_hash)).encode("latin-1")  # the bytes as they came in
    except (KeyError, UnicodeEncodeError):
        raise Invalid from None
    to_sign = f"{ALGORITHM}\n{claim.timestamp}\n{claim.scope}\n{hash_of(canonical)}"
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def _timestamp(received: Received) -> str:
    """When it was signed: X-Amz-Date, or Date where that is not sent."""
    said = received.headers.get("x-amz-date")
    if said is None and "date" not in received.headers:
        raise Incomplete(_NO_DATE)
    try:
        said = _from_http(received.headers["date"]) if said is None else said
        if _TIMESTAMP.fullmatch(said):
            datetime.fromisoformat(said)
            return said
    except (ValueError, OverflowError):
        pass
    raise Incomplete("Date must be in ISO-8601 'basic format'.")


def _from_http(date: str) -> str:
    """An HTTP date, such as "Sun, 30 Aug 2015 12:36:00 GMT"."""
    moment = parsedate_to_datetime(date)
    return moment.astimezone(UTC).strftime(BASIC) if moment.tzinfo else ""


def _what_is_missing(header: str) -> str:
    names = [
        name for name in ("Credential", "Signature", "SignedHeaders") if f"{name}=" not in header
    ]
    return " ".join(f"Authorization header requires '{name}' parameter." for name in names) or (
        _OTHER_FORM
    )


def _trimmed(value: str) -> str:
    return _SPACES.sub(" ", value.strip(" \t"))
