"""Conditions: when they are checked, what decides them, what follows, and what overrides them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.core.advance import settle
from pipelines.core.changes import (
    AbandonRule,
    EnterStage,
    FailRule,
    FinishCondition,
    FinishExecution,
    LeaveStage,
    PassRule,
    RollBack,
    StartAction,
    StartCondition,
    StartRule,
    WaitFor,
)
from pipelines.core.conditions import OverrideFacts, check_override
from pipelines.core.facts import ConditionFacts
from pipelines.core.plan import ActionPlan, ConditionPlan, PipelinePlan
from pipelines.core.refusals import ConditionNotOverridable, NotLatestExecution
from pipelines.core.statuses import (
    ConditionKind,
    ConditionStatus,
    ExecutionStatus,
    ExecutionType,
    FailureCode,
    StageResult,
    StageStatus,
    StopMode,
)
from tests.core.situations import (
    NOW,
    PARALLEL,
    PLAN,
    action,
    building,
    execution,
    number,
    pipeline,
    settled,
)
from tests.definitions import COMMANDS

ENTRY, SUCCESS, FAILURE = ConditionKind
ONE = number(1)
DONE = {"Compile": "Succeeded", "Lint": "Succeeded", "Test": "Succeeded"}
BROKEN = {"Compile": "Succeeded", "Lint": "Failed"}
FAILED_STAGE = [
    LeaveStage(ONE, "Build", StageStatus.FAILED),
    FinishExecution(ONE, ExecutionStatus.FAILED),
]
STOPPED_STAGE = [
    LeaveStage(ONE, "Build", StageStatus.STOPPED),
    FinishExecution(ONE, ExecutionStatus.STOPPED),
]
LATER = NOW + timedelta(hours=1)
AGO = NOW - timedelta(minutes=1)


def guarded(kind, result="FAIL", rules=("Look", "Ask")):
    """The usual plan, with this condition of stage Build."""
    source, build, deploy = PLAN.stages
    plans = tuple(ActionPlan(name=name, type_id=COMMANDS) for name in rules)
    condition = ConditionPlan(rules=plans, result=StageResult(result))
    return PipelinePlan(stages=(source, replace(build, conditions={kind: condition}), deploy))


def checked(kind, *rules, status="InProgress", is_overridden=False):
    return ConditionFacts(
        kind=kind, status=ConditionStatus(status), rules=rules, is_overridden=is_overridden
    )


def inside(kind, *conditions, result="FAIL", stop=None, **statuses):
    """In stage Build, whose condition has got so far."""
    one = building(stop=stop, plan=guarded(kind, result), **statuses)
    return replace(one, conditions=conditions)


def begun(kind):
    return [
        StartCondition(ONE, kind),
        StartRule(ONE, kind, "Look"),
        StartRule(ONE, kind, "Ask"),
    ]


def test_a_stage_is_entered_then_its_rules_start_together_and_no_action():
    waiting = execution(plan=guarded(ENTRY), waits_for="Build")

    assert settled(waiting) == [EnterStage(ONE, "Build"), *begun(ENTRY)]


def test_actions_start_once_all_rules_succeeded():
    rules = (action("Look", "Succeeded"), action("Ask", "Succeeded"))

    finish, *started = settled(inside(ENTRY, checked(ENTRY, *rules)))

    assert finish == FinishCondition(ONE, ENTRY, ConditionStatus.SUCCEEDED)
    assert started == [StartAction(ONE, "Compile"), StartAction(ONE, "Lint")]


@pytest.mark.parametrize("look", ["Succeeded", "Failed", "InProgress"])
def test_all_rules_are_waited_for(look):
    rules = (action("Look", look), action("Ask", "InProgress"))

    assert settled(inside(ENTRY, checked(ENTRY, *rules))) == []


NO = (action("Look", "Succeeded"), action("Ask", "Failed"))
FAILED_CHECK = FinishCondition(ONE, ENTRY, ConditionStatus.FAILED)


def test_one_rule_that_fails_keeps_everybody_out():
    assert settled(inside(ENTRY, checked(ENTRY, *NO))) == [FAILED_CHECK, *FAILED_STAGE]


def test_a_stage_is_skipped_when_its_condition_says_so():
    changes = settled(inside(ENTRY, checked(ENTRY, *NO), result="SKIP"))

    assert changes[:3] == [
        FAILED_CHECK,
        LeaveStage(ONE, "Build", StageStatus.SKIPPED),
        WaitFor(ONE, "Deploy"),
    ]


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_no_more_met():
    rules = (action("Look", "Succeeded"), action("Ask", "Failed", is_error=True))

    finish, *after = settled(inside(ENTRY, checked(ENTRY, *rules)))

    assert finish == FinishCondition(ONE, ENTRY, ConditionStatus.ERRORED)
    assert after == FAILED_STAGE


def test_success_is_checked_when_every_action_succeeded():
    assert settled(inside(SUCCESS, **DONE)) == begun(SUCCESS)
    assert settled(inside(SUCCESS, Compile="Succeeded", Lint="InProgress")) == []


def test_a_success_that_is_not_one_fails_the_stage():
    finish, *after = settled(inside(SUCCESS, checked(SUCCESS, *NO), **DONE))

    assert finish == FinishCondition(ONE, SUCCESS, ConditionStatus.FAILED)
    assert after == FAILED_STAGE


def test_or_rolls_it_back():
    facts = replace(
        pipeline(inside(SUCCESS, checked(SUCCESS, *NO), result="ROLLBACK", **DONE)),
        last_successes={"Build": number(7)},
    )

    changes, _ = settle(facts, now=NOW)

    (rollback,) = [change for change in changes if isinstance(change, RollBack)]
    assert (rollback.stage, rollback.target_id) == ("Build", number(7))
    assert changes[1] == FAILED_STAGE[0]


def test_a_success_that_is_met_goes_on():
    rules = (action("Look", "Succeeded"), action("Ask", "Succeeded"))

    changes = settled(inside(SUCCESS, checked(SUCCESS, *rules), **DONE))

    assert changes[1:3] == [
        LeaveStage(ONE, "Build", StageStatus.SUCCEEDED),
        WaitFor(ONE, "Deploy"),
    ]


def test_a_failure_is_checked_once_nothing_runs_beside_it():
    assert settled(inside(FAILURE, result="ROLLBACK", **BROKEN)) == begun(FAILURE)
    assert settled(inside(FAILURE, Compile="InProgress", Lint="Failed")) == []


@pytest.mark.parametrize(("ask", "rolls_back"), [("Succeeded", True), ("Failed", False)])
def test_what_follows_from_a_failure_follows_when_its_rules_succeed(ask, rolls_back):
    rules = (action("Look", "Succeeded"), action("Ask", ask))
    facts = replace(
        pipeline(inside(FAILURE, checked(FAILURE, *rules), result="ROLLBACK", **BROKEN)),
        last_successes={"Build": number(7)},
    )

    changes, _ = settle(facts, now=NOW)

    assert any(isinstance(change, RollBack) for change in changes) is rolls_back
    assert FAILED_STAGE[1] in changes


@pytest.mark.parametrize("kind", ConditionKind)
def test_a_rollback_is_held_up_by_no_condition(kind):
    statuses = {ENTRY: {}, SUCCESS: DONE, FAILURE: BROKEN}[kind]
    rollback = replace(inside(kind, **statuses), type=ExecutionType.ROLLBACK)

    assert not [c for c in settled(rollback) if isinstance(c, StartCondition)]


# Time.


def test_a_rule_that_takes_too_long_fails():
    rules = (action("Look", deadline=AGO), action("Ask", "Succeeded"))

    fail, *after = settled(inside(ENTRY, checked(ENTRY, *rules)))

    assert fail.message.startswith("The action timed out") or "timed out" in fail.message
    assert (fail.rule, fail.code) == ("Look", FailureCode.JOB_FAILED)
    assert after == [FAILED_CHECK, *FAILED_STAGE]


def test_a_rule_whose_runner_is_lost_fails():
    rules = (action("Look", is_lost=True), action("Ask", "Succeeded"))

    assert isinstance(settled(inside(ENTRY, checked(ENTRY, *rules)))[0], FailRule)


def test_a_window_that_opens_lets_pass():
    rules = (action("Look", due_at=NOW, deadline=LATER), action("Ask", "Succeeded"))

    passed, finish, *_ = settled(inside(ENTRY, checked(ENTRY, *rules)))

    assert passed == PassRule(
        ONE, ENTRY, "Look", "The deployment window opened at 2026-03-14 15:09 UTC."
    )
    assert finish == FinishCondition(ONE, ENTRY, ConditionStatus.SUCCEEDED)


def test_a_window_that_opens_later_is_waited_for():
    rules = (action("Look", due_at=LATER, deadline=LATER), action("Ask", "Succeeded"))

    assert settled(inside(ENTRY, checked(ENTRY, *rules))) == []


def test_a_window_that_opened_after_the_time_was_up_did_not_open():
    rules = (action("Look", due_at=NOW, deadline=AGO), action("Ask", "Succeeded"))

    assert isinstance(settled(inside(ENTRY, checked(ENTRY, *rules)))[0], FailRule)


# Stops and updates.


@pytest.mark.parametrize(("kind", "statuses"), [(ENTRY, {}), (SUCCESS, DONE), (FAILURE, BROKEN)])
def test_a_stop_that_waits_lets_rules_finish(kind, statuses):
    rules = (action("Look", "Succeeded"), action("Ask"))

    assert settled(inside(kind, checked(kind, *rules), stop=StopMode.WAIT, **statuses)) == []


@pytest.mark.parametrize("result", ["FAIL", "SKIP"])
def test_but_nothing_follows_from_them(result):
    stopping = inside(ENTRY, checked(ENTRY, *NO), result=result, stop=StopMode.WAIT)

    assert settled(stopping) == [FAILED_CHECK, *STOPPED_STAGE]


def test_a_stop_that_abandons_gives_rules_and_condition_up():
    rules = (action("Look", "Succeeded"), action("Ask"))

    assert settled(inside(ENTRY, checked(ENTRY, *rules), stop=StopMode.ABANDON)) == [
        AbandonRule(ONE, ENTRY, "Ask"),
        FinishCondition(ONE, ENTRY, ConditionStatus.ABANDONED),
        *STOPPED_STAGE,
    ]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_before_the_check_begins_keeps_it_from_beginning(mode):
    assert settled(inside(SUCCESS, stop=mode, **DONE)) == STOPPED_STAGE


def test_an_update_of_the_pipeline_waits_for_rules_and_cancels_the_condition():
    running = inside(ENTRY, checked(ENTRY, action("Look"), action("Ask", "Succeeded")))
    ended = inside(ENTRY, checked(ENTRY, *NO))

    assert settled(replace(running, is_outdated=True)) == []
    assert settled(replace(ended, is_outdated=True)) == [
        FinishCondition(ONE, ENTRY, ConditionStatus.CANCELLED),
        LeaveStage(ONE, "Build", StageStatus.CANCELLED),
        FinishExecution(ONE, ExecutionStatus.CANCELLED),
    ]


# Overriding.


def test_an_override_waits_for_no_rule_and_goes_on():
    rules = (action("Look"), action("Ask", "Failed"))
    overridden = checked(ENTRY, *rules, is_overridden=True)

    changes = settled(inside(ENTRY, overridden))

    assert changes[:2] == [
        AbandonRule(ONE, ENTRY, "Look"),
        FinishCondition(ONE, ENTRY, ConditionStatus.OVERRIDDEN),
    ]
    assert StartAction(ONE, "Compile") in changes


def test_what_was_overridden_when_it_had_failed_goes_on():
    condition = checked(SUCCESS, *NO, status="Overridden", is_overridden=True)

    changes = settled(inside(SUCCESS, condition, **DONE))

    assert changes[0] == LeaveStage(ONE, "Build", StageStatus.SUCCEEDED)


CHANGED = "the pipeline was changed after the execution started"


def facts(
    stage_status="InProgress",
    status="InProgress",
    *,
    result="FAIL",
    is_latest=True,
    is_outdated=False,
    **more,
):
    return OverrideFacts(
        stage_status=stage_status and StageStatus(stage_status),
        is_latest=is_latest,
        is_outdated=is_outdated,
        status=status and ConditionStatus(status),
        result=StageResult(result),
        **more,
    )


@pytest.mark.parametrize("status", ["InProgress", "Failed", "Errored"])
@pytest.mark.parametrize("result", ["FAIL", "ROLLBACK"])
def test_what_may_be_overridden(status, result):
    check_override(
        facts("InProgress" if status == "InProgress" else "Failed", status, result=result)
    )


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (facts(status=None), "it has not been checked"),
        (facts(status="Succeeded"), "its status is Succeeded"),
        (facts(status="Overridden"), "its status is Overridden"),
        (facts(status="Abandoned"), "its status is Abandoned"),
        (facts("Skipped", "Failed", result="SKIP"), "its result is to skip the stage"),
        (facts("InProgress", result="SKIP"), "its result is to skip the stage"),
        (facts(is_overridden=True), "it is overridden already"),
        (facts(is_outdated=True), CHANGED),
        (facts("Failed", "Failed", is_outdated=True, mode=PARALLEL), CHANGED),
        (facts("Stopping"), "the status of the stage is Stopping"),
        (facts("Stopped", "Failed"), "the status of the stage is Stopped"),
    ],
)
def test_what_may_not_be_overridden(refused, why):
    with pytest.raises(ConditionNotOverridable, match=f"cannot be overridden: {why}.$"):
        check_override(refused)


def test_a_parallel_execution_is_held_up_by_no_update():
    check_override(facts(is_outdated=True, mode=PARALLEL))


@pytest.mark.parametrize("refused", [facts(None), facts(is_latest=False)])
def test_only_the_latest_execution_of_the_stage_is_overridden(refused):
    with pytest.raises(NotLatestExecution):
        check_override(refused)
