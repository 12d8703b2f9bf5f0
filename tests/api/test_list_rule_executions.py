"""ListRuleExecutions: every run of every rule, newest first; and no rule among the actions."""

import pytest

from pipelines import engine
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution
from tests.api.asking import ask, every_page, refused
from tests.definitions import commands, rule, source, stage, when
from tests.engine_room import uuid_of_nothing

OPERATION = "ListRuleExecutions"
LOOK = rule("Commands", "Look", "test -s page", inputs=["Code"])


@pytest.fixture
def checked(engine_room):
    """In Build: Check has succeeded, Look runs."""
    build = stage("Build", commands("Compile"), before_entry=when("FAIL", rule(), LOOK))
    execution = engine_room.create(
        stages=[stage("Source", source()), build],
        variables=[{"name": "go", "defaultValue": "yes"}],
    )
    engine_room.fetch()
    return execution


def listed(**asked):
    answer = ask(OPERATION, pipelineName="website", **asked)
    return answer["ruleExecutionDetails"]


def end_look(room, status="Succeeded", **told):
    live = ActionExecution.objects.of_rules().get(status="InProgress")
    engine.finish(live, ActionResult(status=ActionStatus(status), **told))


def test_each_rule_is_told_with_what_went_in_and_came_out(engine_room, checked):
    end_look(engine_room, summary="All there")

    by_name = {each["ruleName"]: each for each in listed()}

    look, check = by_name["Look"], by_name["Check"]
    assert (look["stageName"], look["status"], look["pipelineVersion"]) == ("Build", "Succeeded", 1)
    assert look["pipelineExecutionId"] == str(checked.id)
    assert look["input"]["ruleTypeId"] == {
        "category": "Rule",
        "owner": "AWS",
        "provider": "Commands",
        "version": "1",
    }
    assert [each["name"] for each in look["input"]["inputArtifacts"]] == ["Code"]
    assert look["output"]["executionResult"] == {"externalExecutionSummary": "All there"}
    assert check["input"]["configuration"]["Variable"] == "#{variables.go}"
    assert check["input"]["resolvedConfiguration"]["Variable"] == "yes"


def test_a_rule_that_failed_says_why(engine_room, checked):
    end_look(engine_room, "Failed", error_code="JobFailed", error_message="Exit status 1")

    (look,) = [each for each in listed() if each["ruleName"] == "Look"]

    assert look["output"]["executionResult"]["errorDetails"] == {
        "code": "JobFailed",
        "message": "Exit status 1",
    }


def test_rules_are_no_actions(checked):
    actions = ask("ListActionExecutions", pipelineName="website")["actionExecutionDetails"]

    assert [each["actionName"] for each in actions] == ["Fetch"]


def test_what_was_checked_again_is_listed_again(engine_room, checked):
    engine_room.stop(checked, StopMode.ABANDON)
    engine_room.settle()
    engine_room.retry(checked, "Build")
    engine_room.settle()
    latest = {
        "latestInPipelineExecution": {
            "pipelineExecutionId": str(checked.id),
            "startTimeRange": "Latest",
        }
    }

    assert len(listed()) == 4
    assert len(listed(filter=latest)) == 2


def test_one_execution_can_be_asked_for(engine_room, checked):
    end_look(engine_room)
    engine_room.succeed("Compile")
    other = engine_room.start()
    engine_room.fetch()

    found = listed(filter={"pipelineExecutionId": str(other.id)})

    assert {each["pipelineExecutionId"] for each in found} == {str(other.id)}


def test_pages_hold_together(checked):
    pages = every_page(OPERATION, "ruleExecutionDetails", pipelineName="website", maxResults=1)

    assert [len(page) for page in pages] == [1, 1]
    names = {each["ruleName"] for page in pages for each in page}
    assert names == {"Look", "Check"}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        (
            {"filter": {"pipelineExecutionId": str(uuid_of_nothing())}},
            "PipelineExecutionNotFoundException",
        ),
        ({"nextToken": "guess"}, "InvalidNextTokenException"),
    ],
)
def test_what_is_refused(checked, asked, code):
    assert refused(OPERATION, **{"pipelineName": "website", **asked}).code == code
