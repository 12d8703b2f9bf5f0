"""The status vocabulary, spelled exactly as the AWS API spells it."""

from enum import StrEnum


class ExecutionStatus(StrEnum):
    """Status of a pipeline execution (API type PipelineExecutionStatus)."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    SUPERSEDED = "Superseded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    @property
    def is_final(self) -> bool:
        return self not in UNFINISHED


UNFINISHED = frozenset({ExecutionStatus.IN_PROGRESS, ExecutionStatus.STOPPING})


class StageStatus(StrEnum):
    """Status of one execution's stay in one stage (API type StageExecutionStatus)."""

    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    SKIPPED = "Skipped"

    @property
    def locks(self) -> bool:
        """Whether a stage execution of this status holds the lock of its stage."""
        return self in LOCKING


LOCKING = frozenset({StageStatus.IN_PROGRESS, StageStatus.STOPPING})


class ActionStatus(StrEnum):
    """Status of an action execution; final once it is not InProgress."""

    IN_PROGRESS = "InProgress"
    ABANDONED = "Abandoned"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


class ConditionKind(StrEnum):
    """When a condition of a stage is checked, by the member of the stage that declares it."""

    BEFORE_ENTRY = "beforeEntry"
    ON_SUCCESS = "onSuccess"
    ON_FAILURE = "onFailure"


class ConditionStatus(StrEnum):
    """Status of one check of a condition (API type ConditionExecutionStatus)."""

    IN_PROGRESS = "InProgress"
    FAILED = "Failed"
    ERRORED = "Errored"  # a rule could not be evaluated
    SUCCEEDED = "Succeeded"
    CANCELLED = "Cancelled"
    ABANDONED = "Abandoned"
    OVERRIDDEN = "Overridden"

    @property
    def is_met(self) -> bool:
        """Whether the stage goes on as if there were no condition."""
        return self in {ConditionStatus.SUCCEEDED, ConditionStatus.OVERRIDDEN}


class JobStatus(StrEnum):
    """Status of one job of an action that a worker elsewhere does (API type JobStatus)."""

    CREATED = "Created"
    QUEUED = "Queued"  # for whoever polls
    DISPATCHED = "Dispatched"  # given to a worker, who has not acknowledged it yet
    IN_PROGRESS = "InProgress"
    TIMED_OUT = "TimedOut"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


OPEN_JOB = frozenset(
    {JobStatus.CREATED, JobStatus.QUEUED, JobStatus.DISPATCHED, JobStatus.IN_PROGRESS}
)


class StopMode(StrEnum):
    """What a stop request asks of the actions that are already running."""

    WAIT = "wait"
    ABANDON = "abandon"


class RetryMode(StrEnum):
    """What RetryStageExecution runs again (API type StageRetryMode)."""

    FAILED_ACTIONS = "FAILED_ACTIONS"
    ALL_ACTIONS = "ALL_ACTIONS"


class RetryTrigger(StrEnum):
    """Who retried a stage last (API type RetryTrigger)."""

    AUTOMATED = "AutomatedStageRetry"
    MANUAL = "ManualStageRetry"


class ExecutionType(StrEnum):
    """Whether an execution goes through the pipeline or brings back an earlier one in a stage."""

    STANDARD = "STANDARD"
    ROLLBACK = "ROLLBACK"


class StageResult(StrEnum):
    """What follows from a condition of a stage, or from its failure (API type Result)."""

    ROLLBACK = "ROLLBACK"
    FAIL = "FAIL"
    RETRY = "RETRY"
    SKIP = "SKIP"


class ExecutionMode(StrEnum):
    """How executions of one pipeline make room for one another."""

    SUPERSEDED = "SUPERSEDED"
    QUEUED = "QUEUED"
    PARALLEL = "PARALLEL"

    @property
    def takes_locks(self) -> bool:
        """Whether an execution of this mode has the stage that it is in for itself."""
        return self in TAKING_LOCKS


TAKING_LOCKS = frozenset({ExecutionMode.SUPERSEDED, ExecutionMode.QUEUED})


class TransitionType(StrEnum):
    """Which side of a stage a transition is on (API type StageTransitionType)."""

    INBOUND = "Inbound"
    OUTBOUND = "Outbound"


class FailureCode(StrEnum):
    """Why an action failed (API type FailureType)."""

    JOB_FAILED = "JobFailed"
    CONFIGURATION_ERROR = "ConfigurationError"
    PERMISSION_ERROR = "PermissionError"
    REVISION_OUT_OF_SYNC = "RevisionOutOfSync"
    REVISION_UNAVAILABLE = "RevisionUnavailable"
    SYSTEM_UNAVAILABLE = "SystemUnavailable"
