"""What a refusal is in HTTP."""

from __future__ import annotations

from http import HTTPStatus

from pipelines.access_keys import AccessKeyNotFound
from pipelines.core.refusals import (
    AccessDenied,
    ActionExecutionNotFound,
    ActionNotFound,
    BuildProjectNotFound,
    ConnectionNotFound,
    EventTargetNotFound,
    ExecutionNotFound,
    InvalidRequest,
    PipelineNotFound,
    PipelineVersionNotFound,
    Refusal,
    ResourceNotFound,
    StageNotFound,
)
from pipelines.people import PersonNotFound

NOT_FOUND = (
    ActionExecutionNotFound,
    PipelineNotFound,
    PipelineVersionNotFound,
    ResourceNotFound,
    ExecutionNotFound,
    StageNotFound,
    ActionNotFound,
    AccessKeyNotFound,
    PersonNotFound,
    BuildProjectNotFound,
    ConnectionNotFound,
    EventTargetNotFound,
)


def status_of(refusal: Refusal) -> HTTPStatus:
    """400 for values that are not acceptable, 403 for what the person may not do.

    404 is for what does not exist, 409 for the rest.
    """
    if isinstance(refusal, InvalidRequest):
        return HTTPStatus.BAD_REQUEST
    if isinstance(refusal, AccessDenied):
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.NOT_FOUND if isinstance(refusal, NOT_FOUND) else HTTPStatus.CONFLICT
