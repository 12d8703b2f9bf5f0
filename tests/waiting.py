"""Waiting for something that another process or thread will do."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

Found = TypeVar("Found")


PATIENCE = 90  # seconds: only a test that fails waits so long, and a busy machine may need many


def wait_until(condition: Callable[[], Found], timeout: float = PATIENCE) -> Found:
    """Return the first true answer; fail when there is none in time."""
    give_up_at = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < give_up_at, f"{condition} did not come true in {timeout} s"
        time.sleep(0.02)
    return found


def wait_for_pid(path: Path) -> int:
    """The process id that a shell writes to this file, with a newline, once it runs."""
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def is_gone(pid: int) -> bool:
    """Whether the process has ended, even if nobody has waited for it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
