"""Putting objects into a bucket of another S3, piece by piece, with the headers asked for."""

import mimetypes
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from pipelines import endpoints
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Work
from pipelines.providers.log import say

# One piece after the other in this thread: it can be given up between two of them.
PIECES = TransferConfig(use_threads=False)
DENIED = frozenset({"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
MISTAKEN = frozenset({"NoSuchBucket", "404", "InvalidBucketName", "InvalidArgument", "KMS"})


class NotPut(Exception):
    """The bucket took not all of it; the message says why."""

    def __init__(self, message: str, code: FailureCode) -> None:
        super().__init__(message)
        self.code = code


class _GivenUp(Exception):
    """Nobody waits for the rest of this object."""


def put(work: Work, objects: Sequence[tuple[str, Path]]) -> int:
    """Put them, and return how many; fewer when the work is lost.  Raises NotPut."""
    bucket = work.configuration["BucketName"]
    give_up_at = time.monotonic() + work.timeout.total_seconds()
    s3 = endpoints.client(work.site.endpoints, "s3")

    def go_on(_bytes: int) -> None:
        if work.is_lost() or time.monotonic() > give_up_at:
            raise _GivenUp

    for count, (key, path) in enumerate(objects):
        try:
            go_on(0)
            extra = _headers(work, key)
            with path.open("rb") as file:  # which is closed here, however it goes
                s3.upload_fileobj(file, bucket, key, extra, Callback=go_on, Config=PIECES)
        except _GivenUp:
            if work.is_lost():
                return count
            raise _timed_out(work, count, len(objects)) from None
        except (BotoCoreError, Boto3Error, ClientError) as error:
            raise _refused(work, key, error) from error
        say(work, f"Put s3://{bucket}/{key}, {path.stat().st_size} bytes")
    return len(objects)


def _headers(work: Work, key: str) -> dict[str, str]:
    given = work.configuration
    extra = {"ContentType": mimetypes.guess_type(key)[0] or "application/octet-stream"}
    if given.get("CannedACL"):
        extra["ACL"] = given["CannedACL"]
    if given.get("CacheControl"):
        extra["CacheControl"] = given["CacheControl"]
    if given.get("KMSEncryptionKeyARN"):
        extra |= {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": given["KMSEncryptionKeyARN"],
        }
    return extra


def _timed_out(work: Work, count: int, of: int) -> NotPut:
    minutes = work.timeout.total_seconds() / 60
    return NotPut(
        f"The deployment did not end within {minutes:g} minutes: {count} of {of} objects were put.",
        FailureCode.JOB_FAILED,
    )


def _refused(work: Work, key: str, error: Exception) -> NotPut:
    bucket, url = work.configuration["BucketName"], work.site.endpoints.urls["s3"]
    said = _error_code(error)
    code = FailureCode.SYSTEM_UNAVAILABLE
    if said in DENIED:
        code = FailureCode.PERMISSION_ERROR
    elif said in MISTAKEN or said.startswith("KMS"):
        code = FailureCode.CONFIGURATION_ERROR
    return NotPut(
        f"s3://{bucket}/{key} could not be put at {url}: {error}. There is also no bucket folder"
        f" {work.site.buckets / bucket}.",
        code,
    )


def _error_code(error: Exception) -> str:
    """What S3 said; boto3 hides it one level down."""
    cause: Any = error if isinstance(error, ClientError) else error.__context__
    return str(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else ""
