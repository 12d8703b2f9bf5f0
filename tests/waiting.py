"""Waiting for something that another process or thread will do."""

import time
from collections.abc import Callable
from datetime import timedelta
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


def with_enough_time(tmp_path: Path, attempt: Callable[[Path, timedelta], Found | None]) -> Found:
    """Return the first true answer of `attempt`, which is given more and more time.

    For what has to get somewhere before its time is up: how long that takes is the machine's.
    Each attempt has a folder of its own.
    """
    for seconds in (3, 12, 48):
        folder = tmp_path / str(seconds)
        folder.mkdir()
        if found := attempt(folder, timedelta(seconds=seconds)):
            return found
    raise AssertionError(f"{attempt} did not get there in {seconds} s")


def has_pid(path: Path) -> bool:
    """Whether the shell has written its process id, as `wait_for_pid` says, by now."""
    return path.exists() and path.read_text().endswith("\n")


def wait_for_pid(path: Path) -> int:
    """The process id that a shell writes to this file, with a newline, once it runs."""
    wait_until(lambda: has_pid(path))
    return int(path.read_text())


def is_gone(pid: int) -> bool:
    """Whether the process has ended, even if nobody has waited for it."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
