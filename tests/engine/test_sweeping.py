"""What the sweep finds: whatever a lost nudge left behind, and not much else."""

import os
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from pipelines import conditions, definitions, engine, places, sweeping
from pipelines.core.statuses import ConditionKind, StopMode
from pipelines.models import ActionExecution, Lease, PipelineExecution
from pipelines.sweeping import ToWake
from tests.definitions import approval, commands, definition, rule, source, stage, when
from tests.engine_room import ALICE

START = "2026-03-14T15:09:26Z"


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def building(clock, engine_room):
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Build", commands("Compile"), approval("Ask"))]
    )
    engine_room.fetch()
    return execution


@pytest.fixture
def found(engine_room, clock):
    """What the sweep finds a while after every nudge was lost."""

    def found():
        engine_room.woken.clear()
        clock.shift(timedelta(seconds=4))
        return sweeping.to_wake() == [ToWake(engine_room.pipeline.pk)]

    return found


def test_live_actions_need_no_engine(building, found):
    assert not found()


def test_a_finished_execution_needs_no_engine(engine_room, building, found):
    engine_room.succeed("Compile")
    engine_room.answer(engine_room.live("Ask"))
    engine_room.settle()

    assert engine_room.status(building) == "Succeeded"
    assert not found()


def test_what_has_just_happened_is_left_to_the_nudge_that_is_on_its_way(engine_room, building):
    engine_room.stop(building, StopMode.ABANDON)

    assert sweeping.to_wake() == []


def test_a_start_that_nobody_heard_of_is_found(clock, engine_room, found):
    stages = [stage("Source", source()), stage("Build", commands())]
    engine_room.pipeline = definitions.create(definition(stages=stages), by=ALICE)

    assert found()


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_that_nobody_heard_of_is_found_unless_it_waits(engine_room, building, found, mode):
    engine_room.stop(building, mode)

    assert found() is (mode is StopMode.ABANDON)


def test_a_stop_with_nothing_live_is_found(engine_room, building, found):
    engine_room.succeed("Compile")
    engine_room.answer(engine_room.live("Ask"))
    engine_room.stop(building, StopMode.WAIT)

    assert found()


def test_an_answer_that_nobody_heard_of_is_found(engine_room, building, found):
    engine_room.succeed("Compile")
    engine_room.answer(engine_room.live("Ask"))

    assert found()


def test_an_enabled_transition_that_nobody_heard_of_is_found(engine_room, building, found):
    engine_room.disable("Source")
    engine_room.start()
    engine_room.enable("Source")

    assert found()


def test_a_retry_that_nobody_heard_of_is_found(engine_room, building, found):
    engine_room.stop(building, StopMode.ABANDON)
    engine_room.settle()
    engine_room.retry(building, "Build")

    assert found()


def test_a_retry_beside_a_live_action_that_nobody_heard_of_is_found(engine_room, building, found):
    engine_room.fail("Compile")
    engine_room.retry(building, "Build")

    assert found()


def test_an_override_beside_a_live_rule_that_nobody_heard_of_is_found(engine_room, clock, found):
    look = rule("Commands", "Look", "true", inputs=["Code"])
    build = stage("Build", commands("Compile"), before_entry=when("FAIL", look))
    execution = engine_room.create(stages=[stage("Source", source()), build])
    engine_room.fetch()
    assert not found()

    conditions.override("website", "Build", execution.id, kind=ConditionKind.BEFORE_ENTRY, by=ALICE)

    assert found()
    engine.run(engine_room.pipeline.pk)
    assert not found()


def test_once_it_was_heard_of_it_is_not_found_again(engine_room, building, found):
    engine_room.fail("Compile")
    engine_room.retry(building, "Build")
    engine_room.settle()

    assert not found()


def test_an_update_that_nobody_heard_of_is_found(engine_room, building, found):
    engine_room.succeed("Compile")
    engine_room.answer(engine_room.live("Ask"))
    engine_room.update(stages=[stage("Source", source()), stage("Build", commands())])

    assert found()


def test_an_action_whose_time_is_up_is_found(building, engine_room, clock):
    clock.shift(timedelta(minutes=55))

    assert sweeping.to_wake() == [ToWake(engine_room.pipeline.pk)]


def test_an_action_whose_runner_is_lost_is_found(building, engine_room):
    Lease.objects.take(engine_room.live("Compile"), holder="gone", lasting=timedelta(seconds=-1))

    assert sweeping.to_wake() == [ToWake(engine_room.pipeline.pk)]


