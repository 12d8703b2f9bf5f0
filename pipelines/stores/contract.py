"""What every artifact store promises, whatever it is made of.

1. What is kept is there whole or not at all, also for those who read while it is replaced.
2. Nothing is ever held in memory as a whole: artifacts go through in pieces.
3. A key has the form that `artifacts.new_key` gives it; anything else is a StoreError.
4. Several processes, on several machines, may use the same store at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipelines.artifacts import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

FOLDER = "folder"  # what the settings call the store that is a folder
PIECE = 1 << 20
KEY = re.compile(r"[A-Za-z0-9._@-]+(/[A-Za-z0-9._@-]+)*")


class StoreError(ArtifactError):
    """The store cannot do it; the message is a sentence for people."""


class NoSuchUpload(StoreError):
    """The parts belong to no upload that was begun and not ended, or are not what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An artifact that is there; `tag` is another when the artifact is another (S3's ETag)."""

    size: int
    changed_at: datetime
    tag: str


class Upload(NamedTuple):
    """An artifact that arrives in parts."""

    key: str
    id: str


class Store(Protocol):
    """Raises StoreError wherever the store cannot be reached or refuses."""

    def check(self) -> None:
        """Only find out whether it can be used."""

    def keep(self, key: str, file: Path) -> Kept:
        """Keep a copy of the file under this key, in place of what was there."""

    def look(self, key: str) -> Kept | None:
        """What is there under this key."""

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The artifact in pieces, from byte `start`; StoreError at once if it is not there."""

    def fetch(self, key: str, file: Path) -> Path:
        """A file of this machine with the artifact, only to be read: `file`, or the store's own."""

    def forget(self, key: str) -> None:
        """Keep it no more; one that is not there is fine, too."""

    def begin(self, key: str) -> Upload:
        """Let an artifact arrive in parts."""

    def keep_part(self, upload: Upload, number: int, file: Path) -> str:
        """Keep one part, in place of the one of that number; its tag.  Raises NoSuchUpload."""

    def join(self, upload: Upload, parts: Sequence[tuple[int, str]]) -> Kept:
        """End the upload: the parts with these numbers and tags are the artifact.

        Raises NoSuchUpload.
        """

    def drop(self, upload: Upload) -> None:
        """End the upload, and forget its parts.  Raises NoSuchUpload."""


def check_key(key: str) -> str:
    """Raises StoreError for what might lead out of the store."""
    if not KEY.fullmatch(key) or any(not part.strip(".") for part in key.split("/")):
        raise StoreError(f"{key!r} is not the key of an artifact.")
    return key
