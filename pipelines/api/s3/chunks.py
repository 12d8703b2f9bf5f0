"""The content encoding `aws-chunked`: a body in chunks that may be signed, with headers behind it.

AWS pages "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
Chunks" and "… Including Trailing Headers" of Amazon S3.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from pipelines.api.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.api.s3.signature import Signed

STREAMING = "STREAMING-"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
KINDS = (UNSIGNED_TRAILER, SIGNED, SIGNED_TRAILER)
PIECE = 1 << 18
LONGEST_LINE = 4096
MOST_TRAILERS = 16
EMPTY = hashlib.sha256(b"").hexdigest()
TRAILER_SIGNATURE = "x-amz-trailer-signature"
_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?")


@dataclass(slots=True)
class Chain:
    """Each signature is made over the one before it; the first is that of the request."""

    signed: Signed
    previous: str

    def check(self, kind: str, said: str, *hashes: str) -> None:
        claim = self.signed.claim
        start = (f"AWS4-HMAC-SHA256-{kind}", claim.timestamp, claim.scope, self.previous)
        to_sign = "\n".join((*start, *hashes))
        expected = hmac.digest(self.signed.key, to_sign.encode(), "sha256").hex()
        if not hmac.compare_digest(expected, said):
            raise S3Error(
                "SignatureDoesNotMatch", "The signature of a chunk does not match what was sent."
            )
        self.previous = expected


def unwrapped(stream: BinaryIO, signed: Signed, trailers: dict[str, str]) -> Iterator[bytes]:
    """The content of the chunks; at its end `trailers` has what came behind it.

    Raises S3Error, also in the middle.
    """
    if signed.body not in KINDS:
        raise S3Error(
            "InvalidRequest", f"The value '{signed.body}' of x-amz-content-sha256 is none"
        )
    is_signed = signed.body != UNSIGNED_TRAILER
    chain = Chain(signed, signed.claim.signature)
    while True:
        size, signature = _head(stream, is_signed=is_signed)
        digest = hashlib.sha256()
        for piece in _exactly(stream, size):
            digest.update(piece)
            yield piece
        if is_signed:
            chain.check("PAYLOAD", signature, EMPTY, digest.hexdigest())
        if size == 0:
            break
        if _line(stream):
            raise _malformed()
    trailers.update(_trailers(stream))
    if signed.body == SIGNED_TRAILER:
        _check_trailers(chain, trailers)


def _head(stream: BinaryIO, *, is_signed: bool) -> tuple[int, str]:
    head = _SIZE.fullmatch(_line(stream))
    if head is None or (head[2] is not None) != is_signed:
        raise _malformed()
    return int(head[1], 16), (head[2] or b"").decode()


def _exactly(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(PIECE, size))
        if not piece:
            raise S3Error("IncompleteBody", "The request body terminated unexpectedly")
        size -= len(piece)
        yield piece


def _trailers(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    """Names in lower case, up to the end of the body; clients differ in where empty lines are."""
    for _ in range(MOST_TRAILERS):
        line = stream.readline(LONGEST_LINE).decode("latin-1")
        if not line:
            return
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
        elif line.strip():
            raise _malformed()
    raise _malformed()


def _check_trailers(chain: Chain, trailers: dict[str, str]) -> None:
    said = trailers.pop(TRAILER_SIGNATURE, "")
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(trailers.items()))
    chain.check("TRAILER", said, hashlib.sha256(lines.encode("latin-1")).hexdigest())


def _line(stream: BinaryIO) -> bytes:
    """Without its end, which is CR LF, or LF as some clients end trailers."""
    line = stream.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise _malformed()
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _malformed() -> S3Error:
    return S3Error("InvalidChunkSizeError", "The body is not in the encoding aws-chunked.")
