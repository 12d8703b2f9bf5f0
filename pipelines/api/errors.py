"""Refusals as AWS's errors: one table from what the rules say to what goes over the wire."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from pipelines.api import model
from pipelines.api.contention import Busy
from pipelines.api.refusals import NotARequest
from pipelines.api.signature import NotAuthenticated
from pipelines.core import refusals, structure_refusals, variables


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
    refusals.TooManyExecutions: "ConcurrentPipelineExecutionsLimitExceededException",
    refusals.ResourceNotFound: "ResourceNotFoundException",
    refusals.InvalidArn: "InvalidArnException",
    refusals.InvalidTags: "InvalidTagsException",
    refusals.TooManyTags: "TooManyTagsException",
    refusals.ExecutionNotFound: "PipelineExecutionNotFoundException",
    refusals.StageNotFound: "StageNotFoundException",
    refusals.ActionNotFound: "ActionNotFoundException",
    refusals.ActionTypeNotFound: "ActionTypeNotFoundException",
    refusals.ActionExecutionNotFound: "ActionExecutionNotFoundException",
    refusals.JobNotFound: "JobNotFoundException",
    refusals.InvalidJobState: "InvalidJobStateException",
    refusals.InvalidJob: "InvalidJobException",
    refusals.InvalidClientToken: "InvalidClientTokenException",
    refusals.InvalidNonce: "InvalidNonceException",
    refusals.WebhookNotFound: "WebhookNotFoundException",
    refusals.InvalidWebhookFilter: "InvalidWebhookFilterPatternException",
    refusals.InvalidWebhookAuthentication: "InvalidWebhookAuthenticationParametersException",
    variables.OutputVariablesSizeExceeded: "OutputVariablesSizeExceededException",
    refusals.ExecutionNotStoppable: "PipelineExecutionNotStoppableException",
    refusals.DuplicatedStopRequest: "DuplicatedStopRequestException",
    refusals.StageNotRetryable: "StageNotRetryableException",
    refusals.NotLatestExecution: "NotLatestPipelineExecutionException",
    refusals.UnableToRollbackStage: "UnableToRollbackStageException",
    refusals.ExecutionOutdated: "PipelineExecutionOutdatedException",
    refusals.ConditionNotOverridable: "ConditionNotOverridableException",
    refusals.InvalidApprovalToken: "InvalidApprovalTokenException",
    refusals.ApprovalAlreadyCompleted: "ApprovalAlreadyCompletedException",
    structure_refusals.InvalidValue: "ValidationException",
    structure_refusals.InvalidStructure: "InvalidStructureException",
    structure_refusals.InvalidBlockerDeclaration: "InvalidBlockerDeclarationException",
    structure_refusals.InvalidStageDeclaration: "InvalidStageDeclarationException",
    structure_refusals.InvalidActionDeclaration: "InvalidActionDeclarationException",
}


DEFECT = WireError(
    "InternalFailure",
    "The request processing has failed because of an unknown error, exception or failure.",
    HTTPStatus.INTERNAL_SERVER_ERROR,
)


def error_of(problem: Exception) -> WireError:
    """The error that says this refusal; its status is the service model's.

    What is no refusal, or none that AWS has a name for, is a DEFECT of ours.
    """
    match problem:
        case NotARequest():
            return WireError(problem.code, problem.message, problem.status)
        case NotAuthenticated() | Busy():
            return WireError(problem.code, problem.message, status_of(problem.code))
        case refusals.Refusal():
            code = next((CODES[kind] for kind in type(problem).__mro__ if kind in CODES), None)
        case _:
            code = None
    if code is None:
        return DEFECT
    is_absent = isinstance(problem, refusals.NotServed)
    return WireError(
        code, str(problem), HTTPStatus.NOT_IMPLEMENTED if is_absent else status_of(code)
    )


def status_of(code: str) -> HTTPStatus:
    """What the service model says of the exception; 400 where it says nothing."""
    if code not in model.service().shape_names:
        return HTTPStatus.BAD_REQUEST
    said = model.service().shape_for(code).metadata.get("error", {})
    return HTTPStatus(said.get("httpStatusCode", HTTPStatus.BAD_REQUEST))
