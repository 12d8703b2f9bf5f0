"""Time that is up and runners that are lost, on real rows."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pipelines import engine
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import Lease
from tests.definitions import approval, commands, source, stage

START = "2026-03-14T15:09:26Z"


def stages():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), approval("Ask", timeout_in_minutes=30)),
    ]


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def building(clock, engine_room):
    """Commands have 55 minutes, this approval has 30."""
    execution = engine_room.create(stages=stages())
    engine_room.fetch()
    return execution


def look(engine_room):
    engine_room.wake(engine_room.pipeline.pk)
    engine_room.settle()


def lose_runner(action):
    long_ago = timezone.now() - timedelta(days=9999)
    Lease.objects.create(action=action, holder="gone", taken_at=long_ago, expires_at=long_ago)


def test_an_action_has_the_time_that_its_type_or_its_definition_gives(building, engine_room):
    deadlines = {
        name: engine_room.live(name).deadline - timezone.now() for name in ("Compile", "Ask")
    }

    assert deadlines == {"Compile": timedelta(minutes=55), "Ask": timedelta(minutes=30)}


def test_nothing_happens_while_there_is_time_left(building, engine_room, clock):
    clock.shift(timedelta(minutes=29, seconds=59))
    before = engine_room.digest()

    look(engine_room)

    assert engine_room.digest() == before


def test_an_action_whose_time_is_up_fails_and_those_beside_it_go_on(building, engine_room, clock):
    clock.shift(timedelta(minutes=30))

    look(engine_room)

    failed = engine_room.latest("Ask")
    assert (failed.status, failed.error_code) == ("Failed", "JobFailed")
    assert failed.error_message.endswith("it was not complete at 2026-03-14 15:39 UTC.")
    assert failed.ended_at == timezone.now()
    assert engine_room.status(building) == "InProgress"


def test_the_last_one_takes_stage_and_execution_with_it(building, engine_room, clock):
    clock.shift(timedelta(minutes=55))

    look(engine_room)

    assert engine_room.status(building) == "Failed"
    told = engine_room.events(building)[-4:]
    assert set(told[:2]) == {("action Compile", "FAILED"), ("action Ask", "FAILED")}
    assert told[2:] == [("stage Build", "FAILED"), ("pipeline", "FAILED")]


def test_a_stop_that_waits_ends_when_the_time_is_up(building, engine_room, clock):
    engine_room.stop(building, StopMode.WAIT)
    clock.shift(timedelta(minutes=55))

    look(engine_room)

    assert engine_room.status(building) == "Stopped"
    assert engine_room.action_statuses(building)["Compile"] == "Failed"


def test_what_is_abandoned_is_abandoned_even_when_its_time_is_up(building, engine_room, clock):
    engine_room.stop(building, StopMode.ABANDON)
    clock.shift(timedelta(days=10))

    look(engine_room)

    assert engine_room.action_statuses(building)["Compile"] == "Abandoned"


def test_a_result_that_comes_after_the_time_was_up_does_not_count(building, engine_room, clock):
    compiling = engine_room.live("Compile")
    clock.shift(timedelta(minutes=55))
    look(engine_room)
    before = engine_room.digest()

    result = ActionResult(status=ActionStatus.SUCCEEDED)
    finished = engine.finish(compiling, result)

    assert not finished.counted
    assert engine_room.digest() == before


def test_an_action_whose_runner_is_lost_fails(building, engine_room):
    lose_runner(engine_room.live("Compile"))

    look(engine_room)

    failed = engine_room.latest("Compile")
    assert (failed.status, failed.error_code) == ("Failed", "JobFailed")
    assert failed.error_message.startswith("The runner of this action was lost")


def test_a_retry_after_a_lost_runner_starts_anew(building, engine_room):
    lose_runner(engine_room.live("Compile"))
    look(engine_room)
    engine_room.retry(building, "Build")
    engine_room.settle()

    assert engine_room.action_statuses(building)["Compile"] == "InProgress"
    assert not Lease.objects.filter(action=engine_room.live("Compile")).exists()
