"""A disk without room: how it is told from other errors, and said to people."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
LEAST = 1 << 20  # bytes; with less than that, nothing worth the name can be written


def is_missing(problem: OSError) -> bool:
    """Whether the error is that there was no room for what was written."""
    return problem.errno in FULL


def sentence(problem: OSError) -> str:
    """What happened and what to change, for people."""
    where = f" for {problem.filename}" if problem.filename else ""
    return (
        f"Penstock could not do this work: there is no room{where} ({problem.strerror})."
        " Make room on the disk that PENSTOCK_HOME is on, then retry."
    )


def hint(folder: Path) -> str:
    """What to add to the failure of a command that may have met a full disk; mostly nothing."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return ""
    is_full = state.f_bavail * state.f_frsize < LEAST
    return ". The disk of the build is full: make room, then retry" if is_full else ""
