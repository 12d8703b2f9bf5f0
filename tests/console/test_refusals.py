"""What refusals are in HTTP."""

import pytest
from django.http import HttpResponse

from console.middleware import Refusals
from console.refusals import status_of
from pipelines.access_keys import AccessKeyNotFound, TooManyAccessKeys
from pipelines.core.refusals import (
    AccessDenied,
    Conflict,
    DuplicatedStopRequest,
    ExecutionNotFound,
    InvalidRequest,
    MovedOn,
    PipelineNotFound,
    Throttled,
)
from pipelines.people import PersonNotFound


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (InvalidRequest, 400),
        (AccessDenied, 403),
        (PipelineNotFound, 404),
        (ExecutionNotFound, 404),
        (AccessKeyNotFound, 404),
        (PersonNotFound, 404),
        (TooManyAccessKeys, 409),
        (DuplicatedStopRequest, 409),
        (MovedOn, 409),
        (Conflict, 409),
        (Throttled, 409),
    ],
)
def test_each_kind_has_its_status(refusal, status):
    assert status_of(refusal("No.")) == status


def test_other_exceptions_are_left_alone(rf):
    middleware = Refusals(lambda _: HttpResponse())

    middleware.process_exception(rf.get("/"), MovedOn("No."))
