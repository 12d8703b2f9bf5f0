"""PutApprovalResult: answered once, with the right token, while somebody waits for it."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from pipelines.core.statuses import StopMode
from tests.api.asking import ask, refused
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE

OPERATION = "PutApprovalResult"
INVALID = "InvalidApprovalTokenException"
COMPLETED = "ApprovalAlreadyCompletedException"


@pytest.fixture
def execution(engine_room):
    """It waits for an answer."""
    stages = [stage("Source", source()), stage("Gate", approval()), stage("Ship", commands())]
    execution = engine_room.create(stages=stages)
    engine_room.fetch()
    return execution


@pytest.fixture
def token(engine_room, execution):
    return engine_room.live("Ask").token


def asked(token, *, status="Approved", summary="", **other):
    where = {"pipelineName": "website", "stageName": "Gate", "actionName": "Ask"}
    return {**where, "token": token, "result": {"status": status, "summary": summary}, **other}


@pytest.mark.parametrize(
    ("status", "action", "execution_status"),
    [("Approved", "Succeeded", "InProgress"), ("Rejected", "Failed", "Failed")],
)
def test_an_answer_ends_the_action(engine_room, execution, token, status, action, execution_status):
    with time_machine.travel("2026-03-14T15:09:26Z", tick=False):
        answer = ask(OPERATION, **asked(token, status=status, summary="Because"))
    engine_room.settle()

    assert list(answer) == ["approvedAt"]
    assert answer["approvedAt"].isoformat() == "2026-03-14T15:09:26+00:00"
    answered = engine_room.latest("Ask")
    assert (answered.status, answered.summary, answered.updated_by) == (
        action,
        "Because",
        ALICE.arn,
    )
    assert engine_room.status(execution) == execution_status


def test_a_stop_that_waits_takes_the_answer(engine_room, execution, token):
    engine_room.stop(execution, StopMode.WAIT)
    engine_room.settle()

    ask(OPERATION, **asked(token))
    engine_room.settle()

    assert engine_room.latest("Ask").status == "Succeeded"
    assert engine_room.status(execution) == "Stopped"


def answered(room, execution):
    room.answer(room.live("Ask"))
    return COMPLETED


def about_to_be_abandoned(room, execution):
    room.stop(execution, StopMode.ABANDON)
    return INVALID


def abandoned(room, execution):
    room.stop(execution, StopMode.ABANDON)
    room.settle()
    return INVALID


def expired(room, execution):
    with time_machine.travel(room.live("Ask").deadline + timedelta(seconds=1), tick=False):
        room.wake(room.pipeline.pk)
        room.settle()
    return INVALID


def retried(room, execution):
    abandoned(room, execution)
    room.retry(execution, "Gate")
    room.settle()
    return INVALID


@pytest.mark.parametrize("state", [answered, about_to_be_abandoned, abandoned, expired, retried])
def test_nobody_waits_for_this_answer_any_more(engine_room, execution, token, state):
    code = state(engine_room, execution)
    before = engine_room.digest()

    assert refused(OPERATION, **asked(token, status="Rejected")).code == code
    assert engine_room.digest() == before


def test_a_retry_asks_with_another_token(engine_room, execution, token):
    retried(engine_room, execution)

    again = engine_room.live("Ask").token

    assert again != token
    assert ask(OPERATION, **asked(again))


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"token": str(uuid4())}, INVALID),
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"actionName": "Nobody"}, "ActionNotFoundException"),
        ({"stageName": "Ship", "actionName": "Build"}, INVALID),
    ],
)
def test_what_it_names_has_to_wait_for_an_answer(engine_room, execution, token, other, code):
    before = engine_room.digest()

    assert refused(OPERATION, **{**asked(token), **other}).code == code
    assert engine_room.digest() == before


@pytest.mark.parametrize("summary", ["a" * 513, "a\0b", "half \ud83d"])
def test_words_that_cannot_be_kept_are_refused(engine_room, execution, token, summary):
    before = engine_room.digest()

    assert refused(OPERATION, **asked(token, summary=summary)).code == "ValidationException"
    assert engine_room.digest() == before


def test_512_characters_can_be_kept(engine_room, execution, token):
    ask(OPERATION, **asked(token, summary="\N{OWL}" * 512))

    assert engine_room.latest("Ask").summary == "\N{OWL}" * 512
