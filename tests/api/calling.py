"""Calling an operation in the process, with AWS's model watching what goes in and out."""

import pytest
from botocore.validate import ParamValidator

from pipelines.api import dispatch, model
from pipelines.api.errors import error_of
from pipelines.core.refusals import Refusal
from tests.engine_room import ALICE


def call(operation, *, by=ALICE, **given):
    """The output of an operation; members are given as AWS spells them."""
    output = dispatch.perform(operation, given, by=by)
    shape = model.service().operation_model(operation).output_shape
    if shape is None:
        assert output is None
        return None
    assert output is not None
    problems = ParamValidator().validate(output, shape).generate_report()
    assert not problems, problems
    assert not (output.keys() - shape.members.keys())
    return output


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
