"""What a status is called on a page, and the tone it has: the one table of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.statuses import ActionStatus, ConditionStatus, ExecutionStatus, StageStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


class StatusWords(NamedTuple):
    """A status as people read it; the tone is one of `console.templatetags.console.TONES`."""

    label: str
    tone: str


NO_EXECUTIONS = StatusWords("No executions yet", "none")
NOT_STARTED = StatusWords("Not started", "none")
DID_NOT_RUN = StatusWords("Didn't run", "none")
WAITING_FOR_APPROVAL = StatusWords("Waiting for approval", "waiting")

EXECUTION: Mapping[ExecutionStatus, StatusWords] = {
    ExecutionStatus.IN_PROGRESS: StatusWords("In progress", "progress"),
    ExecutionStatus.STOPPING: StatusWords("Stopping", "stopping"),
    ExecutionStatus.STOPPED: StatusWords("Stopped", "stopped"),
    ExecutionStatus.SUCCEEDED: StatusWords("Succeeded", "success"),
    ExecutionStatus.SUPERSEDED: StatusWords("Superseded", "superseded"),
    ExecutionStatus.FAILED: StatusWords("Failed", "failed"),
    ExecutionStatus.CANCELLED: StatusWords("Cancelled", "cancelled"),
}
STAGE: Mapping[StageStatus, StatusWords] = {
    StageStatus.IN_PROGRESS: StatusWords("In progress", "progress"),
    StageStatus.STOPPING: StatusWords("Stopping", "stopping"),
    StageStatus.STOPPED: StatusWords("Stopped", "stopped"),
    StageStatus.SUCCEEDED: StatusWords("Succeeded", "success"),
    StageStatus.FAILED: StatusWords("Failed", "failed"),
    StageStatus.CANCELLED: StatusWords("Cancelled", "cancelled"),
    StageStatus.SKIPPED: StatusWords("Skipped", "skipped"),
}
ACTION: Mapping[ActionStatus, StatusWords] = {
    ActionStatus.IN_PROGRESS: StatusWords("In progress", "progress"),
    ActionStatus.ABANDONED: StatusWords("Abandoned", "abandoned"),
    ActionStatus.SUCCEEDED: StatusWords("Succeeded", "success"),
    ActionStatus.FAILED: StatusWords("Failed", "failed"),
}


CONDITION: Mapping[ConditionStatus, StatusWords] = {
    ConditionStatus.IN_PROGRESS: StatusWords("In progress", "progress"),
    ConditionStatus.FAILED: StatusWords("Failed", "failed"),
    ConditionStatus.ERRORED: StatusWords("Errored", "failed"),
    ConditionStatus.SUCCEEDED: StatusWords("Succeeded", "success"),
    ConditionStatus.CANCELLED: StatusWords("Cancelled", "cancelled"),
    ConditionStatus.ABANDONED: StatusWords("Abandoned", "abandoned"),
    ConditionStatus.OVERRIDDEN: StatusWords("Overridden", "warning"),
}


def execution_words(status: str) -> StatusWords:
    return EXECUTION[ExecutionStatus(status)]


def stage_words(status: str | None) -> StatusWords:
    """None: no execution has entered the stage yet."""
    return STAGE[StageStatus(status)] if status else NO_EXECUTIONS


def action_words(status: str | None) -> StatusWords:
    """None: the action did not run, and will not."""
    return ACTION[ActionStatus(status)] if status else DID_NOT_RUN
