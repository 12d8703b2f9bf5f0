"""Answering manual approvals on real rows."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pipelines import approvals
from pipelines.approvals import ApprovalStatus
from pipelines.core.refusals import (
    ActionNotFound,
    ApprovalAlreadyCompleted,
    InvalidApprovalToken,
    InvalidRequest,
    PipelineNotFound,
    StageNotFound,
)
from pipelines.core.statuses import StopMode
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE

APPROVED, REJECTED = ApprovalStatus.APPROVED, ApprovalStatus.REJECTED


def ask_and_ship():
    return [
        stage("Source", source()),
        stage("Approve", approval("Ask")),
        stage("Deploy", commands("Ship")),
    ]


@pytest.fixture
def execution(engine_room):
    """An execution that waits for an answer."""
    execution = engine_room.create(stages=ask_and_ship())
    engine_room.fetch()
    return execution


def test_an_approval_has_a_token_that_is_its_external_id_as_well(engine_room, execution):
    asked = engine_room.live("Ask")

    assert asked.token
    assert asked.external_execution_id == asked.token


def test_approving_lets_the_execution_go_on(engine_room, execution):
    engine_room.answer(engine_room.live("Ask"), APPROVED, summary="Looks good")
    engine_room.settle()

    answered = engine_room.latest("Ask")
    assert (answered.status, answered.summary, answered.updated_by) == (
        "Succeeded",
        "Looks good",
        ALICE.arn,
    )
    assert engine_room.action_statuses(execution)["Ship"] == "InProgress"


def test_rejecting_fails_the_stage(engine_room, execution):
    engine_room.answer(engine_room.live("Ask"), REJECTED, summary="Not today")
    engine_room.settle()

    answered = engine_room.latest("Ask")
    assert (answered.status, answered.error_code) == ("Failed", "JobFailed")
    assert answered.error_message == f"Rejected by {ALICE.arn}: Not today"
    assert engine_room.status(execution) == "Failed"


def test_a_rejection_without_words_is_told_without_them(engine_room, execution):
    engine_room.answer(engine_room.live("Ask"), REJECTED)

    assert engine_room.latest("Ask").error_message == f"Rejected by {ALICE.arn}."


def test_the_answer_says_when_it_was_given(engine_room, execution):
    asked = engine_room.live("Ask")

    with time_machine.travel("2026-03-14T15:09:26Z", tick=False):
        answered_at = engine_room.answer(asked)

    assert answered_at.isoformat() == "2026-03-14T15:09:26+00:00"


def test_an_answer_is_given_once(engine_room, execution):
    asked = engine_room.live("Ask")
    engine_room.answer(asked)
    before = engine_room.digest()

    with pytest.raises(ApprovalAlreadyCompleted):
        engine_room.answer(asked, REJECTED)

    assert engine_room.digest() == before


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_a_wrong_token_is_refused(engine_room, execution, token):
    before = engine_room.digest()

    with pytest.raises(InvalidApprovalToken):
        engine_room.answer(engine_room.live("Ask"), token=token)

    assert engine_room.digest() == before


def test_the_empty_token_is_not_that_of_an_action_that_has_none(engine_room, execution):
    fetched = engine_room.latest("Fetch")
    assert fetched.token == ""

    with pytest.raises(InvalidApprovalToken):
        engine_room.answer(fetched)


def test_what_does_not_exist_is_refused(engine_room, execution):
    def answer(pipeline_name, *where):
        approvals.answer(pipeline_name, where, token="x", status=APPROVED, summary="", by=ALICE)

    with pytest.raises(PipelineNotFound):
        answer("nothing", "Approve", "Ask")
    with pytest.raises(StageNotFound):
        answer("website", "Nothing", "Ask")
    with pytest.raises(ActionNotFound):
        answer("website", "Approve", "Nothing")


@pytest.mark.parametrize("summary", ["a" * 513, "a\0b", "half \ud83d"])
def test_words_that_cannot_be_kept_are_refused(engine_room, execution, summary):
    with pytest.raises(InvalidRequest):
        engine_room.answer(engine_room.live("Ask"), summary=summary)


def test_a_long_answer_is_kept(engine_room, execution):
    engine_room.answer(engine_room.live("Ask"), summary="\N{OWL}" * 512)

    assert engine_room.latest("Ask").summary == "\N{OWL}" * 512


# While the execution is being stopped.


@pytest.mark.parametrize(("answer", "status"), [(APPROVED, "Succeeded"), (REJECTED, "Failed")])
def test_a_stop_that_waits_waits_for_the_answer(engine_room, execution, answer, status):
    engine_room.stop(execution, StopMode.WAIT)
    engine_room.settle()
    assert engine_room.status(execution) == "Stopping"

    engine_room.answer(engine_room.live("Ask"), answer)
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.action_statuses(execution)["Ask"] == status


def test_nobody_can_answer_what_was_abandoned(engine_room, execution):
    asked = engine_room.live("Ask")
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    before = engine_room.digest()

    with pytest.raises(InvalidApprovalToken):
        engine_room.answer(asked)

    assert engine_room.digest() == before


def test_the_token_is_dead_as_soon_as_the_abandoning_stop_is_accepted(engine_room, execution):
    asked = engine_room.live("Ask")
    engine_room.stop(execution, StopMode.ABANDON)

    with pytest.raises(InvalidApprovalToken):
        engine_room.answer(asked)
    engine_room.settle()

    assert engine_room.action_statuses(execution)["Ask"] == "Abandoned"


@pytest.mark.parametrize("is_settled", [True, False])
def test_nobody_can_answer_what_has_expired(engine_room, execution, is_settled):
    asked = engine_room.live("Ask")
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1), tick=False):
        engine_room.wake(engine_room.pipeline.pk)
        if is_settled:
            engine_room.settle()

        with pytest.raises(InvalidApprovalToken):
            engine_room.answer(asked)

        engine_room.settle()
    assert engine_room.status(execution) == "Failed"


def test_a_retry_asks_again_with_another_token(engine_room, execution):
    first = engine_room.live("Ask")
    engine_room.answer(first, REJECTED)
    engine_room.settle()

    engine_room.retry(execution, "Approve")
    engine_room.settle()

    second = engine_room.live("Ask")
    assert second.token != first.token
    with pytest.raises(ApprovalAlreadyCompleted):
        engine_room.answer(first)
    engine_room.answer(second)


def test_what_an_update_took_out_of_the_pipeline_can_still_be_answered(engine_room, execution):
    asked = engine_room.live("Ask")
    engine_room.update(stages=[stage("Source", source()), stage("Deploy", commands("Ship"))])
    engine_room.settle()

    engine_room.answer(asked)
    engine_room.settle()

    assert engine_room.action_statuses(execution)["Ask"] == "Succeeded"
    assert engine_room.status(execution) == "Cancelled"
