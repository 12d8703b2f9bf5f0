"""What a refusal is in HTTP."""

from __future__ import annotations

from http import HTTPStatus

from pipelines.core.refusals import (
    ActionNotFound,
    ExecutionNotFound,
    InvalidRequest,
    PipelineNotFound,
    PipelineVersionNotFound,
    Refusal,
    ResourceNotFound,
    StageNotFound,
)

NOT_FOUND = (
    PipelineNotFound,
    PipelineVersionNotFound,
    ResourceNotFound,
    ExecutionNotFound,
    StageNotFound,
    ActionNotFound,
)


def status_of(refusal: Refusal) -> HTTPStatus:
    """400 for values that are not acceptable, 404 for what does not exist, 409 for the rest."""
    if isinstance(refusal, InvalidRequest):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.NOT_FOUND if isinstance(refusal, NOT_FOUND) else HTTPStatus.CONFLICT
