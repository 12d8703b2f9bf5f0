"""CreatePipeline: what is stored, what comes back, what is refused."""

import pytest
from django.conf import settings as site

from pipelines import definitions
from pipelines.core.rights import Caller, Role
from pipelines.models import Pipeline, PipelineExecution
from tests.api.calling import call, refused
from tests.definitions import (
    approval,
    commands,
    definition,
    source,
    stage,
    usual_stages,
    with_actions,
)
from tests.engine_room import ALICE

pytestmark = pytest.mark.usefixtures("engine_room")
TEAM = {"key": "team", "value": "web"}


def tags(count):
    return [{"key": f"key{number}", "value": ""} for number in range(count)]


def test_the_pipeline_comes_back_with_its_version_and_what_was_left_out():
    given = with_actions(approval(), version=41)
    del given["stages"][1]["actions"][0]["inputArtifacts"]

    output = call("CreatePipeline", pipeline=given)

    pipeline = output["pipeline"]
    assert pipeline["version"] == 1
    assert (pipeline["pipelineType"], pipeline["executionMode"]) == ("V1", "SUPERSEDED")
    assert pipeline["stages"][1]["actions"][0] == {
        **approval(),
        "runOrder": 1,
        "configuration": {},
        "inputArtifacts": [],
        "outputArtifacts": [],
    }
    assert output["tags"] == []


def test_the_first_execution_starts(engine_room):
    call("CreatePipeline", pipeline=definition())
    engine_room.settle()

    execution = PipelineExecution.objects.get()
    assert (execution.trigger_type, execution.trigger_detail) == ("CreatePipeline", ALICE.arn)
    assert engine_room.action_statuses(execution) == {"Fetch": "InProgress"}


def test_tags_come_back_in_their_order():
    given = [TEAM, {"key": "Zebra", "value": ""}, {"key": "alpha", "value": "ä ö"}]

    output = call("CreatePipeline", pipeline=definition(), tags=given)

    assert output["tags"] == given


def test_a_name_that_is_taken_is_in_use():
    call("CreatePipeline", pipeline=definition())

    code, message = refused("CreatePipeline", pipeline=with_actions(approval()))

    assert code == "PipelineNameInUseException"
    assert message == (
        f"A pipeline with the name 'website' already exists in account '{site.PENSTOCK_ACCOUNT_ID}'"
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (definition(stages=[]), "InvalidStructureException"),
        (definition(stages=[stage("Source", source()), stage("B")]), "InvalidStageDeclaration"),
        (with_actions(commands(inputs=[])), "InvalidActionDeclaration"),
        (
            definition(
                stages=[
                    stage("Source", source()),
                    stage("B", approval(), blockers=[{"name": "x", "type": "Schedule"}]),
                ]
            ),
            "InvalidBlockerDeclaration",
        ),
        (definition(name="my pipeline"), "ValidationException"),
        (
            with_actions(approval(), execution_mode="QUEUED", pipeline_type="V1"),
            "InvalidStructureException",
        ),
    ],
)
def test_what_is_wrong_with_the_structure_is_refused_by_its_kind(wrong, code):
    assert refused("CreatePipeline", pipeline=wrong)[0].startswith(code)
    assert not Pipeline.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "code", "text"),
    [
        (tags(51), "TooManyTagsException", "Tag limit exceeded for resource [arn:aws:codepipeline"),
        ([TEAM, TEAM], "InvalidTagsException", "Tag keys must be unique. team has been used more"),
        ([{"key": "aws:team", "value": ""}], "InvalidTagsException", "Not allowed to modify syst"),
        ([{"key": "AWS:team", "value": ""}], "InvalidTagsException", "Not allowed to modify syst"),
        ([{"key": "", "value": ""}], "ValidationException", "1 validation error detected: Value"),
        ([{"key": "a\0", "value": ""}], "ValidationException", "1 validation error detected: Valu"),
        (
            [{"key": "a"}],
            "ValidationException",
            "1 validation error detected: Value null at 'tags.",
        ),
        ([{"key": "a", "value": "x" * 257}], "ValidationException", "1 validation error detected"),
    ],
)
def test_tags_that_are_not_right_are_refused_and_nothing_is_stored(wrong, code, text):
    found = refused("CreatePipeline", pipeline=definition(), tags=wrong)

    assert (found[0], found[1][: len(text)]) == (code, text)
    assert not Pipeline.objects.exists()


def test_there_are_fifty_tags_at_most():
    assert len(call("CreatePipeline", pipeline=definition(), tags=tags(50))["tags"]) == 50


def test_there_are_a_thousand_pipelines_at_most():
    others = [Pipeline(name=f"other-{number}") for number in range(definitions.MAX_PIPELINES - 1)]
    Pipeline.objects.bulk_create(others)
    call("CreatePipeline", pipeline=definition())

    code, _ = refused("CreatePipeline", pipeline=definition("one-more"))

    assert code == "LimitExceededException"
    assert Pipeline.objects.count() == definitions.MAX_PIPELINES


def test_who_may_not_edit_creates_nothing():
    reader = Caller(arn=ALICE.arn, roles=frozenset({Role.READ, Role.OPERATE}))

    code, message = refused("CreatePipeline", pipeline=definition(), by=reader)

    assert code == "AccessDeniedException"
    assert "codepipeline:CreatePipeline" in message
    assert not Pipeline.objects.exists()


def test_the_order_of_what_was_written_is_kept_in_the_database():
    stages = usual_stages()
    stages[0]["actions"][0]["configuration"] = {"RepositoryName": "website", "BranchName": "main"}
    given = definition(stages=stages)

    call("CreatePipeline", pipeline=given)

    stored = call("GetPipeline", name="website")["pipeline"]
    assert [name for name in stored if name in given] == list(given)
    fetch = stored["stages"][0]["actions"][0]
    assert list(fetch["configuration"]) == ["RepositoryName", "BranchName"]
    assert list(fetch)[:4] == ["name", "actionTypeId", "inputArtifacts", "outputArtifacts"]
