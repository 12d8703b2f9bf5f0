"""Who may enter a stage: locks, transitions, and executions that supersede one another.

A stage has one lock.  In SUPERSEDED mode it has one waiting place as well: the newest execution
that waits in front of a stage takes it, and those it finds there end as Superseded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from pipelines.core.changes import Change, EnterStage, FinishExecution
from pipelines.core.statuses import ExecutionMode, ExecutionStatus

if TYPE_CHECKING:
    from pipelines.core.facts import PipelineFacts


class ModeNotAvailable(Exception):
    """The execution mode is AWS's, but not built here yet."""


def enter(pipeline: PipelineFacts) -> list[Change]:
    """Whoever may enter a stage now, and whoever lost the place in front of it."""
    match pipeline.mode:
        case ExecutionMode.SUPERSEDED:
            return _newest_first(pipeline)
        case ExecutionMode.QUEUED | ExecutionMode.PARALLEL:
            raise ModeNotAvailable(pipeline.mode)
        case _:
            assert_never(pipeline.mode)


def is_open(pipeline: PipelineFacts, stage: str) -> bool:
    """Whether the stage could be entered now: nobody is in it and no transition holds it shut."""
    return stage not in pipeline.closed and pipeline.occupant_of(stage) is None


def _newest_first(pipeline: PipelineFacts) -> list[Change]:
    waited_for = {e.waits_for: None for e in pipeline.executions if e.waits_for}
    changes: list[Change] = []
    for stage in waited_for:
        candidates = pipeline.candidates_for(stage)
        if not candidates:
            continue
        *older, newest = candidates
        changes += [
            FinishExecution(e.id, ExecutionStatus.SUPERSEDED, superseded_by=newest.id)
            for e in older
        ]
        if is_open(pipeline, stage):
            changes.append(EnterStage(newest.id, stage))
    return changes
