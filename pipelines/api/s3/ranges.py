"""Which bytes of an object are asked for, and whether it is still the one that is meant."""

from __future__ import annotations

import re

from pipelines.api.s3.errors import S3Error

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def span_of(header: str, size: int) -> tuple[int, int]:
    """The first byte and the one after the last; a header that is no single range counts as none.

    Raises S3Error for a range that is not in the object.
    """
    asked = _RANGE.fullmatch(header)
    if asked is None or asked[0] == "bytes=-":
        return 0, size
    first, last = asked[1], asked[2]
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if first and last and int(last) < int(first):
        return 0, size
    if start >= size:
        raise S3Error("InvalidRange", "The requested range is not satisfiable")
    return start, end
