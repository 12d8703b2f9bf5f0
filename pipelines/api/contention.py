"""A database that is busy with others: a refusal that the SDKs know, rather than a defect."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import OperationalError

from pipelines import patience
from pipelines.api import model
from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFLICT = "ConflictException"
THROTTLED = "ThrottlingException"  # which the SDKs try again by themselves


class Busy(Refusal):
    """Nothing was done, and the same again may work; `code` is AWS's name of it."""

    def __init__(self, code: str) -> None:
        super().__init__(patience.BUSY)
        self.code = code


@contextmanager
def refused(operation: str) -> Iterator[None]:
    """Say Busy when the database could not get its turn, as the operation can say it.

    A use case waits less and says so itself (`patience.limited`); this is for all that is around.
    """
    try:
        yield
    except OperationalError as problem:
        if not patience.is_contention(problem):
            raise
        errors = {shape.name for shape in model.service().operation_model(operation).error_shapes}
        raise Busy(CONFLICT if CONFLICT in errors else THROTTLED) from problem
