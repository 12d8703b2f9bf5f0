"""AcknowledgeJob: once, with the nonce of the latest poll, and it says whether to begin."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from pipelines.core.statuses import StopMode
from pipelines.models import Job
from tests.api.calling import refused
from tests.api.workers import acknowledge, begin, build, fail, succeed, take
from tests.engine_room import ALICE

INVALID = "InvalidNonceException"


def nonce_refused(job):
    return refused("AcknowledgeJob", jobId=job["id"], nonce=job["nonce"])[0]


def test_the_right_nonce_begins_the_job(engine_room):
    build(engine_room)
    before = engine_room.pipeline.revision

    assert acknowledge(take()) == "InProgress"

    job = Job.objects.get()
    assert (job.status, job.acknowledged_by) == ("InProgress", ALICE.arn)
    engine_room.pipeline.refresh_from_db()
    assert engine_room.pipeline.revision > before


def test_another_nonce_is_refused_and_changes_nothing(engine_room):
    build(engine_room)
    job = take()
    before = engine_room.digest()

    assert nonce_refused({**job, "nonce": "1"}) == INVALID
    assert engine_room.digest() == before
    assert acknowledge(job) == "InProgress"


def test_a_job_that_nobody_has_polled_cannot_be_acknowledged(engine_room):
    build(engine_room)

    assert nonce_refused({"id": str(Job.objects.get().pk), "nonce": ""}) == INVALID


@pytest.mark.parametrize("then", [lambda _: None, succeed, fail])
def test_a_job_is_acknowledged_once(engine_room, then):
    build(engine_room)
    job = begin()
    then(job)

    assert nonce_refused(job) == INVALID


@pytest.mark.parametrize("is_settled", [False, True])
def test_a_worker_learns_that_its_job_was_abandoned(engine_room, is_settled):
    execution = build(engine_room)
    job = take()
    engine_room.stop(execution, StopMode.ABANDON)
    if is_settled:
        engine_room.settle()
    before = engine_room.digest()

    assert acknowledge(job) == "Failed"
    assert acknowledge(job) == "Failed"
    assert nonce_refused({**job, "nonce": "1"}) == INVALID
    assert engine_room.digest() == before


def test_or_that_it_has_timed_out(engine_room):
    build(engine_room)
    job = take()
    with time_machine.travel(engine_room.live("Lay").deadline + timedelta(seconds=1), tick=False):
        engine_room.wake(engine_room.pipeline.pk)
        engine_room.settle()

    assert acknowledge(job) == "TimedOut"


def test_a_stop_that_waits_lets_it_begin(engine_room):
    execution = build(engine_room)
    job = take()
    engine_room.stop(execution)
    engine_room.settle()

    assert acknowledge(job) == "InProgress"


def test_a_job_that_is_unknown(engine_room):
    assert nonce_refused({"id": str(uuid4()), "nonce": "1"}) == "JobNotFoundException"
