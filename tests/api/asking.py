"""Asking for an operation as the API does, and what it is refused with."""

import pytest

from pipelines.api import dispatch
from pipelines.api.errors import error_of
from pipelines.core.refusals import Refusal
from tests.engine_room import ALICE


def ask(operation, *, by=ALICE, **given):
    """The output of an operation; members as AWS spells them."""
    return dispatch.perform(operation, given, by=by)


def refused(operation, *, by=ALICE, **given):
    """The error that the operation is answered with."""
    with pytest.raises(Refusal) as refusal:
        dispatch.perform(operation, given, by=by)
    return error_of(refusal.value)
