"""How long a request waits for a pipeline that is busy, and what it is told then."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import OperationalError, connection, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.core.refusals import Refusal

SECONDS = 5.0
# PostgreSQL: a lock that was not to be had in time, a deadlock, transactions that crossed.
SQLSTATES = frozenset({"55P03", "40P01", "40001"})
SQLITE_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
BUSY = (
    "Your request cannot be handled because the pipeline is busy handling ongoing activities."
    " Try again later."
)


@contextmanager
def limited(refusal: type[Refusal]) -> Iterator[None]:
    """A transaction that waits a few seconds for its locks, then is refused (spec/stop.md §1).

    `refusal` is how AWS's operation says that the pipeline is busy.  Inside a transaction of
    somebody else's it waits as long as that does.  What works in the background has the patience
    of the settings, which is longer: nobody waits for its answer.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    try:
        with _waiting_less(), transaction.atomic():
            if connection.vendor == "postgresql":
                _execute(f"SET LOCAL lock_timeout = {_milliseconds()}")
            yield
    except OperationalError as problem:
        if not is_contention(problem):
            raise
        raise refusal(BUSY) from problem


def is_contention(problem: OperationalError) -> bool:
    """Whether others were in the way, so that the same again may work."""
    cause = problem.__cause__
    if isinstance(cause, sqlite3.Error):
        # What Python makes up itself has no code; the rest of a code says more precisely.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in SQLITE_CODES
    return getattr(cause, "sqlstate", None) in SQLSTATES


@contextmanager
def _waiting_less() -> Iterator[None]:
    """SQLite waits where the transaction begins, so it has to be told before."""
    if connection.vendor != "sqlite":
        yield
        return
    _execute(f"PRAGMA busy_timeout = {_milliseconds()}")
    try:
        yield
    finally:
        usual = connection.settings_dict["OPTIONS"]["timeout"]
        _execute(f"PRAGMA busy_timeout = {int(usual * 1000)}")


def _milliseconds() -> int:
    return int(SECONDS * 1000)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
