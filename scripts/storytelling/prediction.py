"""What the rules alone say of a story: the small world of the explorer, driven a step at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from exploring.moves import Lost, Move, moves_of, retries_of
from exploring.small import PLAN, Execution, facts_of, made, pipeline_of

from pipelines.core.advance import settle
from pipelines.core.changes import EnterStage
from pipelines.core.statuses import ActionStatus, StageStatus

if TYPE_CHECKING:
    from pipelines.core.statuses import ExecutionMode

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)


@dataclass
class Prediction:
    """One pipeline as it must be now."""

    mode: ExecutionMode
    executions: list[Execution] = field(default_factory=list)
    is_closed: bool = False
    latest: dict[str, int] = field(default_factory=dict)  # stage -> who took its lock last

    def start(self) -> None:
        self.executions.append(Execution(len(self.executions) + 1, self.mode))
        self.look()

    def turn_transition(self) -> None:
        self.is_closed = not self.is_closed
        self.look()

    def make(self, move: Move) -> None:
        self.executions[move.behind.sequence - 1] = move.behind
        self.look()

    def moves(self) -> list[Move]:
        """What may be asked of the executions now; nobody is lost who works elsewhere."""
        return [
            move
            for execution in self.executions
            for move in (*moves_of(execution), *self._retries_of(execution))
            if not isinstance(move.what, Lost)
        ]

    def look(self) -> None:
        """What the engine does by itself."""
        unfinished = [facts_of(e) for e in self.executions if not e.status.is_final]
        changes, _ = settle(pipeline_of(unfinished, is_closed=self.is_closed), now=NOW)
        for change in changes:
            position = change.execution_id.int - 1
            self.executions[position] = made(self.executions[position], change)
            if isinstance(change, EnterStage) and self.mode.takes_locks:
                self.latest[change.stage] = change.execution_id.int

    def state(self) -> list[tuple[str, dict[str, str]]]:
        """Status of each execution, and of each action that counts in it."""
        return [(str(e.status), _actions(e)) for e in self.executions]

    def stages(self) -> dict[str, tuple[int, str]]:
        """Who entered each stage last, and how it is with that."""
        return {
            stage: (sequence, _status_in(self.executions[sequence - 1], stage))
            for stage, sequence in self.latest.items()
        }

    def _retries_of(self, execution: Execution) -> list[Move]:
        if not execution.passage:
            return []
        is_latest = self.latest.get(execution.stay.stage) == execution.sequence
        return list(retries_of(execution, is_latest=is_latest))


def _actions(execution: Execution) -> dict[str, str]:
    found: dict[str, str] = {}
    for stay in execution.passage:
        if stay.status is StageStatus.SUCCEEDED:
            declared = PLAN.stage(stay.stage).actions
            found |= {action.name: str(ActionStatus.SUCCEEDED) for action in declared}
        else:
            found |= {run.name: str(run.status) for run in stay.latest}
    return found


def _status_in(execution: Execution, stage: str) -> str:
    return next(str(stay.status) for stay in execution.passage if stay.stage == stage)