def test_those_that_wait_for_long_do_not_keep_another_from_being_found(
    clock, engine_room, monkeypatch
):
    monkeypatch.setattr(sweeping, "LIMIT", 3)
    stages = [stage("Source", source()), stage("Build", commands())]
    for number in range(6):
        pipeline = definitions.create(definition(f"waits-{number}", stages=stages), by=ALICE)
        pipeline.stages.update(inbound_enabled=False)
    clock.shift(timedelta(hours=1))
    engine_room.pipeline = definitions.create(definition("forgotten", stages=stages), by=ALICE)
    clock.shift(timedelta(seconds=4))

    sweeps = (sweeping.to_wake() for _ in range(200))

    assert any(ToWake(engine_room.pipeline.pk) in sweep for sweep in sweeps)
    assert len(sweeping.to_wake()) == 3


# Actions that nobody works at.


def test_an_action_that_nobody_began_is_dispatched_again(building, engine_room, clock):
    clock.shift(timedelta(seconds=20))

    (started,) = sweeping.actions_to_dispatch()

    compiling = engine_room.live("Compile")
    assert started.action_id == compiling.pk
    assert started.pipeline_id == engine_room.pipeline.pk
    assert started.type_id == compiling.type_id


def test_it_is_not_dispatched_at_every_sweep(building, clock):
    clock.shift(timedelta(seconds=20))
    assert sweeping.actions_to_dispatch()

    clock.shift(timedelta(seconds=19))
    assert sweeping.actions_to_dispatch() == []
    clock.shift(timedelta(seconds=1))
    assert sweeping.actions_to_dispatch()


def test_one_that_is_being_waited_for_by_a_stop_is_dispatched_as_well(building, engine_room, clock):
    engine_room.stop(building, StopMode.WAIT)
    clock.shift(timedelta(seconds=20))

    assert len(sweeping.actions_to_dispatch()) == 1


def test_one_that_is_being_abandoned_is_not_begun_any_more(building, engine_room, clock):
    engine_room.stop(building, StopMode.ABANDON)
    clock.shift(timedelta(seconds=20))

    assert sweeping.actions_to_dispatch() == []


def test_one_that_somebody_works_at_is_not_dispatched(building, engine_room, clock):
    Lease.objects.take(engine_room.live("Compile"), holder="me", lasting=timedelta(hours=1))
    clock.shift(timedelta(seconds=20))

    assert sweeping.actions_to_dispatch() == []


def test_the_longest_forgotten_come_first(building, engine_room, clock, monkeypatch):
    monkeypatch.setattr(sweeping, "LIMIT", 1)
    ActionExecution.objects.update(started_at=F("started_at") - timedelta(hours=1))
    other = definitions.create(definition("other"), by=ALICE)
    engine_room.wake(other.pk)
    engine_room.settle()
    clock.shift(timedelta(minutes=1))

    names = [
        ActionExecution.objects.get(pk=sweeping.actions_to_dispatch()[0].action_id).action_name
        for _ in range(2)
    ]

    assert names == ["Compile", "Fetch"]


def test_the_sweep_costs_the_same_however_much_is_finished(
    building, engine_room, django_assert_num_queries
):
    past = [
        PipelineExecution(
            pipeline=engine_room.pipeline,
            sequence=1000 + number,
            version=1,
            status="Succeeded",
            ended_at=timezone.now(),
        )
        for number in range(50)
    ]
    PipelineExecution.objects.bulk_create(past)

    with django_assert_num_queries(5):
        sweeping.to_wake()


def test_what_never_arrived_is_deleted_after_a_day(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    for folder in (places.uploads() / "old", places.uploads() / "new"):
        folder.mkdir(parents=True)
    places.arriving().mkdir()
    old = [places.uploads() / "old", places.arriving() / "old"]
    old[1].touch()
    yesterday = (timezone.now() - timedelta(hours=25)).timestamp()
    for path in old:
        os.utime(path, (yesterday, yesterday))

    sweeping.forget_what_never_arrived()

    assert [path for path in old if path.exists()] == []
    assert (places.uploads() / "new").is_dir()


def test_of_a_parallel_pipeline_those_are_looked_at_that_need_it(engine_room, clock):
    """And not the hundreds of others that are busy."""
    stages = [stage("Source", source()), stage("Build", commands("Compile"))]
    engine_room.create(stages=stages, execution_mode="PARALLEL")
    second = engine_room.start()
    engine_room.stop(second, StopMode.ABANDON)
    engine_room.woken.clear()
    clock.shift(timedelta(seconds=4))

    assert sweeping.to_wake() == [ToWake(engine_room.pipeline.pk, second.pk)]


def test_a_lost_runner_of_a_parallel_execution_is_found(engine_room, clock):
    stages = [stage("Source", source()), stage("Build", commands("Compile"))]
    engine_room.create(stages=stages, execution_mode="PARALLEL")
    second = engine_room.start()
    long_ago = timezone.now() - timedelta(days=1)
    fetching = second.action_executions.get()
    Lease.objects.create(action=fetching, holder="x", taken_at=long_ago, expires_at=long_ago)
    clock.shift(timedelta(seconds=4))

    assert sweeping.to_wake() == [ToWake(engine_room.pipeline.pk, second.pk)]
