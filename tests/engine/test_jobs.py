"""Jobs and the actions that they are of: whatever ends the action ends its job."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from pipelines import engine, jobs, tasks
from pipelines.core.refusals import InvalidNonce
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution, Job, PipelineExecution
from tests.api.workers import MASON, acknowledge, answers_of, begin, build, mason, poll, succeed
from tests.engine_room import ALICE, EngineRoom

LATE = {"InvalidJobStateException"}


def at_the_deadline(room):
    return time_machine.travel(room.live("Lay").deadline + timedelta(seconds=1), tick=False)


def queued():
    return {"id": str(Job.objects.get().pk)}


def dispatched():
    [job] = poll()
    return job


def continuing():
    succeed(begin(), continuationToken="one")
    return {"id": str(Job.objects.get(status="Queued").pk)}


STATES = [queued, dispatched, begin, continuing]


@pytest.mark.parametrize("state", STATES)
def test_abandoning_closes_the_job_in_every_state(engine_room, state):
    execution = build(engine_room)
    job = state()
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.latest("Lay").status == "Abandoned"
    assert Job.objects.get(pk=job["id"]).status == "Failed"
    assert not Job.objects.open().exists()
    before = what_counts()
    assert answers_of(job) == LATE
    assert what_counts() == before


def what_counts():
    """All that a late report could change; that there was one is written down elsewhere."""
    action = ("status", "ended_at", "output_artifacts", "output_variables", "summary")
    return [
        list(ActionExecution.objects.order_by("pk").values(*action)),
        list(PipelineExecution.objects.values("status", "artifacts", "variables")),
        list(Job.objects.order_by("pk").values("pk", "status", "ended_at")),
    ]


@pytest.mark.parametrize("state", STATES)
def test_a_time_out_closes_the_job_in_every_state(engine_room, state):
    execution = build(engine_room)
    job = state()
    with at_the_deadline(engine_room):
        engine_room.wake(engine_room.pipeline.pk)
        engine_room.settle()

    assert engine_room.status(execution) == "Failed"
    assert "timed out" in engine_room.latest("Lay").error_message
    assert Job.objects.get(pk=job["id"]).status == "TimedOut"
    assert answers_of(job) == LATE


@pytest.mark.parametrize("state", STATES)
def test_a_retry_after_abandoning_makes_another_job(engine_room, state):
    execution = build(engine_room)
    old = state()
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    engine_room.retry(execution, "Build")
    engine_room.settle()

    new = begin()

    assert new["id"] != old["id"]
    assert answers_of(old) == LATE
    succeed(new)
    engine_room.settle()
    assert engine_room.action_statuses(execution)["Lay"] == "Succeeded"


@pytest.mark.parametrize("state", [queued, dispatched, continuing])
def test_a_stop_that_waits_waits_for_a_job_that_nobody_has(engine_room, state):
    execution = build(engine_room)
    state()
    engine_room.stop(execution, StopMode.WAIT)
    engine_room.settle()
    assert engine_room.status(execution) == "Stopping"

    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        from_now = poll() or [None]
        if from_now[0] is None:  # a worker had it, who was not heard of
            Job.objects.filter(status="Dispatched").update(status="Queued")
            from_now = poll()
        acknowledge(from_now[0])
        succeed(from_now[0])
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert engine_room.latest("Lay").status == "Succeeded"


def test_an_upgrade_to_abandoning_closes_the_job_that_was_waited_for(engine_room):
    execution = build(engine_room)
    job = begin()
    engine_room.stop(execution, StopMode.WAIT)
    engine_room.settle()
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()

    assert engine_room.status(execution) == "Stopped"
    assert answers_of(job) == LATE


def test_side_by_side_each_has_a_job_and_fails_alone(engine_room):
    execution = build(engine_room, mason("Lay"), mason("Roof"))
    first, second = poll(maxBatchSize=2)
    for job in (first, second):
        acknowledge(job)
    succeed(first)
    engine_room.settle()

    assert sorted(Job.objects.values_list("status", flat=True)) == ["InProgress", "Succeeded"]
    assert engine_room.status(execution) == "InProgress"


def test_a_result_from_elsewhere_closes_the_job_like_a_workers(engine_room):
    build(engine_room)
    live = engine_room.live("Lay")

    engine.finish(live, ActionResult(status=ActionStatus.SUCCEEDED))

    assert Job.objects.get().status == "Succeeded"


def test_a_job_is_offered_in_the_transaction_that_starts_the_action(engine_room):
    """So that no crash in between leaves an action that nobody can do."""
    build(engine_room)

    assert Job.objects.get().action == engine_room.live("Lay")
    assert not engine.run(engine_room.pipeline.pk)
    assert Job.objects.count() == 1


@pytest.fixture
def room(transactional_db, monkeypatch):
    """The engine driven by hand, with rows that other threads see."""
    room = EngineRoom()
    monkeypatch.setattr(tasks, "wake", room.wake)
    monkeypatch.setattr(tasks, "hurry", room.wake)
    return room


def at_once(calls):
    """What the calls return, each made in a thread of its own, all at the same time."""
    barrier = Barrier(len(calls))

    def make(call):
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(make, calls))


def test_of_many_pollers_at_once_none_gets_what_another_has(room):
    build(room, *(mason(f"Lay{number}") for number in range(6)))

    offers = at_once([lambda: jobs.poll(MASON, by=ALICE, most=2)] * 8)

    taken = [offer.job_id for each in offers for offer in each]
    rest = [offer.job_id for offer in jobs.poll(MASON, by=ALICE, most=50)]
    assert len({*taken, *rest}) == len(taken) + len(rest) == 6
    assert taken


def test_of_many_acknowledgements_at_once_one_begins(room):
    build(room)
    [offer] = jobs.poll(MASON, by=ALICE)
    job = Job.objects.get()

    def begin_it():
        try:
            return str(jobs.acknowledge(job.pk, offer.nonce, by=ALICE))
        except InvalidNonce:
            return "refused"

    assert sorted(at_once([begin_it] * 6)) == ["InProgress", *["refused"] * 5]
