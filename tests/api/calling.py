"""Calling an operation in the process, with AWS's model watching what goes in and out."""

from typing import Any

import pytest

from pipelines.api import dispatch, model
from pipelines.api.errors import error_of
from pipelines.core.refusals import Refusal
from tests.api.shapes import checked
from tests.engine_room import ALICE


def call(operation, *, by=ALICE, **given) -> Any:
    """The output of an operation; members are given as AWS spells them."""
    return checked(operation, dispatch.perform(operation, given, by=by))


def refused(operation, *, by=ALICE, **given):
    """(code, message) of the error that an operation is answered with, which is one of its own."""
    with pytest.raises(Refusal) as refusal:
        dispatch.perform(operation, given, by=by)
    error = error_of(refusal.value)
    assert error.code in {*codes_of(operation), "AccessDeniedException"}
    return error.code, error.message


def codes_of(operation):
    """What the service model lists; and the one that AWS sends although it does not list it."""
    modelled = {shape.name for shape in model.service().operation_model(operation).error_shapes}
    return modelled | ({"ResourceNotFoundException"} if operation == "UpdatePipeline" else set())
