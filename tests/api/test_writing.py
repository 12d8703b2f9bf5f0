"""Outputs: what the service model does not have is a defect of ours, and does not leave."""

from datetime import datetime
from enum import StrEnum

import pytest

from pipelines.api.protocols import AWS_JSON
from pipelines.api.protocols.writing import NotOfTheModel, output_of
from pipelines.core.statuses import ExecutionStatus
from tests.api.samples import MOMENT, OPERATIONS, UUID, output_shape


def written(operation, output):
    return output_of(operation, output, time=AWS_JSON.time)


class Colour(StrEnum):
    RED = "Red"


def execution(**members):
    return {"pipelineExecution": members}


def test_nulls_are_left_out():
    assert written("GetPipelineExecution", execution(status=None, statusSummary="")) == (
        {"pipelineExecution": {"statusSummary": ""}}
    )


def test_names_of_ours_become_plain_text():
    status = written("GetPipelineExecution", execution(status=ExecutionStatus.STOPPED))

    assert type(status["pipelineExecution"]["status"]) is str


def test_an_operation_without_output_says_nothing():
    assert written("DeletePipeline", None) is None
    assert written("DeletePipeline", {}) is None


def test_an_operation_with_output_says_at_least_that_there_is_none():
    assert written("TagResource", None) == {}


@pytest.mark.parametrize(
    ("operation", "output"),
    [
        ("DeletePipeline", {"name": "website"}),
        ("StopPipelineExecution", {"pipelineExecutionId": UUID, "mode": "Abandon"}),
        ("StopPipelineExecution", [UUID]),
        ("GetPipelineExecution", execution(stopTrigger={"reason": "No"})),
        ("GetPipelineExecution", execution(status="Waiting")),
        ("GetPipelineExecution", execution(status=Colour.RED)),
        ("GetPipelineExecution", execution(pipelineVersion="1")),
        ("GetPipelineExecution", execution(pipelineVersion=True)),
        ("GetPipelineExecution", execution(pipelineName=7)),
        ("GetPipelineExecution", execution(artifactRevisions={})),
        ("GetPipelineExecution", execution(artifactRevisions=[None])),
        ("GetPipelineState", {"created": "2026-11-23"}),
        ("GetPipelineState", {"created": datetime(2026, 11, 23)}),  # noqa: DTZ001 - that is wrong
        ("GetPipelineState", {"stageStates": [{"inboundTransitionState": {"enabled": 1}}]}),
        ("GetJobDetails", {"jobDetails": {"data": {"actionConfiguration": {"configuration": []}}}}),
    ],
)
def test_what_the_model_does_not_have_raises(operation, output):
    with pytest.raises(NotOfTheModel):
        written(operation, output)


def test_a_defect_does_not_tell_what_may_be_secret():
    with pytest.raises(NotOfTheModel) as defect:
        written("GetPipelineExecution", execution(pipelineVersion="hunter2"))

    assert "hunter2" not in str(defect.value)


def test_every_shape_that_can_be_answered_with_has_a_writer():
    for name in OPERATIONS:
        assert written(name, {}) == (None if output_shape(name) is None else {})


def test_times_are_seconds():
    assert written("GetPipelineState", {"created": MOMENT}) == {"created": MOMENT.timestamp()}
