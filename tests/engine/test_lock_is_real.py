"""Requests at the very same time: the pipeline's lock lets one of them be first."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pipelines import engine, executions, retention, tasks
from pipelines.core.refusals import DuplicatedStopRequest
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import (
    ActionExecution,
    Event,
    Pipeline,
    PipelineExecution,
    StopRequest,
)
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE, EngineRoom
from tests.waiting import wait_until

WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
REFUSED = "refused"
LONG_AGO = timedelta(days=1000)
PATIENCE = 50  # seconds: PostgreSQL ends a transaction in which nothing happens for longer


@pytest.fixture
def room(transactional_db, monkeypatch):
    """The engine driven by hand, with rows that other threads see."""
    room = EngineRoom()
    monkeypatch.setattr(tasks, "wake", room.wake)
    monkeypatch.setattr(tasks, "hurry", room.wake)
    return room


@pytest.fixture
def building(room):
    execution = room.create(stages=[stage("Source", source()), stage("Build", commands())])
    room.fetch()
    return execution


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


def stops(execution, modes):
    def stop(mode):
        try:
            executions.stop("website", execution.id, mode=mode, by=ALICE)
        except DuplicatedStopRequest:
            return REFUSED
        return mode

    return [lambda mode=mode: stop(mode) for mode in modes]


def accepted():
    return list(StopRequest.objects.order_by("id").values_list("mode", flat=True))


def fetch(revision_id):
    """Have the live source action find this revision."""
    fetching = ActionExecution.objects.get(action_name="Fetch", status="InProgress")
    found = ActionResult(
        status=ActionStatus.SUCCEEDED,
        artifacts={"Code": "website/Code/abcdefg"},
        revision=SourceRevision(revision_id=revision_id),
    )
    assert engine.finish(fetching, found).counted


def is_somebody_waiting():
    """Whether a transaction waits for the lock of another; PostgreSQL only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


@pytest.mark.parametrize("mode", StopMode)
def test_of_many_stops_at_once_one_is_accepted(room, building, mode):
    outcomes = at_once(stops(building, [mode] * 20))

    assert sorted(outcomes) == sorted([mode, *[REFUSED] * 19])
    assert accepted() == [mode]
    assert Event.objects.filter(state="STOPPING", level="pipeline").count() == 1


def test_of_many_stops_of_both_kinds_at_once_one_of_a_kind_is_accepted(room, building):
    modes = [WAIT, ABANDON] * 10
    random.shuffle(modes)

    outcomes = at_once(stops(building, modes))

    assert accepted() in ([ABANDON], [WAIT, ABANDON])
    assert sorted(outcomes) == sorted([*accepted(), *[REFUSED] * (20 - len(accepted()))])
    assert room.again(building).stop_mode == ABANDON


def test_a_result_counts_once_however_often_it_arrives(room, building):
    compiling = room.live("Build")
    result = ActionResult(status=ActionStatus.SUCCEEDED)

    def finish():
        return engine.finish(compiling, result).counted

    assert sorted(at_once([finish] * 10)) == [False] * 9 + [True]
    assert room.status(building) == "Succeeded"
    assert Event.objects.filter(level="pipeline", state="SUCCEEDED").count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_parallel_executions_do_not_wait_for_one_another(room):
    """Nor for who changes the pipeline, nor for one another's end."""
    first = room.create(
        stages=[stage("Source", source()), stage("Build", commands())], execution_mode="PARALLEL"
    )
    second = room.start()
    fetched = ActionResult(
        status=ActionStatus.SUCCEEDED, artifacts={"Code": "website/Code/abcdefg"}
    )
    decided = Barrier(2)

    def finish(execution):
        with transaction.atomic():
            live = execution.action_executions.get(status="InProgress")
            assert engine.finish(live, fetched).counted
            decided.wait(PATIENCE)  # neither has committed yet

    at_once([lambda: finish(first), lambda: finish(second)])

    assert room.stage_status(first, "Build") == room.stage_status(second, "Build") == "InProgress"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_parallel_execution_goes_on_while_its_pipeline_is_held(room):
    first = room.create(
        stages=[stage("Source", source()), stage("Build", commands())], execution_mode="PARALLEL"
    )
    held, done = Barrier(2), Barrier(2)

    def hold():
        with transaction.atomic():
            Pipeline.objects.locked(pk=room.pipeline.pk)
            held.wait(PATIENCE)
            done.wait(PATIENCE)

    def stop():
        held.wait(PATIENCE)
        with transaction.atomic():
            executions.stop("website", first.id, mode=ABANDON, by=ALICE)
            engine.run(room.pipeline.pk, first.pk)
            done.wait(PATIENCE)

    at_once([hold, stop])

    assert room.status(first) == "Stopped"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_who_waited_for_a_parallel_execution_sees_where_it_has_come_to(room):
    """A row that was waited for is new then, but not what was joined to it."""
    first = room.create(
        stages=[stage("Source", source()), stage("Build", commands())], execution_mode="PARALLEL"
    )
    fetching = room.live("Fetch")
    fetched = ActionResult(
        status=ActionStatus.SUCCEEDED, artifacts={"Code": "website/Code/abcdefg"}
    )
    decided = Barrier(2)

    def finish():
        with transaction.atomic():
            assert engine.finish(fetching, fetched).counted
            decided.wait(PATIENCE)
            wait_until(is_somebody_waiting, PATIENCE)

    def stop():
        decided.wait(PATIENCE)
        executions.stop("website", first.id, mode=WAIT, by=ALICE)

    at_once([finish, stop])

    assert room.stage_status(first, "Build") == "Stopping"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
def test_a_parallel_execution_takes_a_revision_whose_first_user_is_being_forgotten(room):
    """Neither waits for the other in a circle."""
    old = room.create(
        stages=[stage("Source", source()), stage("Build", commands())], execution_mode="PARALLEL"
    )
    fetch("r1")
    room.stop(old)
    room.settle()
    room.succeed("Build")
    for revision_id in ("r2", "r3"):
        room.start()
        fetch(revision_id)
    room.start()
    PipelineExecution.objects.filter(pk=old.pk).update(started_at=timezone.now() - LONG_AGO)
    decided = Barrier(2)

    def take_it_again():
        with transaction.atomic():
            fetch("r1")
            decided.wait(PATIENCE)
            wait_until(is_somebody_waiting, PATIENCE)

    def forget():
        decided.wait(PATIENCE)
        retention.clean()

    at_once([take_it_again, forget])

    assert not PipelineExecution.objects.filter(pk=old.pk).exists()
    assert ActionExecution.objects.filter(action_name="Build", status="InProgress").count() == 3
