"""Objects in the buckets of another S3: what a key names now or named in a version, as it is."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from pipelines import buckets, endpoints
from pipelines.core.statuses import FailureCode
from pipelines.endpoints import Endpoints

SIZE_LIMIT = 5 * 1024**3  # bytes: what AWS allows for S3 sources (page "Quotas in CodePipeline")
CHUNK = 1 << 20
UNVERSIONED = "null"  # what S3 calls the only version where there are none
DENIED = frozenset({"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
NOT_THERE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "InvalidArgument", "400"})


class NotGot(Exception):
    """The object could not be had; the message says why and what to change."""

    def __init__(self, message: str, code: FailureCode) -> None:
        super().__init__(message)
        self.code = code


class NotThere(NotGot):
    """There is no such object, or no such version of it."""


class GivenUp(Exception):
    """Nobody waits for the rest of the object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An object, and which version of it; none is the newest."""

    bucket: str
    key: str
    version_id: str | None = None

    @property
    def arguments(self) -> dict[str, str]:
        version = {"VersionId": self.version_id} if self.version_id else {}
        return {"Bucket": self.bucket, "Key": self.key, **version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What S3 says of it."""

    version_id: str  # of a bucket without versions: the ETag
    etag: str
    size: int
    last_modified: datetime
    summary: str


def head(site: Endpoints, wanted: Wanted, *, seconds: float) -> Got:
    """Raises NotGot."""
    s3 = endpoints.client(site, "s3", read_timeout=max(1, int(seconds / 2)))
    try:
        return _got(s3.head_object(**wanted.arguments))
    except (BotoCoreError, ClientError) as error:
        raise _refused(site, wanted, error) from error


def get(
    site: Endpoints, wanted: Wanted, target: Path, *, seconds: float, is_lost: Callable[[], bool]
) -> Got:
    """Copy the object to a file.  Raises NotGot, or GivenUp."""
    over_at = time.monotonic() + seconds
    s3 = endpoints.client(site, "s3")
    try:
        answer = s3.get_object(**wanted.arguments)
        size = 0
        with closing(answer["Body"]) as body, target.open("wb") as file:
            for chunk in body.iter_chunks(CHUNK):
                size += file.write(chunk)
                _check(wanted, size, over_at, is_lost)
    except (BotoCoreError, ClientError, HTTPClientError, OSError) as error:
        raise _refused(site, wanted, error) from error
    return _got(answer)


def _check(wanted: Wanted, size: int, over_at: float, is_lost: Callable[[], bool]) -> None:
    if is_lost():
        raise GivenUp
    if size > SIZE_LIMIT:
        raise NotGot(
            f"s3://{wanted.bucket}/{wanted.key} is larger than {SIZE_LIMIT} bytes, which is all"
            " that a source may have. Make it smaller.",
            FailureCode.CONFIGURATION_ERROR,
        )
    if time.monotonic() > over_at:
        raise NotGot(
            f"s3://{wanted.bucket}/{wanted.key} did not come within the time that the action has.",
            FailureCode.SYSTEM_UNAVAILABLE,
        )


def _got(answer: dict[str, Any]) -> Got:
    etag = str(answer.get("ETag", "")).strip('"')
    version = str(answer.get("VersionId") or UNVERSIONED)
    metadata = answer.get("Metadata") or {}
    return Got(
        version_id=etag if version == UNVERSIONED else version,
        etag=etag,
        size=int(answer.get("ContentLength", 0)),
        last_modified=answer["LastModified"],
        summary=str(metadata.get(buckets.SUMMARY_KEY, "")),
    )


def _refused(site: Endpoints, wanted: Wanted, error: Exception) -> NotGot:
    said = str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""
    where = f"s3://{wanted.bucket}/{wanted.key} at {site.urls['s3']}"
    if said in DENIED:
        return NotGot(
            f"{where} may not be read: {said}. Set PENSTOCK_ENDPOINT_ACCESS_KEY_ID and its secret"
            " to a key that may.",
            FailureCode.PERMISSION_ERROR,
        )
    if said == "NoSuchBucket":
        todo = "Create the bucket, or change S3Bucket."
        return NotGot(
            f"There is no bucket {wanted.bucket}. {todo}", FailureCode.CONFIGURATION_ERROR
        )
    if said in NOT_THERE:
        version = f", version {wanted.version_id}," if wanted.version_id else ""
        return NotThere(
            f"{where}{version} is not there. Put an object there, or change what is asked for.",
            FailureCode.REVISION_UNAVAILABLE,
        )
    return NotGot(f"{where} could not be read: {error}.", FailureCode.SYSTEM_UNAVAILABLE)
