"""What a refusal is in HTTP."""

from __future__ import annotations

from http import HTTPStatus

from pipelines.core.refusals import (
    ActionNotFound,
    BuildProjectNotFound,
    ExecutionNotFound,
    InvalidRequest,
    PipelineNotFound,
    Refusal,
    StageNotFound,
)

NOT_FOUND = (
    PipelineNotFound,
    ExecutionNotFound,
    StageNotFound,
    ActionNotFound,
    BuildProjectNotFound,
)


def status_of(refusal: Refusal) -> HTTPStatus:
    """400 for values that are not acceptable, 404 for what does not exist, 409 for the rest."""
    if isinstance(refusal, InvalidRequest):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.NOT_FOUND if isinstance(refusal, NOT_FOUND) else HTTPStatus.CONFLICT
