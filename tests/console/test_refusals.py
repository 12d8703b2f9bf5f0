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


@pytest.mark.parametrize(
    "path", ["", "?q=%00", "/website/executions?q=%00", "/%00/view", "/website/stages/%00/retry"]
)
def test_nothing_has_a_null_character_in_its_name(signed_in, path):
    answer = signed_in.get(f"/codesuite/codepipeline/pipelines{path}")

    assert answer.status_code == (404 if path else 200)
