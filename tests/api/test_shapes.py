"""The checker finds what is wrong with an output, and nothing else."""

from datetime import UTC, datetime

import pytest

from tests.api.shapes import checked

ID = "0e0e0e0e-1111-4222-8333-444444444444"
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def state(**members):
    return {"pipelineName": "website", "pipelineVersion": 1, "created": NOW, **members}


def stage_of(**members):
    return state(stageStates=[{"stageName": "Build", **members}])


def test_what_fits_passes_and_comes_back():
    output = stage_of(
        latestExecution={"pipelineExecutionId": ID, "status": "Stopping"},
        inboundTransitionState={"enabled": False, "disabledReason": "Wait"},
        inboundExecutions=[],
    )

    assert checked("GetPipelineState", output) is output


def test_an_operation_without_output_answers_with_nothing():
    assert checked("EnableStageTransition", None) is None
    with pytest.raises(AssertionError):
        checked("EnableStageTransition", {})


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        (None, "is no structure"),
        (state(pipelineName=None), "is no string"),
        (state(pipelineName=""), "is less than 1"),
        (state(pipelineName="x" * 101), "is more than 100"),
        (state(pipelineName="web site"), "does not match"),
        (state(pipelineName="website\n"), "does not match"),
        (state(pipelineVersion="1"), "is no integer"),
        (state(pipelineVersion=True), "is no integer"),
        (state(pipelineVersion=0), "is less than 1"),
        (state(created="2026-03-14"), "is no timestamp"),
        (state(created=NOW.replace(tzinfo=None)), "has no time zone"),
        (state(stageStates=None), "is no list"),
        (state(stopTrigger={}), "has no member stopTrigger"),
        (stage_of(latestExecution={"status": "Stopped"}), "pipelineExecutionId is missing"),
        (
            stage_of(latestExecution={"pipelineExecutionId": ID, "status": "Superseded"}),
            "is not one of",
        ),
        (stage_of(inboundTransitionState={"enabled": 1}), "is no boolean"),
    ],
)
def test_what_does_not_fit_is_named(output, complaint):
    with pytest.raises(AssertionError, match=complaint):
        checked("GetPipelineState", output)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"Commit Id": "x"}, "does not match"),
        ({"CommitId": None}, "is no string"),
        ({"CommitId": "\ud800"}, "cannot be sent"),
    ],
)
def test_keys_and_values_of_a_map_are_looked_at(variables, complaint):
    details = [{"output": {"outputVariables": variables}}]

    with pytest.raises(AssertionError, match=complaint):
        checked("ListActionExecutions", {"actionExecutionDetails": details})


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(AssertionError) as raised:
        checked("GetPipelineState", state(pipelineName="", pipelineVersion=0))

    assert "pipelineName" in str(raised.value)
    assert "pipelineVersion" in str(raised.value)
