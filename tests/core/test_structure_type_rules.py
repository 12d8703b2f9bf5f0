"""What needs a pipeline of type V2, and what is refused because nothing here could do it."""

import pytest

from pipelines.core.structure import InvalidStructure
from tests.core.connected import connected, push
from tests.definitions import approval, checked, definition, source, stage, with_actions

ABSENT = "not available in this version of Penstock"
RULE = {
    "name": "Check",
    "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "Commands", "version": "1"},
    "commands": ["true"],
}
CONDITIONS = {"conditions": [{"result": "FAIL", "rules": [RULE]}]}
ALL_CONDITIONS = {
    "beforeEntry": CONDITIONS,
    "onSuccess": CONDITIONS,
    "onFailure": CONDITIONS,
}


def with_condition(member, **members):
    guarded = stage("Work", approval(), **{member: ALL_CONDITIONS[member]})
    return definition(stages=[stage("Source", source()), guarded], **members)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"execution_mode": "QUEUED"}, "Execution mode QUEUED can only be used"),
        ({"execution_mode": "PARALLEL"}, "Execution mode PARALLEL can only be used"),
        ({"variables": [{"name": "target"}]}, "Pipeline variables can only be declared"),
    ],
)
def test_what_a_pipeline_of_type_v1_cannot_have(members, text):
    with pytest.raises(InvalidStructure) as refused:
        checked(with_actions(approval(), pipeline_type="V1", **members))

    assert refused.value.message == f"{text} in a pipeline of pipelineType V2"


def test_a_pipeline_of_type_v1_cannot_have_triggers():
    with pytest.raises(InvalidStructure) as refused:
        checked(connected(push(tags={"includes": ["v*"]}), pipeline_type="V1"))

    assert refused.value.message == "Triggers can only be declared in a pipeline of pipelineType V2"


@pytest.mark.parametrize("member", ALL_CONDITIONS)
def test_a_stage_of_a_pipeline_of_type_v1_cannot_have_conditions(member):
    with pytest.raises(InvalidStructure) as refused:
        checked(with_condition(member, pipeline_type="V1"))

    assert refused.value.message == (
        f"Stage Work declares {member}, which can only be declared in a pipeline of pipelineType V2"
    )


def test_a_pipeline_with_triggers_is_of_type_v2_when_nobody_says():
    assert checked(connected(push(tags={"includes": ["v*"]})))["pipelineType"] == "V2"


@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL"])
def test_a_pipeline_that_declares_a_mode_of_v2_and_no_type_is_one(mode):
    stored = checked(with_actions(approval(), execution_mode=mode))

    assert (stored["executionMode"], stored["pipelineType"]) == (mode, "V2")


def test_what_aws_would_refuse_is_said_first():
    with pytest.raises(InvalidStructure) as refused:
        checked(definition(stages=[stage("Source", source(), on_failure={"result": "FAIL"})]))

    assert refused.value.message.startswith("Pipeline has only 1 stage(s).")
