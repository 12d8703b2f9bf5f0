"""Who may enter a stage: locks, transitions, queues, and executions that supersede one another.

A stage has one lock, and whoever is inside holds it.  In SUPERSEDED mode there is one waiting place
in front of it as well: the newest execution takes it, and those it finds there end as Superseded.
In QUEUED mode they wait in the order in which they came, which is the order in which they started:
nobody overtakes on the way.  PARALLEL executions take no locks and wait for disabled transitions
only.  (AWS: "How pipeline executions work"; spec/engine.md §4.)

What a disabled transition has held up for more than 30 days is not resumed (AWS: "Working with
stage transitions"); it ends as Cancelled, whether or not the transition is enabled again meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from pipelines.core.changes import Change, EnterStage, FinishExecution
from pipelines.core.statuses import ExecutionMode, ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.core.facts import ExecutionFacts, PipelineFacts

HELD_TOO_LONG = "Not resumed: the transition in front of it was disabled for more than 30 days."


def enter(pipeline: PipelineFacts) -> list[Change]:
    """Whoever may enter a stage now, and whoever lost the place in front of it."""
    changes: list[Change] = []
    locked = pipeline.locked
    for stage, candidates in pipeline.candidates.items():
        entrants = [e for e in candidates if not e.takes_locks]
        in_line = [e for e in candidates if e.takes_locks]
        if in_line:
            changes += _supersede(in_line)
            entrants += [first_in_line(in_line)] if stage not in locked else []
        if stage not in pipeline.closed:
            changes += [EnterStage(e.id, stage) for e in entrants]
    return changes


def give_up_waiting(execution: ExecutionFacts) -> list[Change]:
    """The end of an execution that a disabled transition has held up for too long."""
    return [FinishExecution(execution.id, ExecutionStatus.CANCELLED, summary=HELD_TOO_LONG)]


def first_in_line(waiting: Sequence[ExecutionFacts]) -> ExecutionFacts:
    """Who takes the lock of the stage once it is free, of some that wait for it, oldest first.

    They are all of the pipeline's current version, so the mode of one is that of all.
    """
    match waiting[-1].mode:
        case ExecutionMode.QUEUED:
            return waiting[0]
        case ExecutionMode.SUPERSEDED:
            return waiting[-1]
        case ExecutionMode.PARALLEL:
            raise ValueError("Parallel executions do not stand in line.")
        case mode:
            assert_never(mode)


def _supersede(in_line: Sequence[ExecutionFacts]) -> list[Change]:
    """The end of those who lost the waiting place to the newest."""
    *older, newest = in_line
    if newest.mode is not ExecutionMode.SUPERSEDED:
        return []
    return [
        FinishExecution(e.id, ExecutionStatus.SUPERSEDED, superseded_by=newest.id) for e in older
    ]
