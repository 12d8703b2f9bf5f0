"""When a stage may be retried, and which of its actions run again.

The rules are spec/stop.md §6 and spec/engine.md §9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from pipelines.core.refusals import NotLatestExecution, StageNotRetryable
from pipelines.core.statuses import ActionStatus, ExecutionMode, RetryMode, StageStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

RERUN = frozenset({ActionStatus.FAILED, ActionStatus.ABANDONED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryFacts:
    """What the rule needs to know of one execution's stay in one stage."""

    stage_status: StageStatus | None  # None: the execution never entered the stage
    is_latest: bool  # no other execution has taken the stage's lock since
    is_outdated: bool  # the pipeline was updated since the execution started
    actions: Mapping[str, ActionStatus]  # the latest execution of each action that started
    is_checking: bool = False  # a condition of the stage is being checked
    mode: ExecutionMode = ExecutionMode.SUPERSEDED  # the execution's

    @property
    def is_overtaken(self) -> bool:
        """Nobody overtakes a parallel execution: it has every stage to itself."""
        return self.mode.takes_locks and not self.is_latest


def actions_to_rerun(stage: RetryFacts, *, mode: RetryMode) -> frozenset[str]:
    """The started actions that a retry runs again; those that never started simply follow.

    Raises NotLatestExecution or StageNotRetryable.
    """
    if stage.stage_status is None or stage.is_overtaken:
        raise NotLatestExecution(
            "The execution is not the latest one that entered the stage, so the stage cannot be"
            " retried for it."
        )
    if stage.is_outdated:
        raise _not_retryable("the pipeline was changed after the execution started")
    if stage.is_checking:
        raise _not_retryable("one of its conditions is being checked")
    match mode:
        case RetryMode.FAILED_ACTIONS:
            return _failed(stage)
        case RetryMode.ALL_ACTIONS:
            return _all(stage)
        case _:
            assert_never(mode)


def rerun_by_itself(
    actions: Mapping[str, ActionStatus], *, mode: RetryMode | None
) -> frozenset[str]:
    """The actions that an automatic retry runs again, once nothing in the stage is live."""
    return frozenset(
        name for name, status in actions.items() if mode is RetryMode.ALL_ACTIONS or status in RERUN
    )


def _failed(stage: RetryFacts) -> frozenset[str]:
    rerun = frozenset(name for name, status in stage.actions.items() if status in RERUN)
    if stage.stage_status is StageStatus.IN_PROGRESS:
        if not rerun:
            raise _not_retryable("it is in progress and has no failed actions")
        return rerun
    _check_ended(stage)
    return rerun


def _all(stage: RetryFacts) -> frozenset[str]:
    if ActionStatus.IN_PROGRESS in stage.actions.values():
        raise _not_retryable("it has actions that are in progress")
    _check_ended(stage)
    return frozenset(stage.actions)


def _check_ended(stage: RetryFacts) -> None:
    if stage.stage_status not in {StageStatus.FAILED, StageStatus.STOPPED}:
        raise _not_retryable(f"its status is {stage.stage_status}")


def _not_retryable(why: str) -> StageNotRetryable:
    return StageNotRetryable(f"The stage cannot be retried: {why}.")
