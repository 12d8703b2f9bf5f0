"""A database that is busy with others: a refusal that the SDKs know, rather than a defect."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import OperationalError

from pipelines.api import model
from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFLICT = "ConflictException"
THROTTLED = "ThrottlingException"  # which the SDKs try again by themselves

# PostgreSQL: a lock that was not to be had in time, a deadlock, transactions that crossed.
SQLSTATES = frozenset({"55P03", "40P01", "40001"})
SQLITE_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Busy(Refusal):
    """Nothing was done, and the same again may work; `code` is AWS's name of it."""

    def __init__(self, code: str) -> None:
        super().__init__(
            "Your request cannot be handled because the pipeline is busy handling ongoing"
            " activities. Try again later."
        )
        self.code = code


@contextmanager
def refused(operation: str) -> Iterator[None]:
    """Say Busy when the database could not get its turn, as the operation can say it."""
    try:
        yield
    except OperationalError as problem:
        if not is_contention(problem):
            raise
        errors = {shape.name for shape in model.service().operation_model(operation).error_shapes}
        raise Busy(CONFLICT if CONFLICT in errors else THROTTLED) from problem


def is_contention(problem: OperationalError) -> bool:
    cause = problem.__cause__
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF in SQLITE_CODES  # the rest of it says more precisely
    return getattr(cause, "sqlstate", None) in SQLSTATES
