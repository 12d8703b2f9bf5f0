"""Whatever happens, in whatever order: the invariants of spec/stop.md §8, on the rules alone.

The world here is one in miniature: it does on values what the use cases and the engine do on
rows.  Each invariant is named as it is there.
"""

import os
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipelines.core.advance import advance, settle
from pipelines.core.changes import (
    AbandonAction,
    AbandonRule,
    EnterStage,
    FailAction,
    FailRule,
    FinishCondition,
    FinishExecution,
    LeaveStage,
    PassRule,
    RetryStage,
    RollBack,
    StartAction,
    StartCondition,
    StartRule,
    WaitFor,
    after,
)
from pipelines.core.concurrency import check_concurrency
from pipelines.core.conditions import OverrideFacts, check_override
from pipelines.core.facts import ActionFacts, ConditionFacts, ExecutionFacts, PipelineFacts
from pipelines.core.plan import ActionPlan, ConditionPlan, PipelinePlan, StagePlan
from pipelines.core.refusals import (
    ConditionNotOverridable,
    DuplicatedStopRequest,
    ExecutionNotStoppable,
    ExecutionOutdated,
    NotLatestExecution,
    StageNotRetryable,
    TooManyExecutions,
    UnableToRollbackStage,
)
from pipelines.core.retrying import RetryFacts, actions_to_rerun
from pipelines.core.rolling_back import StageToRollBack, Target, check_stage, check_target
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    RetryMode,
    StageResult,
    StageStatus,
    StopMode,
)
from pipelines.core.stopping import reason_not_to_stop
from pipelines.core.timeouts import HELD_AT_MOST
from tests.core import laws
from tests.core.situations import NOW, number
from tests.definitions import COMMANDS

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SETTINGS = settings(
    deadline=None,
    max_examples=1000 if NIGHTLY else 60,
    stateful_step_count=60 if NIGHTLY else 30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
MOST_ROUNDS = 100  # of the rules until nothing changes: far more than any story here needs
STAGES = ("Source", "Build", "Test", "Deploy")
LIVE = ActionStatus.IN_PROGRESS

RESULTS = {
    ConditionKind.BEFORE_ENTRY: ("FAIL", "SKIP"),
    ConditionKind.ON_SUCCESS: ("FAIL", "ROLLBACK"),
    ConditionKind.ON_FAILURE: ("ROLLBACK", "SKIP"),
}
run_orders = st.lists(st.integers(1, 3), min_size=1, max_size=4)
results = st.sampled_from([None, None, *StageResult])
modes = st.sampled_from(ExecutionMode)
which = st.integers(min_value=0, max_value=100)
minutes = st.sampled_from([*range(1, 41), 31 * 24 * 60])
outcomes = st.sampled_from([ActionStatus.SUCCEEDED, ActionStatus.SUCCEEDED, ActionStatus.FAILED])


@st.composite
def conditions(draw):
    """Mostly none; else of any kinds, each with one or two rules and a result that it may have."""
    kinds = draw(st.sampled_from([[], [], *([kind] for kind in ConditionKind), [*ConditionKind]]))
    return {
        kind: ConditionPlan(
            rules=tuple(
                ActionPlan(name=f"Rule{n}", type_id=COMMANDS)
                for n in range(draw(st.integers(1, 2)))
            ),
            result=StageResult(draw(st.sampled_from(RESULTS[kind]))),
        )
        for kind in kinds
    }


@st.composite
def plans(draw):
    """1 to 4 stages, in any order, of 1 to 4 actions each, and what follows when they fail."""
    names = draw(st.permutations(STAGES))[: draw(st.integers(1, 4))]
    return PipelinePlan(
        stages=tuple(
            replace(
                planned(name, draw(run_orders), draw(results), draw(st.sampled_from(RetryMode))),
                conditions=draw(conditions()),
            )
            for name in names
        )
    )


def planned(name, run_orders, on_failure, retry_mode):
    actions = (
        ActionPlan(name=f"{name}{n}", type_id=COMMANDS, run_order=run_order)
        for n, run_order in enumerate(run_orders)
    )
    return StagePlan(
        name=name, actions=tuple(actions), on_failure=on_failure, retry_mode=retry_mode
    )


@dataclass
class Run:
    """What an ActionExecution is on rows."""

    id: int
    action: str
    attempt: int
    deadline: Any
    status: ActionStatus = LIVE
    is_lost: bool = False
    is_latest: bool = True
    due_at: Any = None  # of a rule
    is_error: bool = False

    @property
    def facts(self):
        return ActionFacts(
            name=self.action,
            status=self.status,
            deadline=self.deadline,
            is_lost=self.is_lost,
            due_at=self.due_at,
            is_error=self.is_error,
        )


@dataclass
class Check:
    """What a ConditionExecution is on rows."""

    kind: ConditionKind
    status: ConditionStatus = ConditionStatus.IN_PROGRESS
    rules: list[Run] = field(default_factory=list)
    is_overridden: bool = False
    is_latest: bool = True

    @property
    def facts(self):
        return ConditionFacts(
            kind=self.kind,
            status=self.status,
            rules=tuple(rule.facts for rule in self.rules),
            is_overridden=self.is_overridden,
        )


@dataclass
class Stay:
    """What a StageExecution is on rows."""

    stage: str
    status: StageStatus = StageStatus.IN_PROGRESS
    runs: list[Run] = field(default_factory=list)
    auto_retries: int = 0
    all_checks: list[Check] = field(default_factory=list)

    @property
    def latest(self):
        return [run for run in self.runs if run.is_latest]

    @property
    def checks(self):
        return [check for check in self.all_checks if check.is_latest]

    @property
    def latest_checks(self):
        return {check.kind: check for check in self.checks}

    @property
    def rules(self):
        return [rule for check in self.all_checks for rule in check.rules]


@dataclass
class Record:
    """What a PipelineExecution is on rows."""

    sequence: int
    version: int
    plan: PipelinePlan
    mode: ExecutionMode
    waits_for: str | None
    status: ExecutionStatus = ExecutionStatus.IN_PROGRESS
    occupies: str | None = None
    stop: StopMode | None = None
    attempt: int = 1
    stays: dict[str, Stay] = field(default_factory=dict)
    accepted: list[tuple[int, StopMode]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # every status it ever had
    stopped_in: str | None = None  # the stage that it occupied when a stop was accepted
    type: ExecutionType = ExecutionType.STANDARD
    uuid: Any = None  # of a rollback that started by itself
    is_cancelled: bool = False  # the pipeline was updated since
    held_for: timedelta = timedelta()  # by the transition in front of it, disabled the last time

    @property
    def id(self):
        return self.uuid or number(self.sequence)

    @property
    def stay(self):
        return self.stays[str(self.occupies)]

    @property
    def passage(self):
        return list(self.stays.values())

    @property
    def runs(self):
        """Of actions, and of rules."""
        return [run for stay in self.stays.values() for run in (*stay.runs, *stay.rules)]

    @property
    def live(self):
        return [run for run in self.runs if run.status is LIVE]

    @property
    def accepted_now(self):
        return [mode for attempt, mode in self.accepted if attempt == self.attempt]

    def become(self, status):
        self.status = status
        self.told.append(status)


class Story(RuleBasedStateMachine):
    """Everything that people, workers and time can do to one pipeline, in any order."""

    def __init__(self):
        super().__init__()
        self.now = NOW
        self.version = 1
        self.plan: Any = None  # the current version's
        self.mode: Any = None  # the pipeline's
        self.before: list[Record] = []  # the step
        self.closed = set()
        self.records: dict[Any, Record] = {}
        self.latest: dict[str, Any] = {}  # stage -> who entered it last
        self.run_ids = 0
        self.is_quiet = True  # the engine has seen everything
        self.ended: dict[int, ActionStatus] = {}  # every run that was ever seen to have ended
        self.frozen: dict[Any, Any] = {}  # what a stop allows to exist: runs and stages

    # What is stored, as the rules see it.

    def facts(self):
        return PipelineFacts(
            executions=tuple(
                self.facts_of(record)
                for record in self.records.values()
                if not record.status.is_final
            ),
            closed=frozenset(self.closed),
            last_sequence=len(self.records),
            last_successes=self.last_successes(),
        )

    def last_successes(self):
        """For each stage that may be rolled back by itself."""
        return {
            stage.name: found[-1].id
            for stage in self.plan.stages
            if stage.may_roll_back and (found := self.targets_in(stage.name))
        }

    def targets_in(self, stage):
        return [r for r in self.records.values() if self.is_target(r, stage)]

    def is_target(self, record, stage):
        succeeded = stage in record.stays and record.stays[stage].status is StageStatus.SUCCEEDED
        is_standard = record.type is ExecutionType.STANDARD
        return succeeded and is_standard and record.version == self.version

    def facts_of(self, record):
        runs = record.stay.latest if record.occupies else []
        return ExecutionFacts(
            id=record.id,
            sequence=record.sequence,
            plan=record.plan,
            mode=record.mode,
            status=record.status,
            stop=record.stop,
            occupies=record.occupies,
            waits_for=record.waits_for,
            held_for=record.held_for,
            is_outdated=record.version != self.version,
            type=record.type,
            auto_retries=record.stay.auto_retries if record.occupies else 0,
            actions=tuple(run.facts for run in runs),
            conditions=tuple(
                check.facts
                for check in (record.stay.latest_checks.values() if record.occupies else ())
            ),
        )

    def snapshot(self):
        return repr((self.records, self.latest, self.closed, self.version))

    # The engine in miniature.

    def work(self):
        """Let the rules run to the end: facts and records have to agree about it."""
        facts = self.facts()
        laws.i25_parallel_executions_have_nothing_to_do_with_one_another(facts, now=self.now)
        for _ in range(MOST_ROUNDS):
            changes = advance(facts, now=self.now)
            if not changes:
                break
            for change in changes:
                facts = after(facts, [change])
                self.make(change)
        else:
            raise AssertionError("The rules do not come to rest.")
        assert undated(facts) == undated(self.facts())
        assert settle(self.facts(), now=self.now) == ([], self.facts())
        self.is_quiet = True

    def make(self, change):  # noqa: C901, PLR0912 - one for each kind of change
        record = self.records[change.execution_id]
        match change:
            case StartAction(_, action):
                self.start_action(record, action)
            case FailAction(_, action):
                assert record.stop is not StopMode.ABANDON  # R10
                self.end(record, action, ActionStatus.FAILED)
            case AbandonAction(_, action):
                assert StopMode.ABANDON in record.accepted_now  # I6, I8
                self.end(record, action, ActionStatus.ABANDONED)
            case EnterStage(_, stage):
                self.enter(record, stage)
            case LeaveStage(_, stage, status):
                assert record.occupies == stage
                record.stay.status, record.occupies = status, None
            case WaitFor(_, stage):
                record.waits_for, record.held_for = stage, timedelta()
            case FinishExecution(_, status, superseded_by):
                assert (status is ExecutionStatus.SUPERSEDED) is (superseded_by is not None)
                assert superseded_by is None or self.records[superseded_by].sequence > (
                    record.sequence
                )
                self.check_cancelled(record, change)
                record.become(status)
                record.waits_for = None
            case RetryStage() | RollBack():
                self.follow(record, change)
            case _:
                self.check(record, change)

    def check_cancelled(self, record, change):
        """An execution is cancelled by an update, or because a transition held it up too long."""
        is_held_too_long = record.waits_for is not None and record.held_for > HELD_AT_MOST
        may_be = record.is_cancelled or is_held_too_long
        assert (change.status is ExecutionStatus.CANCELLED) <= may_be
        assert bool(change.summary) <= is_held_too_long

    def check(self, record, change):
        """A step of a condition."""
        checks = record.stay.latest_checks
        match change:
            case StartCondition(_, kind):
                assert record.status is ExecutionStatus.IN_PROGRESS
                assert record.type is ExecutionType.STANDARD
                assert kind not in checks
                assert not record.live
                record.stay.all_checks.append(Check(kind))
            case FinishCondition(_, kind, status):
                assert not [rule for rule in checks[kind].rules if rule.status is LIVE]
                assert (status is ConditionStatus.OVERRIDDEN) <= checks[kind].is_overridden
                checks[kind].status = status
            case StartRule(_, kind, name):
                assert record.status is ExecutionStatus.IN_PROGRESS
                checks[kind].rules.append(self.new_run(name, record))
                if self.run_ids % 4 == 0:
                    checks[kind].rules[-1].due_at = self.now + timedelta(minutes=15)
            case PassRule(_, kind, name):
                rule = self.end_rule(checks[kind], name, ActionStatus.SUCCEEDED)
                assert rule.due_at <= self.now
                assert rule.due_at <= rule.deadline
            case FailRule(_, kind, name):
                assert record.stop is not StopMode.ABANDON
                self.end_rule(checks[kind], name, ActionStatus.FAILED)
            case AbandonRule(_, kind, name):
                assert StopMode.ABANDON in record.accepted_now or checks[kind].is_overridden  # I6
                self.end_rule(checks[kind], name, ActionStatus.ABANDONED)

    def end_rule(self, check, name, status):
        (rule,) = [rule for rule in check.rules if rule.action == name]
        assert rule.status is LIVE
        rule.status = status
        return rule

    def new_run(self, name, record):
        self.run_ids += 1
        minutes = timedelta(minutes=10 * (1 + self.run_ids % 6))
        return Run(self.run_ids, name, record.attempt, self.now + minutes)

    def follow(self, record, change):
        """What a failure leads to by itself."""
        assert record.status is ExecutionStatus.IN_PROGRESS  # R13
        match change:
            case RetryStage(_, stage, actions):
                assert record.occupies == stage
                assert not record.live
                record.stay.auto_retries += 1
                assert record.stay.auto_retries == 1
                mode = record.plan.stage(stage).retry_mode
                self.check_rerun(record.stay, actions, mode)
                self.set_aside(record.stay, actions)
                record.attempt += 1
            case RollBack(_, stage, target, rollback_id):
                assert record.type is ExecutionType.STANDARD
                assert record.stays[stage].status is StageStatus.FAILED
                assert self.is_target(self.records[target], stage)
                self.begin_rollback(stage, rollback_id)

    def begin_rollback(self, stage, rollback_id=None):
        assert not [r for r in self.records.values() if r.occupies == stage]  # I9
        sequence = len(self.records) + 1
        record = Record(sequence, self.version, self.plan, self.mode, None, uuid=rollback_id)
        assert record.mode.takes_locks
        record.type = ExecutionType.ROLLBACK
        record.told.append(record.status)
        record.stays[stage] = Stay(stage)
        record.occupies = stage
        self.records[record.id] = record
        self.latest[stage] = record.id

    def set_aside(self, stay, actions):
        for run in stay.latest:
            run.is_latest = run.action not in actions

    def start_action(self, record, action):
        assert record.status is ExecutionStatus.IN_PROGRESS  # R6
        plan = record.plan.stage(record.occupies)
        lower = {a.name for a in plan.actions if a.run_order < plan.action(action).run_order}
        succeeded = {r.action for r in record.stay.latest if r.status is ActionStatus.SUCCEEDED}
        assert lower <= succeeded
        assert action not in {run.action for run in record.stay.latest}
        entry = record.stay.latest_checks.get(ConditionKind.BEFORE_ENTRY)
        assert record.type is ExecutionType.ROLLBACK or (
            entry.status.is_met if entry else ConditionKind.BEFORE_ENTRY not in plan.conditions
        )
        record.stay.runs.append(self.new_run(action, record))

    def enter(self, record, stage):
        assert record.status is ExecutionStatus.IN_PROGRESS  # I15
        assert record.waits_for == stage
        assert stage not in self.closed  # I17
        assert record.held_for <= HELD_AT_MOST
        record.held_for = timedelta()
        record.stays[stage] = Stay(stage)
        record.occupies, record.waits_for = stage, None
        if record.mode.takes_locks:
            self.latest[stage] = record.id

    def end(self, record, action, status):
        (run,) = [run for run in record.stay.latest if run.action == action]
        assert run.status is LIVE
        run.status = status

    # What people do.

    @initialize(plan=plans(), mode=modes)
    def create_the_pipeline(self, plan, mode):
        self.take_over(plan, mode)
        self.start()

    def take_over(self, plan, mode):
        """A parallel pipeline cannot declare rollbacks."""
        self.mode = mode
        self.plan = plan if mode.takes_locks else without_rollbacks(plan)

    @precondition(lambda self: len(self.records) < 8)
    @rule()
    def start(self):
        if not self.has_room(self.mode):
            return
        sequence = len(self.records) + 1
        record = Record(sequence, self.version, self.plan, self.mode, self.plan.first.name)
        record.told.append(record.status)
        self.records[record.id] = record
        self.is_quiet = False

    @rule(which=which, mode=st.sampled_from(StopMode))
    def stop(self, which, mode):
        record = self.any_record(which)
        before, was_live = self.snapshot(), record.live
        refusal = reason_not_to_stop(record.status, requested=record.stop, mode=mode)
        if refusal:
            assert refusal is expected_refusal(record)
            assert self.snapshot() == before  # I13
            return
        assert not record.status.is_final
        record.accepted.append((record.attempt, mode))
        record.stop = mode
        if record.status is ExecutionStatus.IN_PROGRESS:
            record.become(ExecutionStatus.STOPPING)
            record.stopped_in = record.occupies
            if record.occupies:
                record.stay.status = StageStatus.STOPPING
            self.frozen[record.id] = allowed(record)
        assert record.live == was_live  # R2
        self.is_quiet = False

    @rule(which=which, mode=st.sampled_from(RetryMode), likely=st.booleans())
    def retry(self, which, mode, likely):
        """Of any stay there ever was, or of one that has ended badly."""
        record, name = self.any_stay(which, badly_ended_only=likely)
        before = self.snapshot()
        try:
            rerun = actions_to_rerun(self.retry_facts(record, name), mode=mode)
        except (NotLatestExecution, StageNotRetryable):
            assert self.snapshot() == before
            return
        assert self.latest.get(name) == record.id or not record.mode.takes_locks  # I23
        assert record.version == self.version  # I23
        if record.status.is_final and not self.has_room(record.mode):
            return
        self.check_rerun(record.stays[name], rerun, mode)
        self.set_aside(record.stays[name], rerun)
        for kind, check in record.stays[name].latest_checks.items():
            check.is_latest = kind is ConditionKind.BEFORE_ENTRY and check.status.is_met
        if record.status.is_final:
            record.become(ExecutionStatus.IN_PROGRESS)
            record.occupies, record.stop = name, None
            record.attempt += 1
            record.stay.status = StageStatus.IN_PROGRESS
            self.frozen.pop(record.id, None)
        self.is_quiet = False

    def check_rerun(self, stay, rerun, mode):
        """I24"""
        statuses = {run.action: run.status for run in stay.latest}
        assert LIVE not in {statuses[action] for action in rerun}
        if mode is RetryMode.ALL_ACTIONS:
            assert rerun == set(statuses)
        else:
            assert ActionStatus.SUCCEEDED not in {statuses[action] for action in rerun}

    def retry_facts(self, record, stage):
        stay = record.stays.get(stage)
        return RetryFacts(
            stage_status=stay and stay.status,
            is_latest=self.latest.get(stage) == record.id,
            is_outdated=record.version != self.version,
            actions={run.action: run.status for run in stay.latest} if stay else {},
            is_checking=bool(stay) and self.is_checking(stay),
            mode=record.mode,
        )

    def is_checking(self, stay):
        return any(c.status is ConditionStatus.IN_PROGRESS for c in stay.latest_checks.values())

    @rule(which=which, kind=st.sampled_from(ConditionKind), likely=st.booleans())
    def override(self, which, kind, likely):
        """Of any stay there ever was, or of one whose condition is checked or has failed."""
        stays = [(r, n) for r in self.records.values() for n in r.stays]
        held_up = [(r, n) for r, n in stays if self.is_held_up(r.stays[n], kind)]
        wanted = (likely and held_up) or stays
        if not wanted:
            return
        record, name = wanted[which % len(wanted)]
        stay, before = record.stays[name], self.snapshot()
        check = stay.latest_checks.get(kind)
        try:
            check_override(
                OverrideFacts(
                    stage_status=stay.status,
                    is_latest=self.latest.get(name) == record.id or not record.mode.takes_locks,
                    is_outdated=record.version != self.version,
                    status=check and check.status,
                    result=check and record.plan.stage(name).conditions[kind].result,
                    is_overridden=check is not None and check.is_overridden,
                    mode=record.mode,
                )
            )
        except (ConditionNotOverridable, NotLatestExecution):
            assert self.snapshot() == before
            return
        if record.status.is_final and not self.has_room(record.mode):
            return
        check.is_overridden = True
        if record.status.is_final:
            check.status = ConditionStatus.OVERRIDDEN
            record.become(ExecutionStatus.IN_PROGRESS)
            record.occupies, record.stop = name, None
            record.attempt += 1
            stay.status = StageStatus.IN_PROGRESS
        self.is_quiet = False

    def is_held_up(self, stay, kind):
        check = stay.latest_checks.get(kind)
        return check is not None and not check.status.is_met

    def has_room(self, mode):
        unfinished = [r for r in self.records.values() if not r.status.is_final and r.mode is mode]
        before = self.snapshot()
        try:
            check_concurrency(mode, unfinished=len(unfinished), limit=4)
        except TooManyExecutions:
            assert self.snapshot() == before
            return False
        return True

    @precondition(lambda self: len(self.records) < 12)
    @rule(which=which, stage=st.sampled_from(STAGES), likely=st.booleans())
    def roll_back(self, which, stage, likely):
        targets = (likely and self.targets_in(stage)) or list(self.records.values())
        target = targets[which % len(targets)]
        before = self.snapshot()
        try:
            check_stage(self.stage_to_roll_back(stage))
            stay = target.stays.get(stage)
            check_target(
                Target(
                    type=target.type,
                    status_in_stage=stay and stay.status,
                    is_outdated=target.version != self.version,
                )
            )
        except (ExecutionOutdated, UnableToRollbackStage):
            assert self.snapshot() == before
            return
        assert self.is_target(target, stage)
        self.begin_rollback(stage)
        self.is_quiet = False

    def stage_to_roll_back(self, stage):
        latest = self.latest.get(stage)
        return StageToRollBack(
            mode=self.mode,
            is_source=stage == self.plan.first.name,
            status=self.records[latest].stays[stage].status if latest else None,
        )

    @precondition(lambda self: self.version < 3 and len(self.records) > 2)
    @rule(plan=plans(), mode=modes)
    def update_the_pipeline(self, plan, mode):
        self.version += 1
        self.take_over(plan, mode)
        for record in self.records.values():
            record.is_cancelled = record.mode.takes_locks
        self.is_quiet = False

    @rule(stage=st.sampled_from(STAGES))
    def disable_or_enable_a_transition(self, stage):
        self.closed ^= {stage}
        if stage in self.closed:
            for record in self.in_front_of({stage}):
                record.held_for = timedelta()
        self.is_quiet = False

    # What workers, time and chance do.

    @rule(which=which, outcome=outcomes, at_once=st.booleans())
    def a_result_arrives(self, which, outcome, at_once):
        """Of a worker, after which the engine works at once; or of a person who approves."""
        runs = [(record, run) for record in self.records.values() for run in record.runs]
        if not runs:
            return
        record, run = runs[which % len(runs)]
        before = self.snapshot()
        if run.status is not LIVE or record.stop is StopMode.ABANDON:
            assert self.snapshot() == before  # I18
            return
        run.status = outcome
        self.is_quiet = False
        if at_once:
            self.work()

    @precondition(lambda self: any(record.live for record in self.records.values()))
    @rule(which=which, outcome=outcomes)
    def a_live_action_ends(self, which, outcome):
        live = [run for record in self.records.values() for run in record.live]
        run = live[which % len(live)]
        run.status, run.is_error = outcome, self.may_err(run) and which % 3 == 0
        self.work()

    @precondition(lambda self: len(self.records) < 8)
    @rule(which=which)
    def one_goes_through_and_the_next_one_fails(self, which):
        """What by chance alone would hardly ever come after one another."""
        self.work()
        self.end_all(lambda record: record.status is ExecutionStatus.IN_PROGRESS)
        self.start()
        self.work()
        for _ in range(which % 12):
            live = [run for r in self.records.values() if not r.stop for run in r.live]
            if not live:
                return
            live[0].status = ActionStatus.SUCCEEDED
            self.work()
        for run in [run for r in self.records.values() if not r.stop for run in r.live]:
            run.status = ActionStatus.FAILED
            self.work()

    def may_err(self, run):
        rules = {
            r.id for record in self.records.values() for s in record.stays.values() for r in s.rules
        }
        return run.status is ActionStatus.FAILED and run.id in rules

    @rule(minutes=minutes)
    def time_goes_by(self, minutes):
        self.now += timedelta(minutes=minutes)
        for record in self.in_front_of(self.closed):
            record.held_for += timedelta(minutes=minutes)
        self.is_quiet = False

    def in_front_of(self, stages):
        return [record for record in self.records.values() if record.waits_for in stages]

    @precondition(lambda self: any(record.live for record in self.records.values()))
    @rule(which=which)
    def a_runner_is_lost(self, which):
        live = [run for record in self.records.values() for run in record.live]
        live[which % len(live)].is_lost = True
        self.is_quiet = False

    @rule()
    def the_engine_looks(self):
        """Also what a restart does: all that is known is what is stored (R19)."""
        self.work()

    # What always holds.

    @invariant()
    def every_law_holds(self):
        if self.plan is None:
            return
        records = list(self.records.values())
        for record in records:
            laws.check_one(record)
        laws.check_all(records, [stage.name for stage in self.plan.stages])
        if self.is_quiet:
            laws.check_rest(records, self.closed)

    @invariant()
    def every_step_is_lawful(self):
        """But for those whose attempt is another, which a retry has begun."""
        for before in self.before:
            behind = self.records[before.id]
            if before.attempt == behind.attempt:
                laws.check_step(before, behind)
        laws.i16_who_enters_a_queued_stage_is_who_came_first(self.before, self.records.values())
        self.before = deepcopy(list(self.records.values()))

    @invariant()
    def i3_i4_i15_nothing_starts_and_nobody_enters_after_a_stop(self):
        for id_, before in self.frozen.items():
            assert allowed(self.records[id_]) == before

    @invariant()
    def i6_i8_only_an_abandoning_stop_abandons(self):
        for record in self.records.values():
            overridden = {
                rule.id
                for stay in record.stays.values()
                for check in stay.all_checks
                for rule in check.rules
                if check.is_overridden
            }
            for run in record.runs:
                if run.status is ActionStatus.ABANDONED and run.id not in overridden:
                    assert (run.attempt, StopMode.ABANDON) in record.accepted

    @invariant()
    def i7_what_has_ended_stays_as_it_is(self):
        for record in self.records.values():
            for run in record.runs:
                if run.status is not LIVE:
                    assert self.ended.setdefault(run.id, run.status) is run.status

    @invariant()
    def i11_who_was_stopped_in_a_stage_leaves_it_stopped(self):
        for record in self.records.values():
            if record.status is ExecutionStatus.STOPPED and record.stopped_in:
                assert record.stays[record.stopped_in].status is StageStatus.STOPPED

    @invariant()
    def i14_at_most_one_stop_of_a_kind_an_attempt(self):
        for record in self.records.values():
            for attempt in range(1, record.attempt + 1):
                accepted = [mode for number, mode in record.accepted if number == attempt]
                assert accepted in (
                    [],
                    [StopMode.WAIT],
                    [StopMode.ABANDON],
                    [StopMode.WAIT, StopMode.ABANDON],
                )

    @invariant()
    def i29_what_the_rules_see_is_what_may_be_stopped(self):
        unfinished = {ExecutionStatus.IN_PROGRESS, ExecutionStatus.STOPPING}
        may_be_stopped = {id_ for id_, r in self.records.items() if r.status in unfinished}
        assert {execution.id for execution in self.facts().executions} == may_be_stopped

    # However the story ends, it can be brought to its end.

    def teardown(self):
        self.work()
        self.end_all(lambda record: record.status is ExecutionStatus.STOPPING)
        stopping = [r for r in self.records.values() if r.status is ExecutionStatus.STOPPING]
        assert not stopping
        self.closed.clear()
        self.end_all(lambda record: not record.status.is_final)
        assert all(record.status.is_final for record in self.records.values())

    def end_all(self, matters):
        self.work()
        while live := [run for r in self.records.values() if matters(r) for run in r.live]:
            live[0].status = ActionStatus.SUCCEEDED
            self.work()

    def any_stay(self, which, *, badly_ended_only):
        ended = {StageStatus.FAILED, StageStatus.STOPPED}
        stays = [(r, name, stay) for r in self.records.values() for name, stay in r.stays.items()]
        badly_ended = [each for each in stays if each[2].status in ended]
        never_entered = [(self.any_record(which), self.plan.first.name, None)]
        wanted = (badly_ended_only and badly_ended) or stays or never_entered
        return wanted[which % len(wanted)][:2]

    def any_record(self, which):
        return list(self.records.values())[which % len(self.records)]


def expected_refusal(record):
    return ExecutionNotStoppable if record.status.is_final else DuplicatedStopRequest


def allowed(record):
    return [run.id for run in record.runs], list(record.stays)


def without_rollbacks(plan):
    """What a pipeline whose executions run in parallel may declare."""
    return replace(plan, stages=tuple(map(without_rollback, plan.stages)))


def without_rollback(stage):
    rolls_back = StageResult.ROLLBACK
    return replace(
        stage,
        on_failure=None if stage.on_failure is rolls_back else stage.on_failure,
        conditions={
            kind: condition
            for kind, condition in stage.conditions.items()
            if condition.result is not rolls_back
        },
    )


def undated(facts):
    """`after` cannot know when an action that it starts will time out."""
    executions = (
        replace(
            e,
            actions=without_times(e.actions),
            conditions=tuple(replace(c, rules=without_times(c.rules)) for c in e.conditions),
        )
        for e in facts.executions
    )
    return replace(facts, executions=tuple(executions))


def without_times(runs):
    return tuple(replace(run, deadline=None, is_lost=False, due_at=None) for run in runs)


@pytest.mark.timeout(1800)  # for the nightly profile
def test_any_story_keeps_the_invariants():
    run_state_machine_as_test(Story, settings=SETTINGS)
