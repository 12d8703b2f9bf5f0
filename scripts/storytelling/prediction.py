"""What the rules alone say of a story: a small world of the explorer, driven a step at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from exploring.moves import Lost, Move, moves_of, overrides_of, retries_of
from exploring.small import Execution, facts_of, made, pipeline_of

from pipelines.core.advance import settle
from pipelines.core.changes import EnterStage
from pipelines.core.statuses import ActionStatus, StageStatus

if TYPE_CHECKING:
    from pipelines.core.plan import PipelinePlan
    from pipelines.core.statuses import ExecutionMode

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)


class Standing(NamedTuple):
    """How one execution is: its status, and that of each action and rule that counts in it."""

    status: str
    actions: dict[str, str]
    rules: dict[str, str]


class Place(NamedTuple):
    """Who entered a stage last, and how it is with that, and with each condition of it."""

    sequence: int
    status: str
    conditions: dict[str, str]


@dataclass
class Prediction:
    """One pipeline as it must be now."""

    mode: ExecutionMode
    plan: PipelinePlan
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
            for move in (*moves_of(execution), *self._again(execution))
            if not isinstance(move.what, Lost)
        ]

    def look(self) -> None:
        """What the engine does by itself."""
        unfinished = [facts_of(e, self.plan) for e in self.executions if not e.status.is_final]
        changes, _ = settle(pipeline_of(unfinished, is_closed=self.is_closed), now=NOW)
        for change in changes:
            position = change.execution_id.int - 1
            self.executions[position] = made(self.executions[position], change)
            if isinstance(change, EnterStage) and self.mode.takes_locks:
                self.latest[change.stage] = change.execution_id.int

    def state(self) -> list[Standing]:
        """How each execution is, in the order of starting."""
        return [Standing(str(e.status), self._actions(e), _rules(e)) for e in self.executions]

    def stages(self) -> dict[str, Place]:
        """How each stage is that somebody has entered."""
        return {
            stage: _place(self.executions[sequence - 1], stage)
            for stage, sequence in self.latest.items()
        }

    def _again(self, execution: Execution) -> list[Move]:
        """Its stage retried, or a condition of it overridden."""
        if not execution.passage:
            return []
        is_latest = self.latest.get(execution.stay.stage) == execution.sequence
        return [
            *retries_of(execution, is_latest=is_latest),
            *overrides_of(execution, self.plan, is_latest=is_latest),
        ]

    def _actions(self, execution: Execution) -> dict[str, str]:
        """Without those of stages that were skipped, of which the small world keeps nothing."""
        found: dict[str, str] = {}
        for stay in execution.passage:
            if stay.status is StageStatus.SUCCEEDED:
                declared = self.plan.stage(stay.stage).actions
                found |= {action.name: str(ActionStatus.SUCCEEDED) for action in declared}
            else:
                found |= {run.name: str(run.status) for run in stay.latest}
        return found


def _rules(execution: Execution) -> dict[str, str]:
    """Those of the last stage, unless it is passed."""
    rules = execution.stay.rules if execution.passage else ()
    return {rule.name: str(rule.status) for rule in rules}


def _place(execution: Execution, stage: str) -> Place:
    (stay,) = (stay for stay in execution.passage if stay.stage == stage)
    conditions = {str(check.kind): str(check.status) for check in stay.checks}
    return Place(execution.sequence, str(stay.status), conditions)
