"""Answers that are kept: true for as long as the revision of their pipeline is the same."""

from datetime import UTC, datetime
from functools import partial

import pytest

from pipelines.api.unchanged import Answers
from pipelines.models import Pipeline
from tests.definitions import usual_stages

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 3, 14, tzinfo=UTC)


def pipeline(**values):
    return Pipeline(**{"pk": 7, "created_at": THEN, "revision": 1, **values})


def test_a_question_is_answered_once_for_each_revision():
    answers = Answers()
    found: list[int] = []

    def find():
        found.append(len(found))
        return {"number": len(found)}

    assert answers.to("state", about=pipeline(), find=find) == {"number": 1}
    assert answers.to("state", about=pipeline(), find=find) == {"number": 1}
    assert answers.to("state", about=pipeline(revision=2), find=find) == {"number": 2}
    assert answers.to("list", about=pipeline(revision=2), find=find) == {"number": 3}


def test_another_pipeline_that_got_the_same_id_is_another():
    answers = Answers()
    answers.to("state", about=pipeline(), find=lambda: {"of": "the first"})

    later = pipeline(created_at=datetime(2026, 3, 15, tzinfo=UTC))

    assert answers.to("state", about=later, find=lambda: {"of": "the second"}) == {
        "of": "the second"
    }


def test_a_refusal_is_not_kept():
    answers = Answers()

    def refuse():
        raise LookupError

    for _ in range(2):
        try:
            answers.to("version 9", about=pipeline(), find=refuse)
        except LookupError:
            continue
        raise AssertionError
    assert answers.to("version 9", about=pipeline(), find=dict) == {}


def test_what_is_kept_does_not_grow_without_an_end():
    answers = Answers()
    for number in range(3 * Answers.LARGEST):
        answers.to(number, about=pipeline(), find=dict)

    assert len(answers._known) <= Answers.LARGEST


def test_nothing_is_kept_while_a_parallel_execution_goes_on(engine_room):
    """What becomes of it is told a moment later, and perhaps never."""
    execution = engine_room.create(stages=usual_stages(), execution_mode="PARALLEL")
    about = engine_room.pipeline
    about.refresh_from_db()
    answers = Answers()
    found = iter(range(9))
    ask = partial(answers.to, "state", about=about, find=lambda: {"number": next(found)})

    assert [ask(), ask()] == [{"number": 0}, {"number": 1}]

    engine_room.stop(execution)
    engine_room.settle()
    engine_room.fetch()

    assert engine_room.status(execution) == "Stopped"
    assert [ask(), ask()] == [{"number": 2}] * 2
