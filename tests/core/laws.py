"""What always holds, whatever happens: the invariants of spec/stop.md §8, each in its one place.

They are about records of executions, which may be of any kind that has the attributes of `Record`:
the story (`test_any_story`) and the explorer (`scripts/exploring`) each have their own.  Laws of
one execution and of all of them hold in every state; laws of a step relate the state before to the
one behind it; laws of rest hold once the engine has seen everything.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from pipelines.core.advance import settle
from pipelines.core.facts import PipelineFacts
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    StageStatus,
    StopMode,
)

LIVE = ActionStatus.IN_PROGRESS
PASSED = {StageStatus.SUCCEEDED, StageStatus.SKIPPED}
RETRYABLE = {ExecutionStatus.FAILED, ExecutionStatus.STOPPED}
SUSPENDED = {ExecutionStatus.STOPPING, ExecutionStatus.STOPPED}


class Run(Protocol):
    """An action execution."""

    @property
    def id(self) -> object: ...
    @property
    def status(self) -> ActionStatus: ...


class Check(Protocol):
    """The latest check of a condition."""

    @property
    def kind(self) -> ConditionKind: ...
    @property
    def status(self) -> ConditionStatus: ...
    @property
    def rules(self) -> Sequence[Run]: ...


class Stay(Protocol):
    """An execution in a stage, with the latest run of each action."""

    @property
    def stage(self) -> str: ...
    @property
    def status(self) -> StageStatus: ...
    @property
    def latest(self) -> Sequence[Run]: ...


class Record(Protocol):
    """A pipeline execution."""

    @property
    def sequence(self) -> int: ...
    @property
    def mode(self) -> ExecutionMode: ...
    @property
    def type(self) -> ExecutionType: ...
    @property
    def status(self) -> ExecutionStatus: ...
    @property
    def stop(self) -> StopMode | None: ...
    @property
    def occupies(self) -> str | None: ...
    @property
    def waits_for(self) -> str | None: ...
    @property
    def is_cancelled(self) -> bool: ...
    @property
    def passage(self) -> Sequence[Stay]: ...  # its stays, in the order of entering


def check_one(record: Record) -> None:
    """Every law of one execution."""
    i1_i10_what_is_finished_is_nowhere_and_nothing_of_it_is_live(record)
    i2_stopping_was_asked_for(record)
    i9_an_execution_holds_the_lock_of_the_stage_that_it_is_in(record)
    i11_the_occupied_stage_follows_the_execution(record)
    i12_the_stages_before_are_passed(record)
    a_rollback_is_in_one_stage_and_no_other(record)
    one_condition_is_checked_at_a_time_and_nothing_runs_beside_it(record)
    nothing_has_run_where_the_entry_is_not_met(record)


def check_all(records: Collection[Record], order: Sequence[str]) -> None:
    """Every law of all executions together; `order` is of the stages of the current version."""
    i9_a_stage_has_one_lock(records)
    nobody_overtakes(records, order)


def check_step(before: Record, behind: Record) -> None:
    """Every law of what may become of an execution in one step that is not a retry by hand."""
    i2_stopping_ends_as_stopped_only(before, behind)
    i3_i4_i15_nothing_starts_and_nobody_enters_after_a_stop(before, behind)
    i6_i8_only_an_abandoning_stop_abandons(before, behind)
    i7_what_has_ended_stays_as_it_is(before, behind)
    i11_a_stop_inside_a_stage_stops_the_stage(before, behind)
    i13_what_is_finished_does_not_change(before, behind)


def check_rest(records: Collection[Record], closed: Collection[str]) -> None:
    """Every law of the state that the engine leaves."""
    for record in records:
        i5_a_stop_that_waits_waits_for_something(record)
    i17_nobody_waits_in_front_of_an_open_stage(records, closed)


def i1_i10_what_is_finished_is_nowhere_and_nothing_of_it_is_live(record: Record) -> None:
    if record.status.is_final:
        assert record.occupies is None
        assert record.waits_for is None
        assert not live(record)
    else:
        assert (record.occupies is None) is not (record.waits_for is None)


def one_condition_is_checked_at_a_time_and_nothing_runs_beside_it(record: Record) -> None:
    for stay in record.passage:
        running = [each for each in _checks(stay) if each.status is ConditionStatus.IN_PROGRESS]
        assert len(running) <= 1
        if running:
            assert stay.stage == record.occupies
            assert LIVE not in {run.status for run in stay.latest}


def nothing_has_run_where_the_entry_is_not_met(record: Record) -> None:
    for stay in record.passage:
        kinds = {each.kind for each in _checks(stay) if not each.status.is_met}
        assert not stay.latest or ConditionKind.BEFORE_ENTRY not in kinds


def i2_stopping_was_asked_for(record: Record) -> None:
    assert (record.status is ExecutionStatus.STOPPING) <= (record.stop is not None)


def i2_stopping_ends_as_stopped_only(before: Record, behind: Record) -> None:
    if before.status is ExecutionStatus.STOPPING:
        assert behind.status in SUSPENDED
    elif behind.status is ExecutionStatus.STOPPED:
        assert before.status is ExecutionStatus.STOPPED


def i3_i4_i15_nothing_starts_and_nobody_enters_after_a_stop(before: Record, behind: Record) -> None:
    if before.status in SUSPENDED:
        assert _runs(before) == _runs(behind)
        assert [stay.stage for stay in before.passage] == [stay.stage for stay in behind.passage]


def i5_a_stop_that_waits_waits_for_something(record: Record) -> None:
    if record.status is ExecutionStatus.STOPPING:
        assert record.stop is StopMode.WAIT
        assert live(record)


def i6_i8_only_an_abandoning_stop_abandons(before: Record, behind: Record) -> None:
    was = {run.id: run.status for stay in before.passage for run in stay.latest}
    for stay in behind.passage:
        for run in stay.latest:
            if run.status is ActionStatus.ABANDONED and was.get(run.id) is not run.status:
                assert before.stop is StopMode.ABANDON


def i7_what_has_ended_stays_as_it_is(before: Record, behind: Record) -> None:
    now = {run.id: run.status for stay in behind.passage for run in stay.latest}
    for stay in before.passage:
        for run in stay.latest:
            if run.status is not LIVE:
                assert now.get(run.id, run.status) is run.status


def i9_an_execution_holds_the_lock_of_the_stage_that_it_is_in(record: Record) -> None:
    held = [stay.stage for stay in record.passage if stay.status.locks]
    assert held == ([record.occupies] if record.occupies else [])


def i9_a_stage_has_one_lock(records: Collection[Record]) -> None:
    holders = Counter(r.occupies for r in records if r.occupies and r.mode.takes_locks)
    assert all(count == 1 for count in holders.values())


def i11_the_occupied_stage_follows_the_execution(record: Record) -> None:
    if record.occupies:
        is_stopping = record.status is ExecutionStatus.STOPPING
        expected = StageStatus.STOPPING if is_stopping else StageStatus.IN_PROGRESS
        assert record.passage[-1].status is expected


def i11_a_stop_inside_a_stage_stops_the_stage(before: Record, behind: Record) -> None:
    if before.occupies and behind.status is ExecutionStatus.STOPPED:
        assert behind.passage[-1].stage == before.occupies
        assert behind.passage[-1].status is StageStatus.STOPPED


def i12_the_stages_before_are_passed(record: Record) -> None:
    assert {stay.status for stay in record.passage[:-1]} <= PASSED


def i13_what_is_finished_does_not_change(before: Record, behind: Record) -> None:
    if before.status.is_final:
        assert behind.status is before.status
        assert _runs(before) == _runs(behind)
        assert [stay.status for stay in before.passage] == [stay.status for stay in behind.passage]


def i16_who_enters_a_queued_stage_is_who_came_first(
    before: Collection[Record], behind: Collection[Record]
) -> None:
    """So a queue keeps its order, whoever leaves it."""
    was = {record.sequence: record for record in before}
    for record in behind:
        stage, old = record.occupies, was.get(record.sequence)
        if record.mode is not ExecutionMode.QUEUED or old is None or old.waits_for != stage:
            continue
        waited = [r.sequence for r in behind if r.waits_for == stage and may_enter(r)]
        assert all(record.sequence < other for other in waited if stage)


def i17_nobody_waits_in_front_of_an_open_stage(
    records: Collection[Record], closed: Collection[str]
) -> None:
    occupied = {r.occupies for r in records if r.mode.takes_locks}
    waiting = [r for r in records if may_enter(r)]
    for record in waiting:
        assert record.waits_for in closed or (
            record.mode.takes_locks and record.waits_for in occupied
        )
    places = Counter(r.waits_for for r in waiting if r.mode is ExecutionMode.SUPERSEDED)
    assert all(count == 1 for count in places.values())  # one waiting place a stage


def i25_parallel_executions_have_nothing_to_do_with_one_another(
    facts: PipelineFacts, *, now: datetime
) -> None:
    """What the rules decide about each is what they decide about it alone."""
    parallel = [e for e in facts.executions if not e.takes_locks]
    if not parallel:
        return
    together, _ = settle(facts, now=now)
    for each in parallel:
        apart, _ = settle(alone(facts, each.id), now=now)
        assert [c for c in together if c.execution_id == each.id] == apart


def alone(facts: PipelineFacts, execution_id: object) -> PipelineFacts:
    only = tuple(e for e in facts.executions if e.id == execution_id)
    return PipelineFacts(executions=only, closed=facts.closed, last_sequence=facts.last_sequence)


def nobody_overtakes(records: Collection[Record], order: Sequence[str]) -> None:
    """Newer executions are behind older ones: so nobody arrives where a newer one waits.

    This is what makes the order of starting the order of a queue.
    """
    position = {stage: number for number, stage in enumerate(order)}
    in_line = [r for r in records if _is_in_line(r)]
    places = [2 * position[r.occupies or str(r.waits_for)] + bool(r.occupies) for r in in_line]
    assert all(older >= newer for older, newer in pairwise(places))


def a_rollback_is_in_one_stage_and_no_other(record: Record) -> None:
    if record.type is ExecutionType.ROLLBACK:
        assert len(record.passage) == 1
        assert record.waits_for is None


def live(record: Record) -> list[Run]:
    """Actions, and rules of conditions where the world has them."""
    return [
        run
        for stay in record.passage
        for run in (*stay.latest, *getattr(stay, "rules", ()))
        if run.status is LIVE
    ]


def may_enter(record: Record) -> bool:
    is_going_on = record.status is ExecutionStatus.IN_PROGRESS and not record.is_cancelled
    return is_going_on and record.waits_for is not None


def _is_in_line(record: Record) -> bool:
    of_the_line = record.mode.takes_locks and record.type is ExecutionType.STANDARD
    return of_the_line and not record.status.is_final and not record.is_cancelled


def _checks(stay: Stay) -> Sequence[Check]:
    """The latest checks of its conditions, where the world has conditions."""
    return getattr(stay, "checks", ())


def _runs(record: Record) -> set[object]:
    """Of actions and of rules."""
    return {
        run.id
        for stay in record.passage
        for run in (*stay.latest, *(rule for check in _checks(stay) for rule in check.rules))
    }
