"""Refusals as AWS's errors: one table from what the rules say to what goes over the wire."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from pipelines.api import model
from pipelines.core import refusals, structure_refusals


class WireError(NamedTuple):
    """What an answer to a refused request says; `code` is AWS's name of the exception."""

    code: str
    message: str
    status: HTTPStatus


# A subclass is looked up before the class that it is of.
CODES: dict[type[refusals.Refusal], str] = {
    refusals.InvalidRequest: "ValidationException",
    refusals.AccessDenied: "AccessDeniedException",
    refusals.NotServed: "UnknownOperationException",
    refusals.Conflict: "ConflictException",
    refusals.ConcurrentModification: "ConcurrentModificationException",
    refusals.Throttled: "ThrottlingException",
    refusals.InvalidNextToken: "InvalidNextTokenException",
    refusals.PipelineNotFound: "PipelineNotFoundException",
    refusals.PipelineNameInUse: "PipelineNameInUseException",
    refusals.PipelineVersionNotFound: "PipelineVersionNotFoundException",
    refusals.LimitExceeded: "LimitExceededException",
    refusals.ResourceNotFound: "ResourceNotFoundException",
    refusals.InvalidArn: "InvalidArnException",
    refusals.InvalidTags: "InvalidTagsException",
    refusals.TooManyTags: "TooManyTagsException",
    refusals.ExecutionNotFound: "PipelineExecutionNotFoundException",
    refusals.StageNotFound: "StageNotFoundException",
    refusals.ActionNotFound: "ActionNotFoundException",
    refusals.ActionTypeNotFound: "ActionTypeNotFoundException",
    refusals.ExecutionNotStoppable: "PipelineExecutionNotStoppableException",
    refusals.DuplicatedStopRequest: "DuplicatedStopRequestException",
    refusals.StageNotRetryable: "StageNotRetryableException",
    refusals.NotLatestExecution: "NotLatestPipelineExecutionException",
    refusals.InvalidApprovalToken: "InvalidApprovalTokenException",
    refusals.ApprovalAlreadyCompleted: "ApprovalAlreadyCompletedException",
    structure_refusals.InvalidValue: "ValidationException",
    structure_refusals.InvalidStructure: "InvalidStructureException",
    structure_refusals.InvalidBlockerDeclaration: "InvalidBlockerDeclarationException",
    structure_refusals.InvalidStageDeclaration: "InvalidStageDeclarationException",
    structure_refusals.InvalidActionDeclaration: "InvalidActionDeclarationException",
}


def error_of(refusal: refusals.Refusal) -> WireError:
    """The error that says this refusal; its status is the service model's."""
    code = next(CODES[kind] for kind in type(refusal).__mro__ if kind in CODES)
    if isinstance(refusal, refusals.NotServed):
        return WireError(code, refusal.message, HTTPStatus.NOT_IMPLEMENTED)
    return WireError(code, refusal.message, status_of(code))


def status_of(code: str) -> HTTPStatus:
    """What the service model says of the exception; 400 where it says nothing."""
    if code not in model.service().shape_names:
        return HTTPStatus.BAD_REQUEST
    said = model.service().shape_for(code).metadata.get("error", {})
    return HTTPStatus(said.get("httpStatusCode", HTTPStatus.BAD_REQUEST))
