"""DisableStageTransition: nobody gets past it, and why is kept."""

import pytest
import time_machine

from tests.api.asking import ask, refused
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

OPERATION = "DisableStageTransition"
SIDES = pytest.mark.parametrize("side", ["Inbound", "Outbound"])


@pytest.fixture
def execution(engine_room):
    """It is fetching, in its first stage."""
    return engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])


def asked(**other):
    where = {"pipelineName": "website", "stageName": "Build", "transitionType": "Inbound"}
    return {**where, "reason": "Wait for it", **other}


def kept(stage_row, side):
    names = ("enabled", "reason", "changed_by", "changed_at")
    return [getattr(stage_row, f"{side.lower()}_{name}") for name in names]


@SIDES
def test_who_disabled_it_when_and_why_is_kept(engine_room, execution, side):
    with time_machine.travel("2026-03-14T15:09:26Z", tick=False):
        assert ask(OPERATION, **asked(transitionType=side)) is None

    enabled, reason, by, at = kept(engine_room.stage("Build"), side)
    assert (enabled, reason, by) == (False, "Wait for it", ALICE.arn)
    assert at.isoformat() == "2026-03-14T15:09:26+00:00"


@SIDES
def test_the_other_side_is_left_alone(engine_room, execution, side):
    ask(OPERATION, **asked(transitionType=side))

    other = {"Inbound": "Outbound", "Outbound": "Inbound"}[side]
    assert kept(engine_room.stage("Build"), other) == [True, "", "", None]


@pytest.mark.parametrize(("stage_name", "side"), [("Build", "Inbound"), ("Source", "Outbound")])
def test_an_execution_waits_in_front_of_it(engine_room, execution, stage_name, side):
    ask(OPERATION, **asked(stageName=stage_name, transitionType=side))

    engine_room.fetch()

    assert engine_room.again(execution).waits_for == "Build"


def test_disabling_again_overwrites_the_reason(engine_room, execution):
    ask(OPERATION, **asked())

    ask(OPERATION, **asked(reason="Longer"))

    assert engine_room.stage("Build").inbound_reason == "Longer"


def test_the_first_stage_has_one_as_well(engine_room, execution):
    ask(OPERATION, **asked(stageName="Source"))
    waiting = engine_room.start()

    engine_room.fetch()

    assert engine_room.again(waiting).waits_for == "Source"


@pytest.mark.parametrize("reason", ["a", "a" * 300, "Really? Yes - it is (so) * 2 @ noon!"])
def test_reasons_that_are_accepted(engine_room, execution, reason):
    ask(OPERATION, **asked(reason=reason))

    assert engine_room.stage("Build").inbound_reason == reason


@pytest.mark.parametrize(
    "reason", ["", "a" * 301, "a, b", "don't", "a/b", "a_b", "é", "a\nb", "a\n", "\0"]
)
def test_reasons_that_are_refused(engine_room, execution, reason):
    before = engine_room.digest()

    assert refused(OPERATION, **asked(reason=reason)).code == "ValidationException"
    assert engine_room.digest() == before


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"stageName": "build"}, "StageNotFoundException"),
    ],
)
def test_what_it_names_has_to_be_there(engine_room, execution, other, code):
    before = engine_room.digest()

    assert refused(OPERATION, **asked(**other)).code == code
    assert engine_room.digest() == before


def test_a_stage_of_an_earlier_version_is_not_there(engine_room, execution):
    engine_room.update(stages=[stage("Source", source()), stage("Ship", commands())])

    assert refused(OPERATION, **asked()).code == "StageNotFoundException"
