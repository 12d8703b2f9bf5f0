"""A body on its way to a file: every way of S3's to sign it, and what it says of its content.

It is never in memory as a whole, and what was received counts only once all of it was checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Protocol

from pipelines import places
from pipelines.api.s3 import chunks
from pipelines.api.s3.errors import S3Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pipelines.api.s3.signature import Signed

PIECE = 1 << 18
MOST = 5 * 1024**3  # S3's limit for one request
UNSIGNED = "UNSIGNED-PAYLOAD"
CHECKSUM = "x-amz-checksum-"
LENGTH = "content-length"


class Digest(Protocol):
    """What hashlib gives."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(slots=True)
class Crc32:
    """The checksum of zlib, as a hash."""

    value: int = 0

    def update(self, data: bytes) -> None:
        self.value = zlib.crc32(data, self.value)

    def digest(self) -> bytes:
        return self.value.to_bytes(4, "big")


# Those that Python has; CRC32C and CRC64NVME are taken on trust.
CHECKSUMS: Mapping[str, Callable[[], Digest]] = {
    "crc32": Crc32,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A body that has not been read, with the headers that speak of it."""

    stream: BinaryIO
    headers: Mapping[str, str]
    signed: Signed


@dataclass(slots=True)
class Sums:
    """Everything that is added up while the body passes."""

    size: int = 0
    sha256: Digest = field(default_factory=hashlib.sha256)
    md5: Digest = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))
    others: dict[str, Digest] = field(default_factory=dict)

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > MOST:
            raise S3Error(
                "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size."
            )
        for digest in (self.sha256, self.md5, *self.others.values()):
            digest.update(piece)


@contextmanager
def received(incoming: Incoming) -> Iterator[Path]:
    """The body as a file, complete and as it was said to be; it goes with the block.

    Raises S3Error.
    """
    folder = places.arriving()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("xb") as file:
            _receive(incoming, file)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _receive(incoming: Incoming, file: BinaryIO) -> None:
    headers = incoming.headers
    trailers: dict[str, str] = {}
    announced = {**headers, headers.get("x-amz-trailer", "").strip().lower(): ""}
    sums = Sums(others={n: make() for n, make in CHECKSUMS.items() if CHECKSUM + n in announced})
    for piece in _content(incoming, trailers):
        sums.add(piece)
        file.write(piece)
    _check_length(incoming, sums.size)
    if not _is_signed_otherwise(incoming.signed.body):
        _check_hash(incoming.signed.body, sums.sha256)
    _check_sums({**headers, **trailers}, sums)


def _content(incoming: Incoming, trailers: dict[str, str]) -> Iterator[bytes]:
    """What was sent, without what it was wrapped in; trailers are filled in at its end."""
    if incoming.signed.body.startswith(chunks.STREAMING):
        return chunks.unwrapped(incoming.stream, incoming.signed, trailers)
    if LENGTH not in incoming.headers:
        raise S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.")
    return iter(lambda: incoming.stream.read(PIECE), b"")


def _is_signed_otherwise(said: str) -> bool:
    return said == UNSIGNED or said.startswith(chunks.STREAMING)


def _check_length(incoming: Incoming, size: int) -> None:
    is_wrapped = incoming.signed.body.startswith(chunks.STREAMING)
    said = incoming.headers.get("x-amz-decoded-content-length" if is_wrapped else LENGTH)
    if said != str(size):
        raise S3Error(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header.",
        )


def _check_hash(said: str, sha256: Digest) -> None:
    if not hmac.compare_digest(said, sha256.digest().hex()):
        raise S3Error(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


def _check_sums(said: Mapping[str, str], sums: Sums) -> None:
    for name, digest in sums.others.items():
        if _decoded(said.get(CHECKSUM + name, "")) != digest.digest():
            raise S3Error(
                "BadDigest",
                f"The {name.upper()} you specified did not match the calculated checksum.",
            )
    if "content-md5" in said and _decoded(said["content-md5"]) != sums.md5.digest():
        raise S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
