"""Artifacts as files in a folder, which all machines that work on the same pipelines share."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from pipelines.stores.contract import PIECE, Kept, NoSuchUpload, StoreError, Upload, check_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
_KEY_FILE = "key"


@dataclass(frozen=True, slots=True)
class FolderStore:
    """A Store (pipelines.stores.contract); `uploads` is where parts wait for one another."""

    folder: Path
    uploads: Path

    def check(self) -> None:
        """It is made as soon as there is something to keep."""

    def keep(self, key: str, file: Path) -> Kept:
        with self._replacing(key) as target, file.open("rb") as source:
            shutil.copyfileobj(source, target, PIECE)
        return self._there(key)

    def look(self, key: str) -> Kept | None:
        try:
            status = self._path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as problem:
            raise StoreError(f"The artifact {key} cannot be read: {problem}.") from problem
        changed = datetime.fromtimestamp(status.st_mtime, UTC)
        # Not the MD5 of what is in it, as S3's is of small objects: that would mean to read it all.
        same = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}".encode()
        tag = f"{hashlib.md5(same, usedforsecurity=False).hexdigest()}-1"
        return Kept(size=status.st_size, changed_at=changed, tag=tag)

    def read(self, key: str, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        pieces = _pieces(self._path(key), start, length)
        try:
            next(pieces)
        except OSError as problem:
            raise StoreError(f"The artifact {key} cannot be read: {problem}.") from problem
        return pieces

    def fetch(self, key: str, file: Path) -> Path:
        """The store's own: it is on this machine already."""
        self._there(key)
        return self._path(key)

    def forget(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as problem:
            raise StoreError(f"The artifact {key} cannot be deleted: {problem}.") from problem

    def begin(self, key: str) -> Upload:
        upload = Upload(check_key(key), secrets.token_hex(16))
        folder = self.uploads / upload.id
        folder.mkdir(parents=True)
        (folder / _KEY_FILE).write_text(key)
        return upload

    def keep_part(self, upload: Upload, number: int, file: Path) -> str:
        folder = self._parts_of(upload)
        arriving = folder / f".{secrets.token_hex(4)}"
        digest = hashlib.md5(usedforsecurity=False)
        with file.open("rb") as source, arriving.open("xb") as target:
            while piece := source.read(PIECE):
                digest.update(piece)
                target.write(piece)
        tag = digest.hexdigest()
        for before in folder.glob(f"{number:05}.*"):
            before.unlink(missing_ok=True)
        arriving.replace(folder / f"{number:05}.{tag}")
        return tag

    def join(self, upload: Upload, parts: Sequence[tuple[int, str]]) -> Kept:
        folder = self._parts_of(upload)
        files = [folder / f"{number:05}.{tag}" for number, tag in parts]
        try:
            with self._replacing(upload.key) as target:
                for file in files:
                    with file.open("rb") as source:
                        shutil.copyfileobj(source, target, PIECE)
        except FileNotFoundError as missing:
            raise NoSuchUpload("One of the parts has not arrived, or is another.") from missing
        shutil.rmtree(folder, ignore_errors=True)
        return self._there(upload.key)

    def drop(self, upload: Upload) -> None:
        shutil.rmtree(self._parts_of(upload), ignore_errors=True)

    def _path(self, key: str) -> Path:
        return self.folder / check_key(key)

    def _there(self, key: str) -> Kept:
        kept = self.look(key)
        if kept is None:
            raise StoreError(f"The artifact {key} is not in the artifact store.")
        return kept

    def _parts_of(self, upload: Upload) -> Path:
        folder = self.uploads / upload.id
        is_ours = bool(_UPLOAD_ID.fullmatch(upload.id))
        if not is_ours or not folder.is_dir() or (folder / _KEY_FILE).read_text() != upload.key:
            raise NoSuchUpload("There is no such upload of this artifact; it may have ended.")
        return folder

    @contextmanager
    def _replacing(self, key: str) -> Iterator[BinaryIO]:
        """A file that takes the artifact's place when the block has ended well, and lasts."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("xb") as copy:
                yield copy
                copy.flush()
                os.fsync(copy.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)


def _pieces(path: Path, start: int, length: int | None) -> Iterator[bytes]:
    """First nothing, once the file is open: who asks for that has it closed with the iterator."""
    left = length
    with path.open("rb") as file:
        yield b""
        file.seek(start)
        while left is None or left > 0:
            piece = file.read(PIECE if left is None else min(PIECE, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece


def _sync_folder(folder: Path) -> None:
    """Make sure that names given in this folder outlive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
