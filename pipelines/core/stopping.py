"""When an execution may be stopped, what stopping it does, and what it would do.

The AWS page is "Stop a pipeline execution in CodePipeline"; the rules are spec/stop.md §2 and §3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.core.changes import AbandonAction, Change, FinishExecution, LeaveStage
from pipelines.core.conditions import close
from pipelines.core.refusals import DuplicatedStopRequest, ExecutionNotStoppable, Refusal
from pipelines.core.statuses import ConditionStatus, ExecutionStatus, StageStatus, StopMode

if TYPE_CHECKING:
    from pipelines.core.facts import ExecutionFacts


def reason_not_to_stop(
    status: ExecutionStatus, *, requested: StopMode | None, mode: StopMode
) -> type[Refusal] | None:
    """Why a stop of this mode may not be asked of an execution of this status; None: it may.

    `requested` is the mode of the stop that was accepted before, if any.  An execution that waits
    for its actions may still be told to abandon them; nothing else is accepted twice.
    """
    if status.is_final:
        return ExecutionNotStoppable
    if status is ExecutionStatus.STOPPING and not (
        requested is StopMode.WAIT and mode is StopMode.ABANDON
    ):
        return DuplicatedStopRequest
    return None


def has_abandoned(execution: ExecutionFacts) -> bool:
    return execution.stop is StopMode.ABANDON


def carry_out_stop(execution: ExecutionFacts) -> list[Change]:
    """Nothing new starts; what runs is waited for or abandoned; then all ends in one step.

    The rules of a condition are waited for as actions are, but nothing follows from them.
    """
    if execution.waits_for_something and not has_abandoned(execution):
        return []
    changes: list[Change] = [
        AbandonAction(execution.id, action.name) for action in execution.live_actions
    ]
    if condition := execution.running_condition:
        given_up = ConditionStatus.ABANDONED if has_abandoned(execution) else None
        changes += close(execution, condition, given_up)
    if execution.occupies is not None:
        changes.append(LeaveStage(execution.id, execution.occupies, StageStatus.STOPPED))
    return [*changes, FinishExecution(execution.id, ExecutionStatus.STOPPED)]
