"""What refusals are in HTTP."""

import pytest
from django.http import HttpResponse

from console.middleware import NotFoundRefusals
from console.refusals import status_of
from pipelines.core.refusals import (
    Conflict,
    DuplicatedStopRequest,
    ExecutionNotFound,
    InvalidRequest,
    MovedOn,
    PipelineNotFound,
    Throttled,
)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (InvalidRequest, 400),
        (PipelineNotFound, 404),
        (ExecutionNotFound, 404),
        (DuplicatedStopRequest, 409),
        (MovedOn, 409),
        (Conflict, 409),
        (Throttled, 409),
    ],
)
def test_each_kind_has_its_status(refusal, status):
    assert status_of(refusal("No.")) == status


def test_other_exceptions_are_left_alone(rf):
    middleware = NotFoundRefusals(lambda _: HttpResponse())

    middleware.process_exception(rf.get("/"), MovedOn("No."))
