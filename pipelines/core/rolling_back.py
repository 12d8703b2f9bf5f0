"""When a stage may be rolled back, to what, and what doing so starts.

The AWS page is "Roll back a stage in CodePipeline"; the rules are spec/engine.md §10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid5

from pipelines.core.changes import RollBack
from pipelines.core.refusals import ExecutionOutdated, UnableToRollbackStage
from pipelines.core.statuses import ExecutionMode, ExecutionType, StageStatus

if TYPE_CHECKING:
    from pipelines.core.facts import ExecutionFacts, PipelineFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class StageToRollBack:
    """What the rule needs to know of the stage, as it is now."""

    mode: ExecutionMode
    is_source: bool
    status: StageStatus | None  # of who entered it last; None: nobody did


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the rule needs to know of the execution that is to be brought back."""

    type: ExecutionType
    status_in_stage: StageStatus | None  # None: it never entered the stage
    is_outdated: bool  # the pipeline was updated since it started


def check_stage(stage: StageToRollBack) -> None:
    """Raises UnableToRollbackStage for a stage that cannot be rolled back to anything now."""
    if stage.mode is ExecutionMode.PARALLEL:
        raise _unable("the pipeline has the execution mode PARALLEL")
    if stage.is_source:
        raise _unable("it is the source stage")
    if stage.status is not None and stage.status.locks:
        raise _unable("it is currently running")


def check_target(target: Target) -> None:
    """Raises ExecutionOutdated or UnableToRollbackStage."""
    if target.is_outdated:
        raise ExecutionOutdated(
            "The target pipeline execution is outdated: the pipeline was changed after it started."
        )
    if target.type is ExecutionType.ROLLBACK:
        raise _unable("the target pipeline execution is itself a rollback")
    if target.status_in_stage is not StageStatus.SUCCEEDED:
        became = target.status_in_stage or "not there"
        raise _unable(f"the target pipeline execution did not succeed in it, but was {became}")


def roll_back(pipeline: PipelineFacts, execution: ExecutionFacts) -> list[RollBack]:
    """What the failure of its stage starts; nothing when there is nothing to bring back."""
    stage = execution.occupies
    target = pipeline.last_successes.get(stage or "")
    if stage is None or target is None or execution.is_outdated:
        return []
    rollback_id = uuid5(execution.id, f"rollback of {stage}")
    return [RollBack(execution.id, stage, target, rollback_id)]


def _unable(why: str) -> UnableToRollbackStage:
    return UnableToRollbackStage(f"The stage cannot be rolled back: {why}.")
