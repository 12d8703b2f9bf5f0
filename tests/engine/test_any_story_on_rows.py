"""Whatever happens, in whatever order, on real rows: the invariants of spec/stop.md §8.

The real use cases and the real engine do everything; after every step the rows have to be where
the pure rules say that they are.
"""

import os
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
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

from pipelines import (
    artifacts,
    conditions,
    definitions,
    engine,
    executions,
    rollbacks,
    stages,
    transitions,
)
from pipelines import tasks as tasks_module
from pipelines.api.dispatch import perform
from pipelines.api.rendering.executions import summary
from pipelines.api.rendering.states import pipeline_state
from pipelines.api.state import state_of as read_state
from pipelines.approvals import ApprovalStatus
from pipelines.core.advance import settle
from pipelines.core.refusals import (
    ApprovalAlreadyCompleted,
    ConditionNotOverridable,
    DuplicatedStopRequest,
    ExecutionNotStoppable,
    ExecutionOutdated,
    InvalidApprovalToken,
    NotLatestExecution,
    StageNotFound,
    StageNotRetryable,
    TooManyExecutions,
    UnableToRollbackStage,
)
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, ConditionKind, RetryMode, StopMode
from pipelines.engine import World
from pipelines.models import (
    ActionExecution,
    ConditionExecution,
    Event,
    Lease,
    Pipeline,
    PipelineExecution,
    Stage,
    StageExecution,
    StopRequest,
)
from pipelines.models.events import state_of
from tests.definitions import approval, commands, definition, source, stage, when
from tests.definitions import rule as rule_of
from tests.engine_room import ALICE, EngineRoom

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SETTINGS = settings(
    deadline=None,
    max_examples=300 if NIGHTLY else 20,
    stateful_step_count=40 if NIGHTLY else 25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
START = "2026-03-14T15:09:26Z"
NAMES = ("Build", "Check", "Deploy")
WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
STOPS: tuple[list[StopMode], ...] = ([], [WAIT], [ABANDON], [WAIT, ABANDON])
ON_FAILURE: tuple[dict[str, object], ...] = (
    {},
    {"result": "ROLLBACK"},
    {"result": "SKIP"},
    {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}},
    {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}},
)
LOOK = rule_of("Commands", "Look", "true", inputs=["Code"])
ASK = rule_of("Commands", "Ask", "true", inputs=["Code"])
GUARDS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"before_entry": when("FAIL", LOOK, ASK)},
    {"on_success": when("FAIL", LOOK)},
    {"on_success": when("ROLLBACK", LOOK), "before_entry": when("FAIL", ASK)},
    {"on_failure": when("ROLLBACK", LOOK)},
)
# state -> what may be told next of the same thing; at first everything is STARTED
OF_AN_EXECUTION = {
    "STARTED": {"STOPPING", "SUCCEEDED", "FAILED", "SUPERSEDED", "CANCELED", "RESUMED"},
    "STOPPING": {"STOPPED"},
    "STOPPED": {"RESUMED"},
    "FAILED": {"RESUMED"},
}
OF_AN_EXECUTION["RESUMED"] = OF_AN_EXECUTION["STARTED"]
OF_A_STAY = {
    "STARTED": {"STOPPING", "SUCCEEDED", "FAILED", "CANCELED", "SKIPPED", "RESUMED"},
    "STOPPING": {"STOPPED"},
    "STOPPED": {"RESUMED"},
    "FAILED": {"RESUMED"},
}
OF_A_STAY["RESUMED"] = OF_A_STAY["STARTED"]
OF_AN_ACTION = {"STARTED": {"SUCCEEDED", "FAILED", "ABANDONED"}}

LIMIT = 4
modes = st.sampled_from(["SUPERSEDED", "QUEUED", "PARALLEL"])
which = st.integers(min_value=0, max_value=100)
likely = st.sampled_from([True, True, False])  # whether to choose what is likely to be accepted
outcomes = st.sampled_from([ActionStatus.SUCCEEDED, ActionStatus.SUCCEEDED, ActionStatus.FAILED])
storable = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
reasons = st.none() | st.text(storable, max_size=200)


