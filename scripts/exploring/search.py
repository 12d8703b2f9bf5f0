"""The search: breadth first through every state that can be reached, each looked at once.

A state is a few small numbers: that of each execution, which stands for all that there is to know
of it, whether the transition is disabled, and who took the lock of each stage last.  What can
become of an execution by itself is found once for each, and what the rules decide once for each
combination of unfinished ones.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from exploring.moves import Move, moves_of, overrides_of, retries_of
from exploring.small import EXECUTIONS, ORDER, PLAN, Execution, facts_of, made, pipeline_of
from pipelines.core.advance import advance, settle
from pipelines.core.changes import EnterStage, FinishCondition, LeaveStage, StartAction, after
from pipelines.core.statuses import ActionStatus, ConditionKind, StageStatus
from tests.core import laws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from pipelines.core.changes import Change
    from pipelines.core.facts import ActionFacts, ExecutionFacts, PipelineFacts
    from pipelines.core.plan import PipelinePlan
    from pipelines.core.statuses import ExecutionMode

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
BITS = 21  # of the number of an execution
MASK = (1 << BITS) - 1


class State(NamedTuple):
    """One state: numbers of the executions that have started, and what else there is."""

    executions: tuple[int, ...]
    is_closed: bool = False
    latest: tuple[int, ...] = (0,) * len(ORDER)  # who entered each stage last; 0: nobody

    def packed(self) -> int:
        """All of it in one number, which takes little room."""
        key = int(self.is_closed)
        for sequence in self.latest:
            key = key << 2 | sequence
        for number in range(EXECUTIONS):
            known = number < len(self.executions)
            key = key << BITS | (self.executions[number] + 1 if known else 0)
        return key


def unpacked(key: int) -> State:
    executions = []
    for _ in range(EXECUTIONS):
        if number := key & MASK:
            executions.append(number - 1)
        key >>= BITS
    latest = []
    for _ in ORDER:
        latest.append(key & 3)
        key >>= 2
    return State(tuple(reversed(executions)), bool(key), tuple(reversed(latest)))


class Outcome(NamedTuple):
    """What a look of the engine makes of the unfinished executions, by their sequences."""

    behind: dict[int, int]
    entered: tuple[tuple[int, int], ...]  # (position of the stage, sequence)


class Violation(Exception):
    """A law does not hold; the message tells how to get there."""


@dataclass
class Report:
    """How far the search has come."""

    mode: ExecutionMode
    states: int = 1
    steps: int = 0
    decisions: int = 0
    depth: int = 0
    is_exhausted: bool = False
    seconds: float = 0.0


@dataclass
class Explorer:
    """The small world in one execution mode."""

    mode: ExecutionMode
    plan: PipelinePlan = PLAN
    most: int = EXECUTIONS
    more_laws: Callable[[Sequence[Execution]], None] | None = None
    _known: list[Execution] = field(default_factory=list)
    _numbers: dict[Execution, int] = field(default_factory=dict)
    _moves: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    _retries: dict[tuple[int, bool], list[tuple[str, int]]] = field(default_factory=dict)
    _facts: dict[int, object] = field(default_factory=dict)
    _outcomes: dict[object, Outcome] = field(default_factory=dict)
    _came_from: dict[int, int] = field(default_factory=dict)

    def explore(self, bound: int, tell: Callable[[Report], None] = lambda _: None) -> Report:
        """Look at as many states as that, or at all; raises Violation."""
        report, began = Report(self.mode), time.monotonic()
        start = State(()).packed()
        self._came_from = {start: start}
        frontier, told = deque([(start, 0)]), began
        while frontier and report.states < bound:
            key, report.depth = frontier.popleft()
            for behind in self._look_at(key, report):
                self._came_from[behind] = key
                frontier.append((behind, report.depth + 1))
            report.states = len(self._came_from)
            report.seconds = time.monotonic() - began
            if report.seconds + began - told > 2:
                told = report.seconds + began
                tell(report)
        report.is_exhausted = not frontier
        report.decisions = len(self._outcomes)
        return report

    def _look_at(self, key: int, report: Report) -> list[int]:
        """The states behind it that nobody has seen yet."""
        state, fresh, words = unpacked(key), [], ""
        try:
            for said, behind, is_at_rest in self._steps(state):
                report.steps, words = report.steps + 1, said
                packed = behind.packed()
                if is_at_rest:
                    self._check_rest(state, behind)
                if packed not in self._came_from:
                    self._check(behind)
                    self._came_from[packed] = key
                    fresh.append(packed)
        except AssertionError as broken:
            raise Violation(self._told(key, words)) from broken
        return fresh

    def _steps(self, state: State) -> Iterator[tuple[str, State, bool]]:
        """What can happen next, in words, what it leads to, and whether the engine is done then."""
        numbers = state.executions
        if len(numbers) < self.most:
            started = self._number(Execution(len(numbers) + 1, self.mode))
            yield "start", state._replace(executions=(*numbers, started)), False
        yield "the transition", state._replace(is_closed=not state.is_closed), False
        for position, number in enumerate(numbers):
            for words, behind in (*self._moves_of(number), *self._retries_of(state, number)):
                changed = (*numbers[:position], behind, *numbers[position + 1 :])
                yield words, state._replace(executions=changed), False
        yield "the engine looks", self._after_look(state, until_rest=True), True
        yield "the engine is cut off", self._after_look(state, until_rest=False), False

    def _moves_of(self, number: int) -> list[tuple[str, int]]:
        if number not in self._moves:
            execution = self._known[number]
            self._moves[number] = [self._step(execution, move) for move in moves_of(execution)]
        return self._moves[number]

    def _retries_of(self, state: State, number: int) -> list[tuple[str, int]]:
        execution = self._known[number]
        if not execution.passage:
            return []
        position = ORDER.index(execution.stay.stage)
        key = number, state.latest[position] == execution.sequence
        if key not in self._retries:
            retries = retries_of(execution, is_latest=key[1])
            overrides = overrides_of(execution, self.plan, is_latest=key[1])
            self._retries[key] = [self._step(execution, m) for m in (*retries, *overrides)]
        return self._retries[key]

    def _step(self, before: Execution, move: Move) -> tuple[str, int]:
        if move.behind.attempt == before.attempt:
            laws.check_step(before, move.behind)
        return move.words, self._number(move.behind)

    def _number(self, execution: Execution) -> int:
        """Its number; the laws about one execution are looked after when it is first seen."""
        number = self._numbers.get(execution)
        if number is None:
            laws.check_one(execution)
            number = self._numbers[execution] = len(self._known)
            self._known.append(execution)
        return number

    # What the rules decide.

    def _after_look(self, state: State, *, until_rest: bool) -> State:
        unfinished = tuple(n for n in state.executions if not self._known[n].status.is_final)
        key = unfinished, state.is_closed, until_rest
        outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = self._outcomes[key] = self._decided(*key)
        if not outcome.behind:
            return state
        changed = tuple(outcome.behind.get(number, number) for number in state.executions)
        latest = list(state.latest)
        for position, sequence in outcome.entered:
            latest[position] = sequence
        return State(changed, state.is_closed, tuple(latest))

    def _decided(self, unfinished: tuple[int, ...], is_closed: bool, until_rest: bool) -> Outcome:
        before = {self._known[n].id: self._known[n] for n in unfinished}
        facts = pipeline_of(map(self._facts_of, before.values()), is_closed=is_closed)
        changes = settle(facts, now=NOW)[0] if until_rest else advance(facts, now=NOW)
        behind = dict(before)
        for change in changes:
            behind[change.execution_id] = made(behind[change.execution_id], change)
        self._check_decision(facts, changes, behind)
        self._check_conditions(before.values(), changes)
        for id_, execution in before.items():
            if behind[id_].attempt == execution.attempt:  # it was not retried by itself
                laws.check_step(execution, behind[id_])
        laws.i16_who_enters_a_queued_stage_is_who_came_first(before.values(), behind.values())
        if until_rest:
            laws.i25_parallel_executions_have_nothing_to_do_with_one_another(facts, now=NOW)
        return Outcome(
            {n: self._number(behind[self._known[n].id]) for n in unfinished},
            tuple(self._entries(changes)),
        )

    def _facts_of(self, execution: Execution) -> ExecutionFacts:
        return facts_of(execution, self.plan)

    def _check_decision(
        self, facts: PipelineFacts, changes: list[Change], behind: Mapping[UUID, Execution]
    ) -> None:
        """The facts go where the world does."""
        expected = [self._facts_of(e) for e in behind.values() if not e.status.is_final]
        assert [_of_now(e) for e in after(facts, changes).executions] == expected

    def _check_conditions(self, before: Iterable[Execution], changes: list[Change]) -> None:
        """A stage begins and succeeds only once the conditions for that are met."""
        inside = {e.id: e.stay for e in before if e.occupies}
        where = {id_: stay.stage for id_, stay in inside.items()}
        met = {
            id_: {c.kind for c in stay.checks if c.status.is_met} for id_, stay in inside.items()
        }
        for change in changes:
            match change:
                case EnterStage(id_, stage):
                    where[id_], met[id_] = stage, set()
                case FinishCondition(id_, kind, status) if status.is_met:
                    met[id_].add(kind)
                case StartAction(id_, _):
                    assert self._is_met(ConditionKind.BEFORE_ENTRY, where[id_], met[id_])
                case LeaveStage(id_, stage, StageStatus.SUCCEEDED):
                    assert self._is_met(ConditionKind.ON_SUCCESS, stage, met[id_])
                case _:
                    pass

    def _is_met(self, kind: ConditionKind, stage: str, met: set[ConditionKind]) -> bool:
        return kind in met or kind not in self.plan.stage(stage).conditions

    def _entries(self, changes: list[Change]) -> Iterator[tuple[int, int]]:
        if not self.mode.takes_locks:
            return
        for change in changes:
            if isinstance(change, EnterStage):
                yield ORDER.index(change.stage), change.execution_id.int

    # What always holds.

    def _executions(self, state: State) -> list[Execution]:
        return [self._known[number] for number in state.executions]

    def _check(self, state: State) -> None:
        executions = self._executions(state)
        laws.check_all(executions, ORDER)
        if self.more_laws:
            self.more_laws(executions)

    def _check_rest(self, state: State, behind: State) -> None:
        """Looked after where something has changed; a second look changes nothing."""
        laws.check_rest(self._executions(behind), [ORDER[1]] if state.is_closed else [])
        if behind is not state:
            assert self._after_look(behind, until_rest=True).packed() == behind.packed()

    def _told(self, key: int, words: str) -> str:
        """The way from the start to the state, and what breaks the law there."""
        keys = [key]
        while (before := self._came_from[keys[-1]]) != keys[-1]:
            keys.append(before)
        keys.reverse()
        told = []
        for before, behind in pairwise(keys):
            steps = self._steps(unpacked(before))
            told.append(next(said for said, state, _ in steps if state.packed() == behind))
        state = "\n".join(map(repr, self._executions(unpacked(key))))
        return f"{self.mode}: {'; '.join([*told, words])}\n{state}"


def _of_now(execution: ExecutionFacts) -> ExecutionFacts:
    """Without who was lost that worked on what has ended."""
    conditions = (
        replace(each, rules=_without_the_lost(each.rules)) for each in execution.conditions
    )
    return replace(
        execution,
        actions=_without_the_lost(execution.actions),
        conditions=tuple(conditions),
    )


def _without_the_lost(runs: tuple[ActionFacts, ...]) -> tuple[ActionFacts, ...]:
    return tuple(
        run if run.status is ActionStatus.IN_PROGRESS else replace(run, is_lost=False)
        for run in runs
    )
