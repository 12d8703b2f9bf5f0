"""Conditions of stages on real rows: checked, decided, overridden, stopped, retried."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from pipelines import conditions, engine, sweeping
from pipelines.core.refusals import (
    AccessDenied,
    ConditionNotOverridable,
    NotLatestExecution,
    StageNotRetryable,
)
from pipelines.core.results import ActionResult
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import ActionStatus, ConditionKind, RetryMode, StopMode
from pipelines.models import ActionExecution, ConditionExecution, PipelineExecution
from tests.definitions import commands, rule, source, stage, when
from tests.engine_room import ALICE

ENTRY, SUCCESS, FAILURE = ConditionKind
FRIDAY = datetime(2026, 3, 13, 15, 9, 26, tzinfo=UTC)
VARIABLES = [{"name": "go", "defaultValue": "yes"}]
NIGHTS = rule("DeploymentWindow", "Night", configuration={"Cron": "* * 22-23 ? * *"})
LOOK = rule("Commands", "Look", "true", inputs=["Code"])


def stages(**of_build):
    build = stage("Build", commands("Compile"), commands("Test", run_order=2), **of_build)
    return [stage("Source", source()), build, stage("Deploy", commands("Ship"))]


@pytest.fixture
def begin(engine_room):
    """Create a pipeline whose stage Build has these conditions, and come as far as Build."""

    def begin_with(go="yes", **of_build):
        variables = [{"name": "go", "defaultValue": go}]
        execution = engine_room.create(stages=stages(**of_build), variables=variables)
        engine_room.fetch()
        return execution

    return begin_with


def condition_of(execution, kind=ENTRY):
    return ConditionExecution.objects.get(execution=execution, kind=kind, is_latest=True)


def rules_of(execution):
    rules = ActionExecution.objects.of_rules().filter(execution=execution)
    return dict(rules.values_list("action_name", "status"))


def end(room, name, status="Succeeded", code="JobFailed"):
    """What a worker says of a rule."""
    failed = {"error_code": code, "error_message": "No."} if status == "Failed" else {}
    live = ActionExecution.objects.of_rules().get(action_name=name, status="InProgress")
    result = ActionResult(status=ActionStatus(status), summary="Seen", **failed)
    return engine.finish(live, result).counted


def override(execution, kind=ENTRY, by=ALICE):
    conditions.override("website", "Build", execution.id, kind=kind, by=by)


def test_a_variable_that_is_as_it_should_be_lets_in_at_once(engine_room, begin):
    execution = begin(before_entry=when("FAIL", rule()))

    assert condition_of(execution).status == "Succeeded"
    assert rules_of(execution) == {"Check": "Succeeded"}
    assert engine_room.live("Compile").execution_id == execution.id


def test_one_that_is_not_fails_the_stage_before_any_action(engine_room, begin):
    execution = begin(go="no", before_entry=when("FAIL", rule()))

    assert engine_room.status(execution) == "Failed"
    assert engine_room.stage_status(execution, "Build") == "Failed"
    assert condition_of(execution).status == "Failed"
    failed = ActionExecution.objects.of_rules().get()
    assert failed.error_message == "The value 'no' does not equal 'yes'."
    assert not ActionExecution.objects.filter(action_name="Compile").exists()


def test_or_skips_it(engine_room, begin):
    execution = begin(go="no", before_entry=when("SKIP", rule()))

    assert engine_room.stage_status(execution, "Build") == "Skipped"
    assert engine_room.live("Ship").execution_id == execution.id


def test_a_skipped_stage_is_neither_retried_nor_overridden_nor_rolled_back_to(engine_room, begin):
    execution = begin(go="no", before_entry=when("SKIP", rule()))

    with pytest.raises(StageNotRetryable):
        engine_room.retry(execution, "Build")
    with pytest.raises(ConditionNotOverridable):
        override(execution)


def test_a_rule_whose_variable_is_not_there_is_an_error(engine_room):
    told = {"Variable": "#{Told.level}", "Value": "3", "Operator": "EQ"}
    declared = stages(before_entry=when("FAIL", rule(configuration=told)))
    declared[0]["actions"][0]["namespace"] = "Told"
    execution = engine_room.create(stages=declared)
    engine_room.fetch()

    assert condition_of(execution).status == "Errored"
    failed = ActionExecution.objects.of_rules().get()
    assert failed.error_code == "ConfigurationError"
    assert "has no variable level" in failed.error_message


def test_workers_do_the_work_of_rules_and_the_stage_waits(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    looking = ActionExecution.objects.of_rules().get()

    assert looking.input_artifacts == {"Code": "website/Code/abcdefg"}
    assert looking.resolved_commands == ["true"]
    assert not ActionExecution.objects.filter(action_name="Compile").exists()

    assert end(engine_room, "Look")

    assert engine_room.live("Compile").execution_id == execution.id
    assert ActionExecution.objects.of_rules().get().summary == "Seen"


def test_nobody_hears_of_rules_as_events_of_actions(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    end(engine_room, "Look")

    assert "action Look" not in {where for where, _ in engine_room.events(execution)}


def finish_build(room):
    room.succeed("Compile")
    room.succeed("Test")


def test_success_is_checked_after_the_last_action(engine_room, begin):
    execution = begin(on_success=when("FAIL", LOOK))
    finish_build(engine_room)
    assert engine_room.stage_status(execution, "Build") == "InProgress"

    end(engine_room, "Look", "Failed")

    assert engine_room.status(execution) == "Failed"
    assert engine_room.stage_status(execution, "Build") == "Failed"


def test_a_success_that_is_none_rolls_back_to_the_last_one(engine_room, begin):
    first = begin(on_success=when("ROLLBACK", LOOK))
    finish_build(engine_room)
    end(engine_room, "Look")
    engine_room.succeed("Ship")
    second = engine_room.start()
    engine_room.fetch()
    finish_build(engine_room)

    end(engine_room, "Look", "Failed")

    rollback = PipelineExecution.objects.get(execution_type="ROLLBACK")
    assert engine_room.status(second) == "Failed"
    assert rollback.rollback_target_id == first.id
    finish_build(engine_room)
    assert engine_room.status(rollback) == "Succeeded"


@pytest.mark.parametrize(("look", "rollbacks"), [("Succeeded", 1), ("Failed", 0)])
def test_a_failure_is_rolled_back_when_its_rules_succeed(engine_room, begin, look, rollbacks):
    begin(on_failure=when("ROLLBACK", LOOK))
    finish_build(engine_room)
    engine_room.succeed("Ship")
    second = engine_room.start()
    engine_room.fetch()
    engine_room.fail("Compile")
    assert engine_room.status(second) == "InProgress"

    end(engine_room, "Look", look)

    assert engine_room.status(second) == "Failed"
    assert PipelineExecution.objects.filter(execution_type="ROLLBACK").count() == rollbacks


# Windows.


@pytest.fixture
def clock():
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller


def test_a_window_that_is_closed_is_waited_for(clock, engine_room, begin):
    execution = begin(before_entry=when("FAIL", NIGHTS))
    waiting = ActionExecution.objects.of_rules().get()
    assert waiting.due_at == datetime(2026, 3, 13, 22, 0, tzinfo=UTC)
    assert sweeping.actions_to_dispatch() == []

    clock.move_to(datetime(2026, 3, 13, 22, 0, tzinfo=UTC))
    assert sweeping.to_wake() == [(engine_room.pipeline.pk, None)]
    engine.run(engine_room.pipeline.pk)

    assert rules_of(execution) == {"Night": "Succeeded"}
    assert engine_room.live("Compile").execution_id == execution.id


def test_a_window_that_is_open_is_no_wait(clock, engine_room, begin):
    clock.move_to(datetime(2026, 3, 13, 22, 30, 0, 250_000, tzinfo=UTC))

    assert rules_of(begin(before_entry=when("FAIL", NIGHTS))) == {"Night": "Succeeded"}


def test_a_window_that_does_not_open_in_time_fails(clock, engine_room, begin):
    execution = begin(before_entry=when("FAIL", {**NIGHTS, "timeoutInMinutes": 60}))

    clock.shift(timedelta(minutes=61))
    assert sweeping.to_wake() == [(engine_room.pipeline.pk, None)]
    engine.run(engine_room.pipeline.pk)

    assert engine_room.status(execution) == "Failed"
    assert "timed out" in ActionExecution.objects.of_rules().get().error_message


def test_a_window_that_is_over_for_good_fails_at_once(clock, engine_room, begin):
    past = rule("DeploymentWindow", configuration={"Cron": "* * * ? * * 2025"})

    execution = begin(before_entry=when("FAIL", past))

    assert condition_of(execution).status == "Failed"


# Overriding.


def test_a_check_that_runs_is_overridden(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))

    override(execution)
    assert rules_of(execution) == {"Look": "InProgress"}
    engine_room.settle()

    assert rules_of(execution) == {"Look": "Abandoned"}
    assert (condition_of(execution).status, condition_of(execution).overridden_by) == (
        "Overridden",
        ALICE.arn,
    )
    assert engine_room.live("Compile").execution_id == execution.id
    assert engine_room.again(execution).attempt == 1


def test_a_late_result_of_an_overridden_rule_changes_nothing(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    looking = ActionExecution.objects.of_rules().get()
    override(execution)
    engine_room.settle()
    before = engine_room.digest()

    result = ActionResult(status=ActionStatus.FAILED)
    assert not engine.finish(looking, result).counted
    assert engine_room.digest() == before


def test_a_check_that_failed_the_execution_is_overridden(engine_room, begin):
    execution = begin(go="no", before_entry=when("FAIL", rule()))

    override(execution)
    engine_room.settle()

    assert condition_of(execution).status == "Overridden"
    assert engine_room.status(execution) == "InProgress"
    assert engine_room.again(execution).attempt == 2
    assert engine_room.live("Compile").execution_id == execution.id


def test_a_success_that_failed_is_overridden_and_the_execution_moves_on(engine_room, begin):
    execution = begin(on_success=when("FAIL", LOOK))
    finish_build(engine_room)
    end(engine_room, "Look", "Failed")

    override(execution, SUCCESS)
    engine_room.settle()

    assert engine_room.stage_status(execution, "Build") == "Succeeded"
    assert engine_room.live("Ship").execution_id == execution.id


def stopping(room, execution):
    room.stop(execution, StopMode.WAIT)
    return execution, ENTRY, ConditionNotOverridable


def met(room, execution):
    end(room, "Look")
    return execution, ENTRY, ConditionNotOverridable


def not_checked(room, execution):
    return execution, SUCCESS, ConditionNotOverridable


def overridden_already(room, execution):
    override(execution)
    room.settle()
    return execution, ENTRY, ConditionNotOverridable


def about_to_be_overridden(room, execution):
    override(execution)
    return execution, ENTRY, ConditionNotOverridable


def outdated(room, execution):
    room.update(stages=stages())
    return execution, ENTRY, ConditionNotOverridable


def overtaken(room, execution):
    end(room, "Look", "Failed")
    room.start()
    room.fetch()
    return execution, ENTRY, NotLatestExecution


@pytest.mark.parametrize(
    "case",
    [
        *(stopping, met, not_checked, overridden_already, about_to_be_overridden),
        *(outdated, overtaken),
    ],
)
def test_an_override_that_is_refused_changes_nothing(engine_room, begin, case):
    execution, kind, refusal = case(engine_room, begin(before_entry=when("FAIL", LOOK)))
    before = engine_room.digest()

    with pytest.raises(refusal):
        override(execution, kind)

    assert engine_room.digest() == before


def test_it_needs_the_right_to_operate(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    reader = Caller(arn="arn:aws:iam::123456789012:user/rita", roles=frozenset({Role.READ}))

    with pytest.raises(AccessDenied):
        override(execution, by=reader)


# Stops.


def test_a_stop_that_waits_waits_for_the_rule_and_nothing_follows(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    engine_room.stop(execution)
    engine_room.settle()
    assert engine_room.status(execution) == "Stopping"

    end(engine_room, "Look")

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.stage_status(execution, "Build") == "Stopped"
    assert condition_of(execution).status == "Succeeded"
    assert not ActionExecution.objects.filter(action_name="Compile").exists()


def test_a_stop_does_not_wait_for_a_rule_that_is_overridden(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    override(execution)
    engine_room.stop(execution)
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert rules_of(execution) == {"Look": "Abandoned"}
    assert condition_of(execution).status == "Overridden"
    assert not ActionExecution.objects.filter(action_name="Compile").exists()


def test_a_stop_that_abandons_gives_the_rule_up(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    looking = ActionExecution.objects.of_rules().get()
    engine_room.stop(execution, StopMode.ABANDON)
    assert rules_of(execution) == {"Look": "InProgress"}
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert rules_of(execution) == {"Look": "Abandoned"}
    assert condition_of(execution).status == "Abandoned"
    result = ActionResult(status=ActionStatus.SUCCEEDED)
    assert not engine.finish(looking, result).counted


def test_a_retry_after_it_checks_again(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    engine_room.retry(execution, "Build")
    engine_room.settle()

    assert ConditionExecution.objects.filter(execution=execution).count() == 2
    assert condition_of(execution).status == "InProgress"
    end(engine_room, "Look")
    assert engine_room.live("Compile").execution_id == execution.id


# Retries.


@pytest.mark.parametrize("mode", RetryMode)
def test_an_entry_that_was_open_is_not_checked_again(engine_room, begin, mode):
    execution = begin(before_entry=when("FAIL", LOOK))
    end(engine_room, "Look")
    engine_room.fail("Compile")

    engine_room.retry(execution, "Build", mode)
    engine_room.settle()

    assert ConditionExecution.objects.filter(execution=execution).count() == 1
    assert engine_room.live("Compile").execution_id == execution.id


def test_a_success_that_failed_is_checked_again(engine_room, begin):
    execution = begin(on_success=when("FAIL", LOOK))
    finish_build(engine_room)
    end(engine_room, "Look", "Failed")

    engine_room.retry(execution, "Build")
    engine_room.settle()
    end(engine_room, "Look")

    assert engine_room.stage_status(execution, "Build") == "Succeeded"
    assert condition_of(execution, SUCCESS).status == "Succeeded"


def test_a_stage_is_not_retried_while_its_failure_is_checked(engine_room, begin):
    execution = begin(on_failure=when("ROLLBACK", LOOK))
    engine_room.fail("Compile")

    with pytest.raises(StageNotRetryable, match="one of its conditions is being checked"):
        engine_room.retry(execution, "Build")


def test_an_update_cancels_what_is_being_checked(engine_room, begin):
    execution = begin(before_entry=when("FAIL", LOOK))
    engine_room.update(stages=stages())
    engine_room.settle()
    assert engine_room.status(execution) == "InProgress"

    end(engine_room, "Look")

    assert engine_room.status(execution) == "Cancelled"
    assert condition_of(execution).status == "Cancelled"


def test_an_action_of_the_same_name_in_another_stage_starts(engine_room):
    declared = stages(before_entry=when("FAIL", rule(name="Compile")))
    declared[2]["actions"][0]["name"] = "Compile"
    execution = engine_room.create(stages=declared, variables=VARIABLES)
    engine_room.fetch()
    finish_build(engine_room)

    compiling = engine_room.live("Compile")
    assert (compiling.stage_name, compiling.execution_id) == ("Deploy", execution.id)


# Parallel executions.


def test_a_parallel_execution_is_checked_and_overridden_by_itself(engine_room):
    first = engine_room.create(
        stages=stages(before_entry=when("FAIL", LOOK)), execution_mode="PARALLEL"
    )
    engine_room.fetch()
    second = engine_room.start()
    engine_room.fetch()

    override(first)
    engine_room.settle()

    assert rules_of(first) == {"Look": "Abandoned"}
    assert rules_of(second) == {"Look": "InProgress"}
    assert engine_room.live("Compile").execution_id == first.id


def test_one_that_failed_goes_on_though_others_came_after_it(engine_room):
    first = engine_room.create(
        stages=stages(before_entry=when("FAIL", LOOK)), execution_mode="PARALLEL"
    )
    engine_room.fetch()
    end(engine_room, "Look", "Failed")
    engine_room.start()
    engine_room.fetch()
    assert engine_room.status(first) == "Failed"

    override(first)
    engine_room.settle()

    assert engine_room.live("Compile").execution_id == first.id


def test_one_is_overridden_though_the_pipeline_was_updated_since(engine_room):
    declared = stages(before_entry=when("FAIL", LOOK))
    execution = engine_room.create(stages=declared, execution_mode="PARALLEL")
    engine_room.fetch()
    engine_room.update(stages=declared, execution_mode="PARALLEL")
    engine_room.settle()

    override(execution)
    engine_room.settle()

    assert engine_room.live("Compile").execution_id == execution.id


def test_but_not_once_it_has_failed(engine_room):
    declared = stages(before_entry=when("FAIL", LOOK))
    execution = engine_room.create(stages=declared, execution_mode="PARALLEL")
    engine_room.fetch()
    engine_room.update(stages=declared, execution_mode="PARALLEL")
    end(engine_room, "Look", "Failed")

    with pytest.raises(ConditionNotOverridable):
        override(execution)
