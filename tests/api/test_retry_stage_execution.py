"""RetryStageExecution: the rows of spec/stop.md §6 and spec/engine.md §9."""

from uuid import uuid4

import pytest

from pipelines.core.statuses import StopMode
from tests.api.asking import ask, refused
from tests.definitions import commands, source, stage

OPERATION = "RetryStageExecution"
NOT_LATEST = "NotLatestPipelineExecutionException"
NOT_RETRYABLE = "StageNotRetryableException"
STAGES = [stage("Source", source()), stage("Build", commands("Compile"), commands("Lint"))]
MODES = pytest.mark.parametrize("mode", ["FAILED_ACTIONS", "ALL_ACTIONS"])


@pytest.fixture
def execution(engine_room):
    """In its stage Build, with two live actions."""
    execution = engine_room.create(stages=STAGES)
    engine_room.fetch()
    return execution


def asked(execution_id, **other):
    where = {"pipelineName": "website", "stageName": "Build"}
    how = {"pipelineExecutionId": str(execution_id), "retryMode": "FAILED_ACTIONS"}
    return {**where, **how, **other}


def abandon(room, execution):
    room.stop(execution, StopMode.ABANDON)
    room.settle()


def fail(room):
    room.fail("Compile")
    room.succeed("Lint")


@pytest.mark.parametrize(
    ("mode", "run_again"),
    [("FAILED_ACTIONS", {"Compile"}), ("ALL_ACTIONS", {"Compile", "Lint"})],
)
def test_a_failed_stage_goes_on_with_the_same_execution(engine_room, execution, mode, run_again):
    fail(engine_room)

    answer = ask(OPERATION, **asked(execution.id, retryMode=mode))
    engine_room.settle()

    assert answer == {"pipelineExecutionId": str(execution.id)}
    statuses = engine_room.action_statuses(execution)
    assert {name for name, status in statuses.items() if status == "InProgress"} == run_again
    assert engine_room.status(execution) == "InProgress"


@MODES
def test_what_was_abandoned_runs_again(engine_room, execution, mode):
    abandon(engine_room, execution)

    ask(OPERATION, **asked(execution.id, retryMode=mode))
    engine_room.settle()

    statuses = engine_room.action_statuses(execution)
    assert (statuses["Compile"], statuses["Lint"]) == ("InProgress", "InProgress")


def test_a_stage_that_was_stopped_with_everything_done_goes_on(engine_room, execution):
    engine_room.stop(execution, StopMode.WAIT)
    engine_room.settle()
    engine_room.succeed("Compile")
    engine_room.succeed("Lint")
    assert engine_room.status(execution) == "Stopped"

    ask(OPERATION, **asked(execution.id))
    engine_room.settle()

    assert engine_room.status(execution) == "Succeeded"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"pipelineExecutionId": str(uuid4())}, NOT_LATEST),
    ],
)
def test_what_it_names_has_to_be_there(engine_room, execution, other, code):
    fail(engine_room)
    before = engine_room.digest()

    assert refused(OPERATION, **asked(execution.id, **other)).code == code
    assert engine_room.digest() == before


def test_an_execution_of_another_pipeline_is_not_the_latest(engine_room, execution):
    fail(engine_room)
    elsewhere = engine_room.create(stages=STAGES, name="other")

    assert refused(OPERATION, **asked(elsewhere.id)).code == NOT_LATEST


@MODES
def test_an_execution_that_was_overtaken_is_not_the_latest(engine_room, execution, mode):
    fail(engine_room)
    engine_room.start()
    engine_room.fetch()

    assert refused(OPERATION, **asked(execution.id, retryMode=mode)).code == NOT_LATEST


@MODES
def test_an_execution_that_was_stopped_in_front_of_the_stage_is_not_the_latest(
    engine_room, execution, mode
):
    waiting = engine_room.start()
    engine_room.fetch()
    abandon(engine_room, waiting)

    assert refused(OPERATION, **asked(waiting.id, retryMode=mode)).code == NOT_LATEST


def in_progress(room, execution):
    return "it is in progress"


def stopping(room, execution):
    room.stop(execution, StopMode.WAIT)
    room.settle()
    return "its status is Stopping"


def succeeded(room, execution):
    room.succeed("Compile")
    room.succeed("Lint")
    return "its status is Succeeded"


def outdated(room, execution):
    fail(room)
    room.update(stages=STAGES)
    room.settle()
    return "the pipeline was changed after the execution started"


def retried_already(room, execution):
    fail(room)
    room.retry(execution, "Build")
    room.settle()
    return "it is in progress"


@pytest.mark.parametrize("state", [in_progress, stopping, succeeded, outdated, retried_already])
def test_a_stage_in_another_state_is_not_retryable(engine_room, execution, state):
    why = state(engine_room, execution)
    before = engine_room.digest()

    error = refused(OPERATION, **asked(execution.id))

    assert error.code == NOT_RETRYABLE
    assert error.message.startswith(f"The stage cannot be retried: {why}")
    assert engine_room.digest() == before


def test_beside_live_actions_only_the_failed_ones_run_again(engine_room, execution):
    engine_room.fail("Compile")

    assert refused(OPERATION, **asked(execution.id, retryMode="ALL_ACTIONS")).code == NOT_RETRYABLE
    ask(OPERATION, **asked(execution.id))
    engine_room.settle()

    statuses = engine_room.action_statuses(execution)
    assert (statuses["Compile"], statuses["Lint"]) == ("InProgress", "InProgress")


def test_the_stage_of_the_sources_is_retried_with_the_same_overrides(engine_room):
    execution = engine_room.create(stages=STAGES, pipelineType="V2")
    engine_room.fetch()
    abandon(engine_room, execution)
    override = {"actionName": "Fetch", "revisionType": "COMMIT_ID", "revisionValue": "4f2a"}
    answer = ask("StartPipelineExecution", name="website", sourceRevisions=[override])
    engine_room.settle()
    engine_room.fail("Fetch")

    ask(OPERATION, **asked(answer["pipelineExecutionId"], stageName="Source"))
    engine_room.settle()

    assert engine_room.live("Fetch").execution.source_overrides == [override]
