"""StopPipelineExecution: every row of spec/stop.md §2, and what §5 says of it."""

from uuid import uuid4

import pytest

from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import StopMode
from pipelines.models import PipelineExecution
from tests.api.asking import ask, refused
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE

OPERATION = "StopPipelineExecution"
DUPLICATED = "DuplicatedStopRequestException"
NOT_STOPPABLE = "PipelineExecutionNotStoppableException"
STAGES = [stage("Source", source()), stage("Build", commands("Compile"), commands("Lint"))]
MODES = pytest.mark.parametrize("mode", [{}, {"abandon": False}, {"abandon": True}])


@pytest.fixture
def execution(engine_room):
    """In its stage Build, with two live actions."""
    execution = engine_room.create(stages=STAGES)
    engine_room.fetch()
    return execution


def stop(execution, **given):
    return ask(OPERATION, pipelineName="website", pipelineExecutionId=str(execution.id), **given)


def refusal(execution, **given):
    asked = {"pipelineName": "website", "pipelineExecutionId": str(execution.id), **given}
    return refused(OPERATION, **asked)


def in_the_stage(room, execution):
    return execution


def in_front_of_a_locked_stage(room, execution):
    waiting = room.start()
    room.fetch()
    return room.again(waiting)


def in_front_of_a_disabled_transition(room, execution):
    room.disable("Source")
    return room.start()


def resumed_after_a_stop(room, execution):
    stopped(room, execution)
    room.retry(execution, "Build")
    room.settle()
    return room.again(execution)


def beside_a_failed_action(room, execution):
    room.fail("Lint")
    return room.again(execution)


def waited_for(room, execution):
    room.stop(execution, StopMode.WAIT)
    room.settle()
    return room.again(execution)


def about_to_abandon(room, execution):
    room.stop(execution, StopMode.ABANDON)
    return room.again(execution)


def stopped(room, execution):
    room.stop(execution, StopMode.ABANDON)
    room.settle()
    return room.again(execution)


def succeeded(room, execution):
    room.succeed("Compile")
    room.succeed("Lint")
    return room.again(execution)


def failed(room, execution):
    room.fail("Compile")
    room.fail("Lint")
    return room.again(execution)


def superseded(room, execution):
    older = in_front_of_a_locked_stage(room, execution)
    in_front_of_a_locked_stage(room, execution)
    return room.again(older)


def cancelled(room, execution):
    waiting = in_front_of_a_locked_stage(room, execution)
    room.update(stages=STAGES)
    room.settle()
    return room.again(waiting)


STOPPABLE = [
    in_the_stage,
    in_front_of_a_locked_stage,
    in_front_of_a_disabled_transition,
    resumed_after_a_stop,
    beside_a_failed_action,
]
FINISHED = {
    stopped: "Stopped",
    succeeded: "Succeeded",
    failed: "Failed",
    superseded: "Superseded",
    cancelled: "Cancelled",
}


@MODES
@pytest.mark.parametrize("state", STOPPABLE)
def test_what_is_in_progress_is_stopped(engine_room, execution, state, mode):
    asked_for = state(engine_room, execution)
    assert asked_for.status == "InProgress"

    answer = stop(asked_for, **mode)

    assert answer == {"pipelineExecutionId": str(asked_for.id)}
    accepted = engine_room.again(asked_for)
    assert accepted.status == "Stopping"
    assert accepted.stop_mode == ("abandon" if mode.get("abandon") else "wait")


@pytest.mark.parametrize("mode", [{}, {"abandon": False}])
def test_waiting_is_not_asked_for_twice(engine_room, execution, mode):
    waiting = waited_for(engine_room, execution)
    before = engine_room.digest()

    error = refusal(waiting, reason="again", **mode)

    assert (error.code, error.status) == (DUPLICATED, 400)
    assert str(execution.id) in error.message
    assert engine_room.digest() == before


def test_waiting_may_be_cut_short_by_abandoning(engine_room, execution):
    waited_for(engine_room, execution)

    assert stop(execution, abandon=True) == {"pipelineExecutionId": str(execution.id)}
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert set(engine_room.action_statuses(execution).values()) == {"Succeeded", "Abandoned"}


@MODES
def test_nothing_is_added_to_abandoning(engine_room, execution, mode):
    abandoning = about_to_abandon(engine_room, execution)
    before = engine_room.digest()

    assert refusal(abandoning, **mode).code == DUPLICATED
    assert engine_room.digest() == before


@MODES
@pytest.mark.parametrize(("state", "status"), FINISHED.items())
def test_what_is_finished_is_not_stoppable(engine_room, execution, state, status, mode):
    finished = state(engine_room, execution)
    before = engine_room.digest()

    error = refusal(finished, reason="too late", **mode)

    assert (error.code, error.status) == (NOT_STOPPABLE, 400)
    assert error.message == (
        f"Pipeline execution '{finished.id}' cannot be stopped because its status is '{status}'."
    )
    assert engine_room.digest() == before


@MODES
def test_an_execution_that_the_pipeline_does_not_have_is_not_stoppable(
    engine_room, execution, mode
):
    elsewhere = engine_room.create(stages=STAGES, name="other")
    before = engine_room.digest()

    for unknown in (uuid4(), elsewhere.id):
        error = refused(OPERATION, pipelineName="website", pipelineExecutionId=str(unknown), **mode)
        assert error.code == NOT_STOPPABLE
    assert engine_room.digest() == before


def test_an_unknown_pipeline_is_said_to_be_unknown(engine_room, execution):
    error = refusal(execution, pipelineName="nowhere")

    assert error.code == "PipelineNotFoundException"


@pytest.mark.parametrize("reason", ["", "\N{OWL}" * 200, "two\nlines & <b>"])
def test_a_reason_is_kept_as_it_is(engine_room, execution, reason):
    stop(execution, reason=reason)

    assert engine_room.again(execution).stop_reason == reason


@pytest.mark.parametrize("reason", ["a" * 201, "a\0b", "half \ud83d"])
def test_a_reason_that_cannot_be_kept_is_refused(engine_room, execution, reason):
    before = engine_room.digest()

    assert refusal(execution, reason=reason).code == "ValidationException"
    assert engine_room.digest() == before


def test_an_approval_is_waited_for(engine_room):
    execution = engine_room.create(stages=[stage("Source", source()), stage("Ask", approval())])
    engine_room.fetch()

    stop(execution)
    engine_room.settle()
    assert engine_room.status(execution) == "Stopping"
    engine_room.answer(engine_room.live("Ask"))
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"


def test_who_was_stopped_in_front_of_a_transition_never_enters(engine_room, execution):
    waiting = in_front_of_a_disabled_transition(engine_room, execution)
    stop(waiting)
    engine_room.settle()

    ask(
        "EnableStageTransition",
        pipelineName="website",
        stageName="Source",
        transitionType="Inbound",
    )
    engine_room.settle()

    assert engine_room.status(waiting) == "Stopped"
    assert waiting.stage_executions.count() == 0


def test_abandoning_is_a_right_of_its_own(engine_room, execution):
    operator = Caller(arn=ALICE.arn, roles=frozenset({Role.OPERATE}))
    before = engine_room.digest()

    error = refusal(execution, by=operator, abandon=True)

    assert error.code == "AccessDeniedException"
    assert engine_room.digest() == before
    assert PipelineExecution.objects.get().status == "InProgress"
    ask(OPERATION, by=operator, pipelineName="website", pipelineExecutionId=str(execution.id))
    assert engine_room.status(execution) == "Stopping"
