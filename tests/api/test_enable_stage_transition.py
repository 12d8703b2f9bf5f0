"""EnableStageTransition: who waits enters, and the reason is gone."""

import pytest

from tests.api.asking import ask, refused
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

OPERATION = "EnableStageTransition"


@pytest.fixture
def waiting(engine_room):
    """An execution in front of Build, whose way in is disabled."""
    execution = engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])
    engine_room.disable("Build")
    engine_room.fetch()
    return execution


def asked(**other):
    where = {"pipelineName": "website", "stageName": "Build", "transitionType": "Inbound"}
    return {**where, **other}


def test_who_waits_enters(engine_room, waiting):
    assert ask(OPERATION, **asked()) is None
    engine_room.settle()

    assert engine_room.stage_status(waiting, "Build") == "InProgress"


def test_the_reason_is_gone_and_who_enabled_it_is_kept(engine_room, waiting):
    ask(OPERATION, **asked())

    row = engine_room.stage("Build")
    assert (row.inbound_enabled, row.inbound_reason, row.inbound_changed_by) == (
        True,
        "",
        ALICE.arn,
    )


def test_enabling_what_is_enabled_is_no_error(engine_room, waiting):
    ask(OPERATION, **asked())

    assert ask(OPERATION, **asked()) is None


def test_the_other_side_may_still_hold_it(engine_room, waiting):
    engine_room.disable("Source", transition="Outbound")
    ask(OPERATION, **asked())
    engine_room.settle()
    assert engine_room.again(waiting).waits_for == "Build"

    ask(OPERATION, **asked(stageName="Source", transitionType="Outbound"))
    engine_room.settle()

    assert engine_room.stage_status(waiting, "Build") == "InProgress"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
    ],
)
def test_what_it_names_has_to_be_there(engine_room, waiting, other, code):
    before = engine_room.digest()

    assert refused(OPERATION, **asked(**other)).code == code
    assert engine_room.digest() == before
