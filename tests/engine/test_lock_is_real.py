"""Requests at the very same time: the pipeline's lock lets one of them be first."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from pipelines import engine, executions, tasks
from pipelines.core.refusals import DuplicatedStopRequest
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import Event, StopRequest
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE, EngineRoom

WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
REFUSED = "refused"


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
