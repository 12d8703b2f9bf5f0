"""What is refused, one class a reason, with AWS's words; the API and the console both show them.

The message is a whole sentence.  AWS's exception of the same meaning is named in each class.
"""

from __future__ import annotations


class Refusal(Exception):
    """A request that changes nothing, and says why."""

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else ""


class InvalidRequest(Refusal):
    """A value is not acceptable (ValidationException)."""


class AccessDenied(Refusal):
    """The caller's roles do not grant the operation (AccessDeniedException)."""


class NotServed(Refusal):
    """An operation of AWS that this version of Penstock does not have; the message says what."""


class Conflict(Refusal):
    """The pipeline is busy (ConflictException)."""


class ConcurrentModification(Refusal):
    """The same, where the operation changes what there is (ConcurrentModificationException)."""


class Throttled(Refusal):
    """The pipeline is busy, and the operation has no error that says so (ThrottlingException)."""


class InvalidNextToken(Refusal):
    """A page is asked for with a token of another list, or of none (InvalidNextTokenException)."""


class PipelineNotFound(Refusal):
    """PipelineNotFoundException."""


class PipelineNameInUse(Refusal):
    """PipelineNameInUseException."""


class PipelineVersionNotFound(Refusal):
    """PipelineVersionNotFoundException."""


class LimitExceeded(Refusal):
    """There are as many as there may be (LimitExceededException)."""


class TooManyExecutions(Refusal):
    """As many run as may at once (ConcurrentPipelineExecutionsLimitExceededException)."""


class ResourceNotFound(Refusal):
    """ResourceNotFoundException."""


class InvalidArn(Refusal):
    """It is not the ARN of anything that this service has (InvalidArnException)."""


class InvalidTags(Refusal):
    """InvalidTagsException."""


class TooManyTags(Refusal):
    """TooManyTagsException."""


class ExecutionNotFound(Refusal):
    """PipelineExecutionNotFoundException."""


class StageNotFound(Refusal):
    """StageNotFoundException."""


class ActionNotFound(Refusal):
    """ActionNotFoundException."""


class ActionTypeNotFound(Refusal):
    """ActionTypeNotFoundException."""


class JobNotFound(Refusal):
    """JobNotFoundException."""


class InvalidJobState(Refusal):
    """Nobody waits for a result of this job, or not yet (InvalidJobStateException)."""


class InvalidJob(Refusal):
    """What was given is not the id of a job (InvalidJobException)."""


class InvalidClientToken(Refusal):
    """It is not the token of the partner whose job it is (InvalidClientTokenException)."""


class InvalidNonce(Refusal):
    """The job was given to another worker, or is acknowledged (InvalidNonceException)."""


class ExecutionNotStoppable(Refusal):
    """The execution has already finished (PipelineExecutionNotStoppableException)."""


class DuplicatedStopRequest(Refusal):
    """It is stopping already, and this request adds nothing (DuplicatedStopRequestException)."""


class StageNotRetryable(Refusal):
    """StageNotRetryableException."""


class NotLatestExecution(Refusal):
    """Another execution has entered the stage since (NotLatestPipelineExecutionException)."""


class UnableToRollbackStage(Refusal):
    """UnableToRollbackStageException."""


class ExecutionOutdated(Refusal):
    """The target of a rollback is of another version (PipelineExecutionOutdatedException)."""


class ConditionNotOverridable(Refusal):
    """ConditionNotOverridableException."""


class InvalidApprovalToken(Refusal):
    """InvalidApprovalTokenException."""


class ApprovalAlreadyCompleted(Refusal):
    """ApprovalAlreadyCompletedException."""


class BuildProjectNotFound(Refusal):
    """ResourceNotFoundException of CodeBuild."""


class BuildProjectNameInUse(Refusal):
    """ResourceAlreadyExistsException of CodeBuild."""


class WebhookNotFound(Refusal):
    """WebhookNotFoundException."""


class InvalidWebhookFilter(Refusal):
    """InvalidWebhookFilterPatternException."""


class InvalidWebhookAuthentication(Refusal):
    """InvalidWebhookAuthenticationParametersException."""


class ConnectionNotFound(Refusal):
    """ResourceNotFoundException of CodeConnections."""


class ConnectionNameInUse(Refusal):
    """Another connection has the name already."""


class NameInUse(Refusal):
    """There is one of that name already; each service of AWS has a name of its own for it."""


class ActionExecutionNotFound(Refusal):
    """ActionExecutionNotFoundException."""


class EventTargetNotFound(Refusal):
    """ResourceNotFoundException of EventBridge."""


class MovedOn(Refusal):
    """What the person was shown is not so any more; only the console asks for this check."""


class NothingToEnd(Refusal):
    """No work of this action goes on that we could end; only the console asks for it."""
