"""A definition that is right: what is filled in, what is dropped, how the engine reads it."""

import copy
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.core.plan import ActionPlan, ArtifactPlan
from pipelines.core.structure import (
    InvalidActionDeclaration,
    InvalidDefinition,
    InvalidStructure,
    read,
)
from tests.definitions import (
    CODECOMMIT,
    COMMANDS,
    approval,
    checked,
    commands,
    definition,
    deploy,
    planned,
    s3_source,
    source,
    stage,
    with_actions,
)

EVERYTHING = definition(
    stages=[
        stage("Source", source(namespace="fetched"), s3_source("Assets", output="Assets")),
        stage(
            "Build",
            commands(
                "Build",
                "make -j4",
                "echo #{fetched.CommitId} #{variables.greeting}",
                inputs=["Code", "Assets"],
                output_artifacts=[{"name": "Site", "files": ["site/**", "*.txt"]}],
                output_variables=["VERSION"],
                environment_variables=[
                    {"name": "ID", "value": "#{codepipeline.PipelineExecutionId}"}
                ],
                namespace="built",
            ),
            commands("Lint", run_order=2),
        ),
        stage("Approve", approval(timeout_in_minutes=30, region="eu-central-1")),
        stage("Deploy", deploy(inputs=["Site"])),
    ],
    pipeline_type="V2",
    variables=[{"name": "greeting", "defaultValue": "hello"}, {"name": "target"}],
)


@pytest.mark.parametrize("right", [definition(), EVERYTHING, with_actions(approval())])
def test_a_right_definition_is_accepted_and_does_not_change_when_checked_again(right):
    once = checked(right)

    assert checked(once) == once
    assert json.loads(json.dumps(once)) == once
    assert list(checked(once)) == list(once)


def test_what_is_given_is_kept_in_its_order_and_not_touched():
    given_definition = copy.deepcopy(EVERYTHING)

    stored = checked(given_definition)

    assert given_definition == EVERYTHING
    assert list(stored) == [*EVERYTHING, "executionMode"]
    assert list(stored["stages"][0]["actions"][0])[:6] == list(
        EVERYTHING["stages"][0]["actions"][0]
    )
    stored["stages"][1]["actions"][0]["configuration"]["new"] = "value"
    stored["stages"][0]["actions"].clear()
    assert given_definition == EVERYTHING


def test_what_is_left_out_is_filled_in():
    bare = {"name": "Ask", "actionTypeId": approval()["actionTypeId"]}

    stored = checked(with_actions(bare))

    assert stored["executionMode"] == "SUPERSEDED"
    assert stored["stages"][1]["actions"][0] == {
        **bare,
        "runOrder": 1,
        "configuration": {},
        "inputArtifacts": [],
        "outputArtifacts": [],
    }


def test_null_is_the_same_as_leaving_out():
    stored = checked(with_actions(approval(run_order=None, namespace=None), triggers=None))

    assert "triggers" not in stored
    assert "namespace" not in stored["stages"][1]["actions"][0]
    assert stored["stages"][1]["actions"][0]["runOrder"] == 1


def test_unknown_members_and_the_version_are_dropped():
    stored = checked(
        with_actions(
            approval(colour="red"),
            version=7,
            metadata={"pipelineArn": "arn"},
            artifact_store={"type": "S3", "location": "artifacts", "colour": "red"},
        )
    )

    assert "version" not in stored
    assert "metadata" not in stored
    assert "colour" not in stored["artifactStore"]
    assert "colour" not in stored["stages"][1]["actions"][0]


@pytest.mark.parametrize(
    ("given_definition", "pipeline_type"),
    [
        (with_actions(approval()), "V1"),
        (with_actions(approval(), variables=[]), "V1"),
        (with_actions(approval(), pipeline_type="V2"), "V2"),
        (with_actions(commands()), "V2"),
        (with_actions(approval(), variables=[{"name": "target"}]), "V2"),
    ],
)
def test_the_pipeline_type_follows_from_what_is_used(given_definition, pipeline_type):
    assert checked(given_definition)["pipelineType"] == pipeline_type


def test_the_engine_reads_every_member():
    plan = planned(EVERYTHING)

    assert [stage.name for stage in plan.stages] == ["Source", "Build", "Approve", "Deploy"]
    assert plan.variables == {"greeting": "hello", "target": ""}
    assert plan.stage("Build").action("Build") == ActionPlan(
        name="Build",
        type_id=COMMANDS,
        run_order=1,
        input_artifacts=("Code", "Assets"),
        output_artifacts=(ArtifactPlan("Site", ("site/**", "*.txt")),),
        namespace="built",
        commands=("make -j4", "echo #{fetched.CommitId} #{variables.greeting}"),
        environment={"ID": "#{codepipeline.PipelineExecutionId}"},
        output_variables=("VERSION",),
    )
    assert plan.stage("Build").action("Lint").run_order == 2
    assert plan.first.action("Fetch").type_id == CODECOMMIT
    assert plan.first.action("Fetch").configuration["BranchName"] == "main"
    assert plan.stage("Approve").action("Ask").timeout_minutes == 30
    assert plan.stage("Approve").action("Ask").region == "eu-central-1"


def test_the_engine_finds_its_way_by_names():
    plan = planned(definition())

    assert plan.first is plan.stage("Source")
    assert plan.after("Source") is plan.stage("Build")
    assert plan.after("Deploy") is None
    with pytest.raises(KeyError):
        plan.stage("Nowhere")
    with pytest.raises(KeyError):
        plan.first.action("Nothing")


WORDS = st.sampled_from(["name", "stages", "actions", "Source", "AWS", "S3", "1", "", "#{a.b}"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | WORDS, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_anything_at_all_is_checked_without_a_crash(anything):
    with pytest.raises(InvalidDefinition):
        checked(anything)


def places_in(value, so_far=()):
    """The way to every value inside a definition."""
    yield so_far
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield from places_in(value[key], (*so_far, key))


def put(value, place, new):
    """A copy of a definition in which one value is another."""
    if not place:
        return new
    changed = copy.copy(value)
    changed[place[0]] = put(value[place[0]], place[1:], new)
    return changed


@given(st.data())
def test_a_definition_with_one_value_replaced_is_refused_or_is_right(data):
    place = data.draw(st.sampled_from(list(places_in(EVERYTHING))))
    changed = put(EVERYTHING, place, data.draw(JSON))

    with suppress(InvalidDefinition):
        stored = checked(changed)

        assert checked(stored) == stored
        assert read(stored).first.actions


@given(st.permutations(EVERYTHING["stages"]), st.integers(0, 4))
def test_stages_in_any_order_are_refused_or_are_right(stages, count):
    shuffled = {**EVERYTHING, "stages": stages[:count]}

    with suppress(InvalidStructure, InvalidActionDeclaration):
        assert read(checked(shuffled)).first.name == "Source"
