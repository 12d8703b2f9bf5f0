"""PutActionRevision: what is news to a pipeline starts it, what it has used does not."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipelines.core.results import SourceRevision
from pipelines.models import PipelineExecution
from tests.api.asking import ask, refused
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

OPERATION = "PutActionRevision"


@pytest.fixture
def execution(engine_room):
    return engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])


def told(revision_id, **other):
    revision = {
        "revisionId": revision_id,
        "revisionChangeId": "a deployment",
        "created": datetime(2026, 11, 23, tzinfo=UTC),
    }
    where = {"pipelineName": "website", "stageName": "Source", "actionName": "Fetch"}
    return {**where, "actionRevision": revision, **other}


def fetch(engine_room, revision_id):
    engine_room.succeed(
        "Fetch", artifacts={"Code": "k"}, revision=SourceRevision(revision_id=revision_id)
    )


def test_a_new_revision_starts_an_execution(execution):
    answer = ask(OPERATION, **told("one"))

    started = PipelineExecution.objects.latest("sequence")
    assert answer == {"newRevision": True, "pipelineExecutionId": str(started.pk)}
    assert (started.trigger_type, started.trigger_detail) == (OPERATION, ALICE.arn)


def test_a_revision_told_twice_starts_one_execution(execution):
    first = ask(OPERATION, **told("one"))

    again = ask(OPERATION, **told("one"))

    assert again == {"newRevision": False, "pipelineExecutionId": first["pipelineExecutionId"]}
    assert PipelineExecution.objects.count() == 2


def test_a_revision_that_an_execution_found_by_itself_is_no_news(engine_room, execution):
    fetch(engine_room, "one")

    answer = ask(OPERATION, **told("one"))

    assert answer == {"newRevision": False, "pipelineExecutionId": str(execution.pk)}


def test_of_several_executions_the_last_that_used_it_is_named(engine_room, execution):
    fetch(engine_room, "one")
    later = engine_room.start()
    fetch(engine_room, "one")

    assert ask(OPERATION, **told("one"))["pipelineExecutionId"] == str(later.pk)


def test_a_revision_may_be_longer_than_an_index_holds(execution):
    long = "\N{SMILING FACE WITH SUNGLASSES}" * 1499

    first = ask(OPERATION, **told(long + "1"))

    assert ask(OPERATION, **told(long + "2"))["newRevision"] is True
    assert ask(OPERATION, **told(long + "1")) == {**first, "newRevision": False}


def test_another_pipeline_has_not_used_it(engine_room, execution):
    ask(OPERATION, **told("one"))
    engine_room.create(stages=[stage("Source", source()), stage("Build", commands())], name="other")

    assert ask(OPERATION, **told("one", pipelineName="other"))["newRevision"] is True


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"pipelineName": "nowhere"}, "PipelineNotFoundException"),
        ({"stageName": "Nowhere"}, "StageNotFoundException"),
        ({"actionName": "Nobody"}, "ActionNotFoundException"),
        ({"stageName": "Build", "actionName": "Fetch"}, "ActionNotFoundException"),
        ({"stageName": "Build", "actionName": "Build"}, "ValidationException"),
    ],
)
def test_what_it_names_has_to_be_a_source_action(engine_room, execution, other, code):
    before = engine_room.digest()

    assert refused(OPERATION, **told("one", **other)).code == code
    assert engine_room.digest() == before


def test_a_revision_that_cannot_be_kept_is_refused(engine_room, execution):
    before = engine_room.digest()

    assert refused(OPERATION, **told("\ud800")).code == "ValidationException"
    assert engine_room.digest() == before


def test_it_costs_the_same_whatever_the_history(engine_room, execution):
    fetch(engine_room, "0")
    few = queries(lambda: ask(OPERATION, **told("1")))
    for number in range(2, 30):
        ask(OPERATION, **told(str(number)))

    assert queries(lambda: ask(OPERATION, **told("30"))) == few


def queries(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)