@st.composite
def stage_lists(draw):
    """A source stage, and 1 to 3 others of 1 to 3 actions each, some of them questions."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 3))]
    return [
        stage("Source", source()),
        *(draw(other_stages(name)) for name in names),
    ]


@st.composite
def other_stages(draw, name):
    """What follows by itself when it fails is as varied."""
    on_failure = draw(st.sampled_from(ON_FAILURE))
    declared = draw(st.lists(actions(name), min_size=1, max_size=3))
    members = dict(draw(st.sampled_from(GUARDS)))
    if on_failure:
        members["on_failure"] = on_failure
    return stage(name, *declared, **members)


@st.composite
def actions(draw, stage_name):
    make = draw(st.sampled_from([commands, commands, approval]))
    return make(f"{stage_name}{draw(which)}", run_order=draw(st.integers(1, 3)))


def with_names_of_their_own(stage_list):
    """Actions of a stage have different names."""
    for each in stage_list[1:]:
        for position, action in enumerate(each["actions"]):
            action["name"] = f"{each['name']}{position}"
    return stage_list


def defined(stage_list, mode):
    """Nothing is rolled back in a pipeline whose executions run in parallel."""
    if mode == "PARALLEL":
        for each in stage_list:
            for member in ("onFailure", "onSuccess"):
                if "ROLLBACK" in repr(each.get(member, {})):
                    del each[member]
    return definition(stages=stage_list, execution_mode=mode, pipeline_type="V2")


class Story(RuleBasedStateMachine):
    """Everything that people, workers and time can do to one pipeline, in any order."""

    def __init__(self):
        super().__init__()
        self.room = EngineRoom()
        tasks_module.wake = self.room.wake  # the test puts the real one back
        self.traveller = time_machine.travel(START, tick=False)
        self.clock = self.traveller.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.reasons = {}  # execution -> the reason of its stop, as it was given
        self.allowed = {}  # execution -> the only action executions and stays it may have

    def teardown(self):
        try:
            if self.room.pipeline:
                self.bring_to_an_end()
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)
            self.traveller.stop()

    # What people do.

    @initialize(stage_list=stage_lists().map(with_names_of_their_own), mode=modes)
    def create_the_pipeline(self, stage_list, mode):
        self.room.pipeline = definitions.create(defined(stage_list, mode), by=ALICE)

    @precondition(lambda self: PipelineExecution.objects.count() < 6)
    @rule()
    def start(self):
        unfinished = self.pipeline.executions.unfinished().filter(mode=self.pipeline.execution_mode)
        is_full = unfinished.count() >= LIMIT and self.pipeline.execution_mode != "SUPERSEDED"
        before = self.room.digest()
        try:
            executions.start(
                "website", trigger_type="StartPipelineExecution", trigger_detail=ALICE.arn
            )
        except TooManyExecutions:
            assert is_full
            assert self.room.digest() == before
        else:
            assert not is_full

    @rule(which=which, likely=likely, mode=st.sampled_from(StopMode), reason=reasons)
    def stop(self, which, likely, mode, reason):
        execution = self.any_execution(which, unfinished_only=likely)
        before, was_live = self.room.digest(), self.live(execution)
        expected = expected_refusal(execution, mode)
        holds = which % 3 == 0 and execution.takes_locks
        how = {"mode": mode, "by": ALICE, "reason": reason, "hold": holds}
        if expected:
            with pytest.raises(expected):
                executions.stop("website", execution.id, **how)
            assert self.room.digest() == before  # I13
            return
        was_in_progress = execution.status == "InProgress"
        stopped = executions.stop("website", execution.id, **how)
        assert stopped.id == execution.id  # I20
        assert self.live(execution) == was_live  # R2
        assert self.room.status(execution) == "Stopping"
        if was_in_progress or reason is not None:
            self.reasons[execution.id] = reason
        self.allowed.setdefault(execution.id, Rows().everything_of(execution.id))

    @rule(which=which, mode=st.sampled_from(RetryMode), likely=likely)
    def retry(self, which, mode, likely):
        """Of any stay there ever was, or of one that has ended badly."""
        stays = list(StageExecution.objects.select_related("execution").order_by("id"))
        badly_ended = [stay for stay in stays if stay.status in {"Failed", "Stopped"}]
        wanted = (likely and badly_ended) or stays
        if not wanted:
            return
        stay = wanted[which % len(wanted)]
        execution = stay.execution
        before = self.room.digest()
        try:
            stages.retry("website", stay.stage_name, execution.id, mode=mode, by=ALICE)
        except (NotLatestExecution, StageNotRetryable, StageNotFound, TooManyExecutions):
            assert self.room.digest() == before
            return
        resumed = self.room.again(execution)
        assert resumed.version == self.pipeline.version  # I23
        assert resumed.status == "InProgress"  # I23
        self.check_rerun(stay, mode)
        self.reasons.pop(execution.id, None)
        self.allowed.pop(execution.id, None)
        aside = stay.action_executions.filter(is_latest=False).of_actions()
        if which % 2 and aside.exists():
            self.see_it_run_again(stay)

    def see_it_run_again(self, stay):
        set_aside = stay.action_executions.filter(is_latest=False).of_actions()
        names = set(set_aside.values_list("action_name", flat=True))
        self.work()
        latest = stay.action_executions.filter(is_latest=True, action_name__in=names)
        assert latest.exclude(status__in=["Failed", "Abandoned"]).exists()

    @rule(which=which, kind=st.sampled_from(ConditionKind), likely=likely)
    def override(self, which, kind, likely):
        """Of any stay there ever was, or of one whose condition is checked or has failed."""
        stays = list(StageExecution.objects.select_related("execution").order_by("id"))
        held_up = list(
            StageExecution.objects.filter(
                condition_executions__kind=kind,
                condition_executions__is_latest=True,
                condition_executions__status__in=["InProgress", "Failed"],
            ).order_by("id")
        )
        if not stays:
            return
        wanted = (likely and held_up) or stays
        stay = wanted[which % len(wanted)]
        before, execution = self.room.digest(), stay.execution
        try:
            conditions.override("website", stay.stage_name, execution.id, kind=kind, by=ALICE)
        except (
            ConditionNotOverridable,
            NotLatestExecution,
            StageNotFound,
            TooManyExecutions,
        ):
            assert self.room.digest() == before
            return
        assert self.room.status(execution) == "InProgress"
        assert stay.condition_executions.get(kind=kind, is_latest=True).overridden_by == ALICE.arn

    def check_rerun(self, stay, mode):
        """I24"""
        kept = ActionExecution.objects.latest_in([stay])
        if mode is RetryMode.ALL_ACTIONS:
            assert not kept.exists()
        else:
            assert set(kept.values_list("status", flat=True)) <= {"Succeeded", "InProgress"}

    @precondition(lambda self: PipelineExecution.objects.count() < 9)
    @rule(which=which, likely=likely)
    def roll_back(self, which, likely):
        """To any stay there ever was, or to one that succeeded."""
        stays = list(StageExecution.objects.select_related("execution").order_by("id"))
        succeeded = [stay for stay in stays if stay.status == "Succeeded"]
        wanted = (likely and succeeded) or stays
        if not wanted:
            return
        stay = wanted[which % len(wanted)]
        before, target = self.room.digest(), stay.execution
        try:
            started = rollbacks.start("website", stay.stage_name, target.id, by=ALICE)
        except (ExecutionOutdated, UnableToRollbackStage, StageNotFound):
            assert self.room.digest() == before
            return
        assert stay.status == "Succeeded"
        assert target.execution_type == "STANDARD"
        assert (started.version, started.artifacts) == (self.pipeline.version, target.artifacts)
        assert self.room.stage(stay.stage_name).latest.execution_id == started.id

    @precondition(lambda self: self.pipeline.version < 2)
    @rule(stage_list=stage_lists().map(with_names_of_their_own), mode=modes)
    def update_the_pipeline(self, stage_list, mode):
        definitions.update(defined(stage_list, mode), by=ALICE)
        rows = Rows()
        for execution in rows.executions.values():
            if execution.takes_locks:
                self.allowed.setdefault(execution.id, rows.everything_of(execution.id))

    @rule(which=which)
    def disable_or_enable_a_transition(self, which):
        plan = self.pipeline.plan
        name = plan.stages[which % len(plan.stages)].name
        if self.room.stage(name).inbound_enabled:
            transitions.disable("website", name, reason="Wait", by=ALICE)
        else:
            transitions.enable("website", name, by=ALICE)

    @rule(which=which, status=st.sampled_from(ApprovalStatus))
    def answer(self, which, status):
        asked = list(ActionExecution.objects.exclude(token="").order_by("started_at", "id"))
        if not asked:
            return
        approval = asked[which % len(asked)]
        before = self.room.digest()
        counts = is_waited_for(approval) and approval.deadline > timezone.now()
        try:
            self.room.answer(approval, status)
        except (ApprovalAlreadyCompleted, InvalidApprovalToken):
            assert not counts
            assert self.room.digest() == before
        else:
            assert counts

    # What workers, time and chance do.

    @rule(which=which, outcome=outcomes, likely=likely)
    def a_result_arrives(self, which, outcome, likely):
        """Of any action execution there ever was: what is not waited for changes nothing (I18)."""
        runs = list(ActionExecution.objects.filter(token="").order_by("started_at", "id"))
        live = [run for run in runs if run.status == "InProgress"]
        if wanted := (likely and live) or runs:
            self.finish(wanted[which % len(wanted)], outcome)

    def finish(self, run, outcome):
        before, counts = self.room.digest(), is_waited_for(run)
        finished = engine.finish(run, result_of(run, outcome))
        assert finished.counted is counts
        if not counts:
            assert self.room.digest() == before

    @rule(minutes=st.sampled_from([1, 20, 60, 31 * 24 * 60]))
    def time_goes_by(self, minutes):
        self.clock.shift(timedelta(minutes=minutes))
        self.room.wake(self.pipeline.pk)

    @rule(which=which)
    def a_runner_is_lost(self, which):
        runs = list(ActionExecution.objects.filter(status="InProgress", token="", lease=None))
        if runs:
            long_ago = timezone.now() - timedelta(days=9999)
            run = runs[which % len(runs)]
            Lease.objects.create(action=run, holder="gone", taken_at=long_ago, expires_at=long_ago)

    @rule()
    def the_engine_looks(self):
        self.work()

    def work(self):
        """The rows go where the rules say they do, and stay there."""
        foreseen = [settle(facts, now=timezone.now()) for facts in self.worlds()]
        changes = [change for made, _ in foreseen for change in made]
        self.room.woken.clear()
        before = self.room.digest() if not changes else None
        engine.run(self.pipeline.pk)
        assert by_id(self.worlds()) == by_id(facts for _, facts in foreseen)
        assert not any(settle(facts, now=timezone.now())[0] for facts in self.worlds())
        i5_what_the_engine_has_seen_waits_for_something(Rows())
        assert changes or self.room.digest() == before

    # What always holds.

    @invariant()
    def the_invariants_hold(self):
        connection.check_constraints()
        rows = Rows()
        for holds in INVARIANTS:
            holds(rows)
        self.i3_i4_i15_nothing_starts_and_nobody_enters_after_a_stop(rows)
        self.i21_reasons_are_kept_as_they_were_given(rows)
        self.what_a_process_keeps_of_its_answers_is_still_true()

    def what_a_process_keeps_of_its_answers_is_still_true(self):
        """Whatever changes an answer raises the revision that it is kept for."""
        state = perform("GetPipelineState", {"name": "website"}, by=ALICE)
        listed = perform("ListPipelineExecutions", {"pipelineName": "website"}, by=ALICE)
        newest_first = self.pipeline.executions.order_by("-sequence")
        assert state == pipeline_state(read_state("website"))
        assert listed == {"pipelineExecutionSummaries": [summary(each) for each in newest_first]}

    def i3_i4_i15_nothing_starts_and_nobody_enters_after_a_stop(self, rows):
        """Nor after an update of the pipeline."""
        for execution_id, before in self.allowed.items():
            assert rows.everything_of(execution_id) == before

    def i21_reasons_are_kept_as_they_were_given(self, rows):
        for execution_id, reason in self.reasons.items():
            assert rows.executions[execution_id].stop_reason == reason

    # However the story ends, it can be brought to its end.

    def bring_to_an_end(self):
        for stage_row in self.pipeline.stages.all():
            stage_row.inbound_enabled = True
            stage_row.save()
        self.work()
        while run := ActionExecution.objects.filter(status="InProgress").first():
            result = result_of(run, ActionStatus.SUCCEEDED)
            assert engine.finish(run, result).counted
            self.work()
        assert not self.pipeline.executions.unfinished().exists()

    @property
    def pipeline(self):
        return Pipeline.objects.get(pk=self.room.pipeline.pk)

    def worlds(self):
        """The facts of all that take locks, and of each parallel execution."""
        parallel = self.pipeline.executions.unfinished().parallel()
        shared = World.load(self.pipeline)
        return [shared.facts(), *(World.around(execution).facts() for execution in parallel)]

    def live(self, execution):
        return set(execution.action_executions.filter(status="InProgress"))

    def any_execution(self, which, *, unfinished_only):
        all_of_them = list(PipelineExecution.objects.order_by("sequence"))
        unfinished = [execution for execution in all_of_them if not execution.is_finished]
        wanted = (unfinished_only and unfinished) or all_of_them
        return wanted[which % len(wanted)]


class Rows:
    """Everything there is, read at once."""

    def __init__(self):
        self.executions = {each.id: each for each in PipelineExecution.objects.all()}
        self.stays = {each.id: each for each in StageExecution.objects.order_by("id")}
        self.runs = list(ActionExecution.objects.all())
        self.requests = list(StopRequest.objects.order_by("id"))
        self.events = list(Event.objects.order_by("id"))
        self.stages = list(Stage.objects.all())
        checks = ConditionExecution.objects.all()
        self.overridden = {check.id for check in checks if check.overridden_at}
        self.checked = {check.execution_id for check in checks if check.status == "InProgress"}
        self.versions = dict(Pipeline.objects.values_list("id", "version"))

    def everything_of(self, execution_id):
        return (
            {run.id for run in self.runs if run.execution_id == execution_id},
            {stay.id for stay in self.stays.values() if stay.execution_id == execution_id},
        )

    def latest_runs(self, stay_id):
        runs = [run for run in self.runs if run.stage_execution_id == stay_id and run.is_latest]
        return {run.action_name: run for run in runs if not run.is_rule}

    def live_rules(self, stay_id):
        rules = (run for run in self.runs if run.stage_execution_id == stay_id and run.is_rule)
        return [run for run in rules if run.status == "InProgress"]


def i1_i10_nothing_is_live_or_locked_in_what_is_finished(rows):
    finished = {execution.id for execution in rows.executions.values() if execution.is_finished}
    inside = [*rows.runs, *rows.stays.values()]
    assert not rows.checked & finished
    assert not [
        each
        for each in inside
        if each.execution_id in finished and each.status in {"InProgress", "Stopping"}
    ]


def i6_i8_only_an_abandoning_stop_abandons(rows):
    abandoning = {request.execution_id for request in rows.requests if request.mode == ABANDON}
    abandoned = [run for run in rows.runs if run.status == "Abandoned"]
    given_up = {run.execution_id for run in abandoned if run.condition_id not in rows.overridden}
    assert given_up <= abandoning


def i9_i11_a_stage_follows_the_execution_that_is_in_it(rows):
    for execution in rows.executions.values():
        held = [
            stay
            for stay in rows.stays.values()
            if stay.execution_id == execution.id and stay.status in {"InProgress", "Stopping"}
        ]
        assert [stay.id for stay in held] == [execution.occupied_id] * bool(execution.occupied_id)
        assert {stay.status for stay in held} <= {execution.status}


def i14_i22_every_stop_that_was_accepted_is_on_record(rows):
    accepted = defaultdict(list)
    for request in rows.requests:
        accepted[request.execution_id, request.attempt].append(request.mode)
    assert all(modes in STOPS for modes in accepted.values())
    for execution in rows.executions.values():
        latest = accepted[execution.id, execution.attempt][-1:]
        assert latest == [execution.stop_mode] * bool(execution.stop_mode)


def i19_every_change_of_a_status_is_told_exactly_once(rows):
    told = defaultdict(list)
    for event in rows.events:
        told[event.execution_id, event.stage_name, event.action_execution_id].append(event)
    for execution in rows.executions.values():
        check(told.pop((execution.id, "", None)), OF_AN_EXECUTION, execution.status)
    for stay in rows.stays.values():
        check(told.pop((stay.execution_id, stay.stage_name, None)), OF_A_STAY, stay.status)
    for run in (run for run in rows.runs if not run.is_rule):  # nothing is told of rules
        check(told.pop((run.execution_id, run.stage_name, run.id)), OF_AN_ACTION, run.status)
    assert not told


def i19_nothing_is_told_of_what_has_ended_until_it_is_resumed(rows):
    goes_on = {}
    for event in rows.events:
        if event.level == "pipeline":
            goes_on[event.execution_id] = event.state in {"STARTED", "RESUMED", "STOPPING"}
        else:
            assert goes_on[event.execution_id]


def i23_the_latest_execution_of_a_stage_is_the_one_that_entered_it_last(rows):
    for one in rows.stages:
        stays = [
            stay.id
            for stay in rows.stays.values()
            if stay.stage_name == one.name and stay.mode != "PARALLEL"
        ]
        assert one.latest_id == (stays[-1] if stays else None)


def i28_no_two_action_executions_share_an_artifact(rows):
    keys = [key for run in rows.runs for key in run.output_artifacts.values()]
    assert len(keys) == len(set(keys))


INVARIANTS = (
    i1_i10_nothing_is_live_or_locked_in_what_is_finished,
    i6_i8_only_an_abandoning_stop_abandons,
    i9_i11_a_stage_follows_the_execution_that_is_in_it,
    i14_i22_every_stop_that_was_accepted_is_on_record,
    i19_every_change_of_a_status_is_told_exactly_once,
    i19_nothing_is_told_of_what_has_ended_until_it_is_resumed,
    i23_the_latest_execution_of_a_stage_is_the_one_that_entered_it_last,
    i28_no_two_action_executions_share_an_artifact,
)


def i5_what_the_engine_has_seen_waits_for_something(rows):
    """Said once more from the rows alone, without the rules: what is inside a stage makes sense."""
    for execution in rows.executions.values():
        if not execution.occupied_id:
            assert execution.is_finished or not is_cancelled(execution, rows)
            continue
        latest = rows.latest_runs(execution.occupied_id)
        stay = rows.stays[execution.occupied_id]
        orders = {a.name: a.run_order for a in execution.plan.stage(stay.stage_name).actions}
        live = [orders[name] for name, run in latest.items() if run.status == "InProgress"]
        assert bool(live) is not bool(rows.live_rules(execution.occupied_id))
        if not live:
            continue
        has_failed = "Failed" in {run.status for run in latest.values()}
        goes_on = execution.status == "InProgress" and not has_failed
        if goes_on and not is_cancelled(execution, rows):
            assert all(min(live) < orders[name] for name in orders if name not in latest)


def is_cancelled(execution, rows):
    return execution.takes_locks and execution.version != rows.versions[execution.pipeline_id]


def result_of(run, outcome):
    makes = run.plan.output_artifacts if outcome is ActionStatus.SUCCEEDED else ()
    return ActionResult(
        status=outcome,
        artifacts={name: artifacts.new_key("website", name) for name, _ in makes},
    )


def is_waited_for(run):
    return run.status == "InProgress" and run.execution.stop_mode != ABANDON


def expected_refusal(execution, mode):
    if execution.is_finished:
        return ExecutionNotStoppable
    if execution.stop_mode and (execution.stop_mode, mode) != (WAIT, ABANDON):
        return DuplicatedStopRequest
    return None


def check(events, successors, status):
    states = [event.state for event in events]
    assert states[0] == "STARTED"
    for state, following in pairwise(states):
        assert following in successors[state]
    now = {"STARTED", "RESUMED"} if status == "InProgress" else {state_of(status)}
    assert states[-1] in now


def by_id(worlds):
    return {e.id: e for facts in worlds for e in undated(facts).executions}


def undated(facts):
    """Without what `after` cannot know: when an action that it starts will time out.

    Nor does it matter in which order actions are listed, or who was lost that has ended.
    """
    executions = (
        replace(
            e,
            actions=frozenset((action.name, action.status) for action in e.actions),
            conditions=frozenset(
                (c.kind, c.status, frozenset((rule.name, rule.status) for rule in c.rules))
                for c in e.conditions
            ),
        )
        for e in facts.executions
    )
    return replace(facts, executions=tuple(executions))


@pytest.mark.timeout(1800)  # for the nightly profile
def test_any_story_keeps_the_invariants(db, monkeypatch):
    monkeypatch.setattr(tasks_module, "wake", tasks_module.wake)  # put back what Story replaces
    monkeypatch.setattr("django.conf.settings.PENSTOCK_CONCURRENT_EXECUTIONS", LIMIT)
    run_state_machine_as_test(Story, settings=SETTINGS)
