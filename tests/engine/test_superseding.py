"""Executions that make room for newer ones, on real rows."""

from pipelines.core.statuses import StopMode
from tests.definitions import commands, source, stage


def two_stages():
    return [stage("Source", source()), stage("Build", commands("Compile"))]


def test_the_newest_of_those_that_wait_supersedes_the_others(engine_room):
    engine_room.create(stages=two_stages())
    second = engine_room.start()
    third = engine_room.start()

    superseded = engine_room.again(second)
    assert (superseded.status, superseded.superseded_by) == ("Superseded", third)
    assert superseded.ended_at
    assert engine_room.events(second) == [("pipeline", "STARTED"), ("pipeline", "SUPERSEDED")]
    assert engine_room.again(third).waits_for == "Source"
    assert engine_room.stage("Source").inbound == third


def test_the_newest_enters_when_the_stage_is_free(engine_room):
    first = engine_room.create(stages=two_stages())
    engine_room.start()
    third = engine_room.start()

    engine_room.fetch()

    assert engine_room.stage_status(first, "Build") == "InProgress"
    assert engine_room.stage_status(third, "Source") == "InProgress"
    assert engine_room.stage("Source").inbound is None


def test_who_arrives_behind_a_disabled_transition_supersedes_who_waits_there(engine_room):
    first = engine_room.create(stages=two_stages())
    engine_room.disable("Build")
    engine_room.fetch()
    second = engine_room.start()
    engine_room.fetch()

    assert engine_room.status(first) == "Superseded"
    assert engine_room.again(second).waits_for == "Build"

    engine_room.enable("Build")
    engine_room.settle()

    assert engine_room.stage_status(second, "Build") == "InProgress"


def test_who_is_inside_a_stage_is_not_superseded(engine_room):
    first = engine_room.create(stages=two_stages())
    engine_room.fetch()
    second = engine_room.start()
    engine_room.fetch()

    assert engine_room.status(first) == engine_room.status(second) == "InProgress"
    assert engine_room.again(second).waits_for == "Build"


def test_a_stop_lets_the_one_behind_in(engine_room):
    first = engine_room.create(stages=two_stages())
    engine_room.fetch()
    second = engine_room.start()
    engine_room.fetch()

    engine_room.stop(first, StopMode.ABANDON)
    engine_room.settle()

    assert engine_room.status(first) == "Stopped"
    assert engine_room.stage_status(second, "Build") == "InProgress"
    assert engine_room.stage("Build").latest.execution == second


def test_who_was_stopped_while_it_waited_is_not_superseded_later(engine_room):
    engine_room.create(stages=two_stages())
    second = engine_room.start()
    engine_room.stop(second)
    third = engine_room.start()

    assert engine_room.status(second) == "Stopped"
    assert engine_room.again(third).waits_for == "Source"


def test_a_failure_lets_the_one_behind_in(engine_room):
    first = engine_room.create(stages=two_stages())
    second = engine_room.start()

    engine_room.fail("Fetch")

    assert engine_room.status(first) == "Failed"
    assert engine_room.stage_status(second, "Source") == "InProgress"
