"""OverrideStageCondition, and what GetPipelineState says of conditions."""

from uuid import uuid4

import pytest

from pipelines import engine
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution
from tests.api.asking import ask, refused
from tests.definitions import commands, rule, source, stage, when
from tests.engine_room import ALICE

OPERATION = "OverrideStageCondition"
LOOK = rule("Commands", "Look", "true", inputs=["Code"])


@pytest.fixture
def held_up(engine_room):
    """An execution in Build, whose entry is being checked by Look."""
    build = stage(
        "Build",
        commands("Compile"),
        before_entry=when("FAIL", LOOK),
        on_success=when("ROLLBACK", rule()),
    )
    variables = [{"name": "go", "defaultValue": "yes"}]
    execution = engine_room.create(stages=[stage("Source", source()), build], variables=variables)
    engine_room.fetch()
    return execution


def asked(execution, **other):
    where = {"pipelineName": "website", "stageName": "Build"}
    how = {"pipelineExecutionId": str(execution.id), "conditionType": "BEFORE_ENTRY"}
    return {**where, **how, **other}


def state():
    return ask("GetPipelineState", name="website")["stageStates"][1]


def fail_look(room):
    result = ActionResult(
        status=ActionStatus.FAILED, error_code="JobFailed", error_message="Not today."
    )
    engine.finish(ActionExecution.objects.of_rules().get(), result)


def test_a_condition_is_told_before_anybody_entered(engine_room):
    build = stage("Build", commands(), before_entry=when("FAIL", LOOK))
    engine_room.create(stages=[stage("Source", source()), build])

    assert state()["beforeEntryConditionState"] == {
        "conditionStates": [{"ruleStates": [{"ruleName": "Look"}]}]
    }


def test_a_condition_that_is_checked_is_told_with_its_rules(held_up):
    told = state()["beforeEntryConditionState"]
    (condition,) = told["conditionStates"]
    (look,) = condition["ruleStates"]

    assert told["latestExecution"] == {"status": "InProgress"}
    assert condition["latestExecution"]["status"] == "InProgress"
    assert look["ruleName"] == "Look"
    assert look["latestExecution"]["status"] == "InProgress"
    assert state()["onSuccessConditionState"] == {
        "conditionStates": [{"ruleStates": [{"ruleName": "Check"}]}]
    }
    assert "onFailureConditionState" not in state()


def test_one_that_has_failed_says_why(engine_room, held_up):
    fail_look(engine_room)

    told = state()["beforeEntryConditionState"]

    assert told["latestExecution"] == {"status": "Failed", "summary": "Look: Not today."}
    look = told["conditionStates"][0]["ruleStates"][0]["latestExecution"]
    assert look["errorDetails"] == {"code": "JobFailed", "message": "Not today."}


def test_the_stage_goes_on(engine_room, held_up):
    assert ask(OPERATION, **asked(held_up)) is None
    engine_room.settle()

    told = state()["beforeEntryConditionState"]
    assert told["latestExecution"] == {
        "status": "Overridden",
        "summary": f"Overridden by {ALICE.arn}",
    }
    rule_state = told["conditionStates"][0]["ruleStates"][0]["latestExecution"]
    assert rule_state["status"] == "Abandoned"
    assert engine_room.live("Compile").execution_id == held_up.id


def test_and_after_it_has_failed_too(engine_room, held_up):
    fail_look(engine_room)
    assert engine_room.status(held_up) == "Failed"

    ask(OPERATION, **asked(held_up))
    engine_room.settle()

    assert engine_room.status(held_up) == "InProgress"
    engine_room.succeed("Compile")
    assert engine_room.status(held_up) == "Succeeded"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"pipelineExecutionId": str(uuid4())}, "NotLatestPipelineExecutionException"),
        ({"conditionType": "ON_SUCCESS"}, "ConditionNotOverridableException"),
    ],
)
def test_what_is_refused(engine_room, held_up, other, code):
    before = engine_room.digest()

    assert refused(OPERATION, **asked(held_up, **other)).code == code
    assert engine_room.digest() == before


def test_nothing_is_overridden_while_the_execution_is_stopping(engine_room, held_up):
    engine_room.stop(held_up, StopMode.WAIT)

    assert refused(OPERATION, **asked(held_up)).code == "ConditionNotOverridableException"
