"""A pipeline that is busy: a request waits for its lock a little, then it is refused."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction

from pipelines import patience, tasks
from pipelines.api import model
from pipelines.core.refusals import Conflict
from pipelines.models import Pipeline
from tests.api.asking import ask, refused
from tests.api.test_put_action_revision import told
from tests.definitions import approval, commands, definition, source, stage
from tests.engine_room import EngineRoom

ARN = "arn:aws:codepipeline:us-east-1:123456789012:website"
ONE = {"pipelineName": "website"}
BUILD = {**ONE, "stageName": "Build"}
REQUESTS = {
    "StartPipelineExecution": {"name": "website"},
    "StopPipelineExecution": ONE,
    "RetryStageExecution": {
        **BUILD,
        "pipelineExecutionId": str(uuid4()),
        "retryMode": "FAILED_ACTIONS",
    },
    "DisableStageTransition": {**BUILD, "transitionType": "Inbound", "reason": "Wait"},
    "EnableStageTransition": {**BUILD, "transitionType": "Inbound"},
    "PutApprovalResult": {
        **BUILD,
        "actionName": "Ask",
        "result": {"status": "Approved", "summary": ""},
    },
    "PutActionRevision": told("one"),
    "UpdatePipeline": {"pipeline": definition("website")},
    "DeletePipeline": {"name": "website"},
    "TagResource": {"resourceArn": ARN, "tags": [{"key": "team", "value": "web"}]},
    "UntagResource": {"resourceArn": ARN, "tagKeys": ["team"]},
}
# How a busy pipeline is told of, by what AWS's model gives the operation; the last is everybody's.
CODES = ("ConflictException", "ConcurrentModificationException", "ThrottlingException")


@pytest.fixture
def room(transactional_db, monkeypatch):
    """The engine driven by hand, with rows that other threads see, and impatient requests."""
    room = EngineRoom()
    monkeypatch.setattr(tasks, "wake", room.wake)
    monkeypatch.setattr(tasks, "hurry", room.wake)
    monkeypatch.setattr(patience, "SECONDS", 0.1)
    room.create(stages=[stage("Source", source()), stage("Build", commands(), approval("Ask"))])
    room.fetch()
    room.settle()
    return room


def request(room, operation):
    """It names what there is: what there is not is refused without waiting for anybody."""
    there = {
        "StopPipelineExecution": {"pipelineExecutionId": str(room.pipeline.executions.get().id)},
        "PutApprovalResult": {"token": room.live("Ask").token},
    }
    return {**REQUESTS[operation], **there.get(operation, {})}


@contextmanager
def held():
    """Another connection has the pipeline's lock while the block lasts."""
    taken, done = Event(), Event()

    def hold():
        try:
            with transaction.atomic():
                Pipeline.objects.locked(name="website")
                taken.set()
                done.wait()
        finally:
            taken.set()
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        taken.wait()
        try:
            yield
        finally:
            done.set()
            holding.result()


@pytest.mark.parametrize("operation", REQUESTS)
def test_it_is_refused_with_an_error_that_the_operation_has(room, operation):
    before, given = room.digest(), request(room, operation)

    with held():
        error = refused(operation, **given)

    described = model.service().operation_model(operation)
    known = {shape.name for shape in described.error_shapes}
    expected = next(code for code in CODES if code in {*known, "ThrottlingException"})
    assert (error.code, error.message) == (expected, patience.BUSY)
    assert error.status == (409 if expected == "ConflictException" else 400)
    assert room.digest() == before


def test_once_the_lock_is_free_the_same_request_goes_through(room):
    with held():
        refused("StartPipelineExecution", **REQUESTS["StartPipelineExecution"])

    assert ask("StartPipelineExecution", **REQUESTS["StartPipelineExecution"])


def test_the_patience_of_a_request_is_not_that_of_what_follows(room):
    usual = waits()

    ask("StartPipelineExecution", **REQUESTS["StartPipelineExecution"])
    with held():
        refused("StartPipelineExecution", **REQUESTS["StartPipelineExecution"])

    assert waits() == usual


def waits():
    """How long this connection waits for a lock, as the database says it."""
    asked = "PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return cursor.fetchone()


def test_other_troubles_of_the_database_are_no_conflict(room):
    with (
        pytest.raises(OperationalError, match="no such table"),
        patience.limited(Conflict),
    ):
        raise OperationalError("no such table")


def test_the_console_says_so_in_the_dialog(room, client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("alice"))
    release = "/codesuite/codepipeline/pipelines/website/release"

    with held():
        answer = client.post(release, {"token": str(uuid4())})

    assert answer.status_code == 409
    assert patience.BUSY in answer.content.decode()
