"""What a request to the artifact endpoint asks for: path style, one bucket, one object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from pipelines.api.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.api.received import Received

UNRESERVED = "-_.~"
# (method, what its query has) -> the operation; x-id is how some clients name it as well.
OPERATIONS = {
    ("GET", frozenset[str]()): "GetObject",
    ("HEAD", frozenset[str]()): "HeadObject",
    ("PUT", frozenset[str]()): "PutObject",
    ("POST", frozenset({"uploads"})): "CreateMultipartUpload",
    ("PUT", frozenset({"uploadId", "partNumber"})): "UploadPart",
    ("POST", frozenset({"uploadId"})): "CompleteMultipartUpload",
    ("DELETE", frozenset({"uploadId"})): "AbortMultipartUpload",
}
READING = frozenset({"GetObject", "HeadObject"})
NOT_SERVED = (  # headers that would have to change what is done
    "x-amz-copy-source",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-write-offset-bytes",
)
_PART_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An operation on one object."""

    operation: str
    bucket: str
    key: str
    query: Mapping[str, str]

    @property
    def part_number(self) -> int:
        """Raises S3Error for what is none."""
        text = self.query["partNumber"]
        if not _PART_NUMBER.fullmatch(text) or int(text) > MOST_PARTS:
            raise S3Error(
                "InvalidArgument",
                f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive",
            )
        return int(text)


def read(received: Received) -> Asked:
    """Raises S3Error for what is not served here."""
    path, _, raw_query = received.raw_path.partition("?")
    query = dict(_pairs(raw_query))
    query.pop("x-id", None)
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    operation = OPERATIONS.get((received.method, frozenset(query)))
    absent = [name for name in NOT_SERVED if name in received.headers]
    if operation is None or not key or absent:
        raise S3Error(
            "NotImplemented",
            "Penstock serves the artifacts of jobs with GetObject, HeadObject, PutObject and"
            " multipart uploads, in path style; this is none of them"
            + (f", since it has the header {absent[0]}." if absent else "."),
        )
    return Asked(operation=operation, bucket=bucket, key=key, query=query)


def canonical_query(raw_path: str) -> str:
    """The query as it is signed: names and values encoded in one way, and sorted."""
    pairs = _pairs(raw_path.partition("?")[2])
    encoded = [
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _pairs(raw_query: str) -> list[tuple[str, str]]:
    """A plus is a plus: S3 does not read queries as forms."""
    parts = [part.partition("=") for part in raw_query.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in parts]
