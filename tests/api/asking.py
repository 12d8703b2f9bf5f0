"""Asking for an operation as a client does, without the wire in between."""

import pytest

from pipelines.api import dispatch, model
from pipelines.api.errors import error_of
from pipelines.core.refusals import Refusal
from tests.api.shapes import checked, violations
from tests.engine_room import ALICE


def ask(operation, *, by=ALICE, **given):
    """Do it and return its output, which is checked against AWS's model.

    Members are given as boto3 takes them: ``ask("GetPipelineState", name="website")`` and
    ``ask("ListActionExecutions", pipelineName="website")``.  Raises the Refusal.
    """
    shape = model.service().operation_model(operation).input_shape
    problems = list(violations(given, shape, operation))
    assert not problems, f"The test asks for what no client can ask: {problems}"
    return checked(operation, dispatch.perform(operation, given, by=by))


def refused(operation, *, by=ALICE, **given):
    """The error that it is answered with, also for what no client can ask."""
    with pytest.raises(Refusal) as refusal:
        dispatch.perform(operation, given, by=by)
    return error_of(refusal.value)


def every_page(operation, member, **given):
    """The pages of a listing operation, each the list that it has in that member."""
    pages = []
    more: dict[str, str] = {}
    while True:
        output = ask(operation, **given, **more)
        pages.append(output[member])
        if "nextToken" not in output:
            return pages
        more = {"nextToken": output["nextToken"]}
