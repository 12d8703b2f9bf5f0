"""Secrets at rest: sealed with the newest key of a file, opened with any key that is in it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 2  # the newest, and the one before it for what was sealed while they changed places


class Unreadable(Exception):
    """A secret cannot be opened; the message says which file is wrong and what to do."""


def make(path: Path) -> None:
    """A file with a first key, unless there is one.

    Two processes may try at once: the first to link its file wins, the other uses that.
    """
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = _write(path, [Fernet.generate_key()])
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()


def renew(path: Path) -> None:
    """Seal with a new key from now on; what was sealed with the one before can still be opened.

    Raises Unreadable when there is no such file.
    """
    own = _write(path, [Fernet.generate_key(), *_lines(path)][:KEPT])
    own.replace(path)


def seal(path: Path, plain: bytes) -> bytes:
    return _keys(path).encrypt(plain)


def unseal(path: Path, sealed: bytes) -> bytes:
    """Raises Unreadable."""
    try:
        return _keys(path).decrypt(sealed)
    except InvalidToken:
        raise Unreadable(
            f"It was sealed with a key that is not in {path}. Put the file back that belongs to"
            " this database."
        ) from None


def reseal(path: Path, sealed: bytes) -> bytes:
    """The same secret, sealed with the newest key.  Raises Unreadable."""
    return seal(path, unseal(path, sealed))


def _keys(path: Path) -> MultiFernet:
    """Read anew each time: who renews the key need not tell the other processes."""
    try:
        return MultiFernet([Fernet(line) for line in _lines(path)])
    except ValueError as problem:
        raise Unreadable(f"{path} does not hold keys, one a line.") from problem


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split()
    except FileNotFoundError:
        raise Unreadable(
            f"{path} is missing. Put the file back that belongs to this database."
        ) from None


def _write(path: Path, keys: list[bytes]) -> Path:
    """A file beside the path, complete and on the disk, that only its owner may read."""
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(b"\n".join(keys) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return own
