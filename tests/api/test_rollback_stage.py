"""RollbackStage, and what is read of a rollback afterwards."""

from uuid import uuid4

import pytest

from tests.api.asking import ask, refused
from tests.definitions import commands, source, stage

STAGES = [stage("Source", source()), stage("Build", commands("Compile"))]


@pytest.fixture
def target(engine_room):
    execution = engine_room.create(stages=STAGES)
    engine_room.fetch()
    engine_room.succeed("Compile")
    return execution


def asked(target_id, **other):
    where = {"pipelineName": "website", "stageName": "Build"}
    return {**where, "targetPipelineExecutionId": str(target_id), **other}


def test_a_rollback_is_an_execution_of_its_own(engine_room, target):
    answer = ask("RollbackStage", **asked(target.id))
    engine_room.settle()

    rollback_id = answer["pipelineExecutionId"]
    assert rollback_id != str(target.id)
    told = ask("GetPipelineExecution", pipelineName="website", pipelineExecutionId=rollback_id)
    execution = told["pipelineExecution"]
    assert execution["executionType"] == "ROLLBACK"
    assert execution["trigger"]["triggerType"] == "ManualRollback"
    assert execution["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": str(target.id)}


def test_lists_and_the_state_say_that_it_is_one(engine_room, target):
    rollback_id = ask("RollbackStage", **asked(target.id))["pipelineExecutionId"]
    engine_room.settle()

    newest, older = ask("ListPipelineExecutions", pipelineName="website")[
        "pipelineExecutionSummaries"
    ]
    assert newest["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": str(target.id)}
    assert "rollbackMetadata" not in older
    state = ask("GetPipelineState", name="website")["stageStates"][1]
    assert state["latestExecution"] == {
        "pipelineExecutionId": rollback_id,
        "status": "InProgress",
        "type": "ROLLBACK",
    }


def test_the_targets_are_those_that_succeeded_in_the_stage(engine_room, target):
    rollback_id = ask("RollbackStage", **asked(target.id))["pipelineExecutionId"]
    engine_room.settle()
    engine_room.succeed("Compile")
    succeeded = {"succeededInStage": {"stageName": "Build"}}

    found = ask("ListPipelineExecutions", pipelineName="website", filter=succeeded)

    ids = [each["pipelineExecutionId"] for each in found["pipelineExecutionSummaries"]]
    assert ids == [rollback_id, str(target.id)]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"targetPipelineExecutionId": str(uuid4())}, "PipelineExecutionNotFoundException"),
        ({"stageName": "Source"}, "UnableToRollbackStageException"),
    ],
)
def test_what_is_refused(engine_room, target, other, code):
    before = engine_room.digest()

    assert refused("RollbackStage", **asked(target.id, **other)).code == code
    assert engine_room.digest() == before


def test_a_stage_that_runs_is_not_rolled_back(engine_room, target):
    engine_room.start()
    engine_room.fetch()

    assert refused("RollbackStage", **asked(target.id)).code == "UnableToRollbackStageException"


def test_a_target_of_another_version_is_outdated(engine_room, target):
    engine_room.update(stages=STAGES)

    error = refused("RollbackStage", **asked(target.id))

    assert error.code == "PipelineExecutionOutdatedException"


def test_an_automatic_retry_is_told_in_the_state(engine_room):
    retry = {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}
    build = stage("Build", commands("Compile"), on_failure=retry)
    engine_room.create(stages=[stage("Source", source()), build])
    engine_room.fetch()
    engine_room.fail("Compile")

    state = ask("GetPipelineState", name="website")["stageStates"][1]

    assert state["retryStageMetadata"] == {
        "autoStageRetryAttempt": 1,
        "latestRetryTrigger": "AutomatedStageRetry",
    }
