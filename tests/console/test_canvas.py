"""The diagram of one execution, which the execution's page shows."""

import pytest

from console.present.canvas import canvas_of_execution
from console.present.statuses import execution_words
from console.present.transitions import Inbound, Transition
from pipelines import transitions
from pipelines.core.statuses import StopMode
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

IN_PROGRESS = execution_words("InProgress")
STAGES = [
    stage("Source", source()),
    stage("Build", commands("Compile")),
    stage("Test", commands("Soak")),
]


@pytest.fixture
def execution(engine_room):
    """In Build."""
    execution = engine_room.create(stages=STAGES)
    engine_room.succeed("Fetch", artifacts={"Code": "key"})
    engine_room.settle()
    return engine_room.again(execution)


def labels(canvas):
    return [stage.words.label for stage in canvas.stages]


def test_it_shows_how_far_the_execution_has_come(execution):
    assert labels(canvas_of_execution(execution)) == ["Succeeded", "In progress", "Not started"]


def test_it_stays_what_it_was_when_others_come_after_it(engine_room, execution):
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    engine_room.start()
    engine_room.succeed("Fetch", artifacts={"Code": "key"})

    canvas = canvas_of_execution(engine_room.again(execution))

    assert labels(canvas) == ["Succeeded", "Stopped", "Didn't run"]
    assert {stage.execution_id for stage in canvas.stages} == {execution.id, None}
    retry = canvas.stage("Build").retry
    assert retry
    assert "not the latest one" in retry.refusal


def test_its_transitions_cannot_be_changed_but_show_that_it_waits(engine_room, execution):
    transitions.disable("website", "Test", reason="Held", by=ALICE)
    engine_room.succeed("Compile")

    into = [stage.way_in for stage in canvas_of_execution(engine_room.again(execution)).stages]

    assert into[0] is None
    assert into[1] == Transition(before="Source", into="Build", may_be_changed=False)
    waiting = Inbound(execution_id=execution.id, words=IN_PROGRESS, is_stoppable=True)
    assert into[2] == Transition(before="Build", into="Test", inbound=waiting, may_be_changed=False)


def test_queries_do_not_grow_with_what_it_did(
    execution, engine_room, django_assert_max_num_queries
):
    engine_room.succeed("Compile")
    execution = engine_room.again(execution)

    with django_assert_max_num_queries(5):  # pipeline, stages, stays, actions, leases
        canvas_of_execution(execution)
