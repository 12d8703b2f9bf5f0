"""QUEUED mode on real rows: a queue in front of every stage."""

import pytest
from django.db import IntegrityError

from pipelines import executions
from pipelines.core.refusals import NotLatestExecution, TooManyExecutions
from pipelines.core.statuses import StopMode
from pipelines.models import StageExecution
from tests.definitions import commands, source, stage


def two_stages():
    return [stage("Source", source()), stage("Build", commands("Compile"))]


@pytest.fixture
def first(engine_room):
    return engine_room.create(stages=two_stages(), execution_mode="QUEUED")


def where(room, *executions):
    """Stage and status of each: ``["Source", "in front of Source"]``."""
    rows = [room.again(execution) for execution in executions]
    return [
        row.occupied.stage_name if row.occupied else f"in front of {row.waits_for}" for row in rows
    ]


def test_executions_wait_in_the_order_in_which_they_came(engine_room, first):
    second, third = engine_room.start(), engine_room.start()

    assert where(engine_room, first, second, third) == [
        "Source",
        "in front of Source",
        "in front of Source",
    ]
    engine_room.fetch()
    assert where(engine_room, first, second, third) == ["Build", "Source", "in front of Source"]
    engine_room.fetch()
    assert where(engine_room, first, second, third) == ["Build", "in front of Build", "Source"]


def test_nobody_is_superseded_behind_a_disabled_transition(engine_room, first):
    engine_room.disable("Build")
    engine_room.fetch()
    second = engine_room.start()
    engine_room.fetch()
    third = engine_room.start()
    engine_room.fetch()
    assert where(engine_room, first, second, third) == ["in front of Build"] * 3

    engine_room.enable("Build")
    engine_room.settle()

    assert where(engine_room, first, second, third)[0] == "Build"
    engine_room.succeed("Compile")
    assert where(engine_room, second, third) == ["Build", "in front of Build"]


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_in_the_queue_changes_nothing_for_the_others(engine_room, first, mode):
    second, third, fourth = (engine_room.start() for _ in range(3))

    engine_room.stop(third, mode)
    engine_room.settle()

    assert engine_room.status(third) == "Stopped"
    assert not third.stage_executions.exists()
    assert where(engine_room, first, second, fourth) == ["Source", *["in front of Source"] * 2]
    engine_room.fetch()
    engine_room.fetch()
    assert where(engine_room, second, fourth) == ["in front of Build", "Source"]


def test_a_stop_may_be_upgraded_while_the_queue_waits(engine_room, first):
    second = engine_room.start()
    engine_room.stop(first, StopMode.WAIT)
    engine_room.settle()
    assert where(engine_room, second) == ["in front of Source"]

    engine_room.stop(first, StopMode.ABANDON)
    engine_room.settle()

    assert engine_room.status(first) == "Stopped"
    assert where(engine_room, second) == ["Source"]


def test_who_failed_can_be_retried_until_the_next_has_entered(engine_room, first):
    engine_room.fetch()
    engine_room.disable("Build")
    second = engine_room.start()
    engine_room.fetch()
    engine_room.fail("Compile")

    engine_room.retry(first, "Build")
    engine_room.settle()
    assert where(engine_room, first, second) == ["Build", "in front of Build"]

    engine_room.fail("Compile")
    engine_room.enable("Build")
    engine_room.settle()
    assert where(engine_room, second) == ["Build"]
    with pytest.raises(NotLatestExecution):
        engine_room.retry(first, "Build")


def test_an_update_ends_all_who_wait_at_once_and_the_rest_when_its_actions_have(engine_room, first):
    second, third = engine_room.start(), engine_room.start()

    engine_room.update(stages=two_stages(), execution_mode="QUEUED")
    engine_room.settle()
    fourth = engine_room.start()

    assert [engine_room.status(each) for each in (first, second, third)] == [
        "InProgress",
        "Cancelled",
        "Cancelled",
    ]
    assert where(engine_room, fourth) == ["in front of Source"]
    engine_room.fetch()
    assert engine_room.status(first) == "Cancelled"
    assert where(engine_room, fourth) == ["Source"]


def test_beyond_the_limit_nothing_starts_and_nothing_is_written(engine_room, first, settings):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 2
    engine_room.start()
    before = engine_room.digest()

    with pytest.raises(TooManyExecutions):
        engine_room.start()

    assert engine_room.digest() == before


def test_what_nobody_asked_for_fails_at_once_beyond_the_limit(engine_room, first, settings):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 1

    execution = executions.start("website", trigger_type="WebhookV2")
    engine_room.settle()

    assert engine_room.status(execution) == "Failed"
    assert "limit for concurrent pipeline executions" in execution.status_summary


def test_a_retry_counts_as_well(engine_room, first, settings):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 1
    engine_room.disable("Source")
    engine_room.fail("Fetch")
    engine_room.start()
    before = engine_room.digest()

    with pytest.raises(TooManyExecutions):
        engine_room.retry(first, "Source")

    assert engine_room.digest() == before


def test_a_retry_beside_what_still_runs_is_no_further_execution(engine_room, settings):
    stages = [stage("Source", source()), stage("Build", commands("Compile"), commands("Lint"))]
    execution = engine_room.create(stages=stages, execution_mode="QUEUED")
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 1
    engine_room.fetch()
    engine_room.fail("Compile")

    engine_room.retry(execution, "Build")
    engine_room.settle()

    assert engine_room.live("Compile")


def test_superseded_executions_have_no_limit(engine_room, settings):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 1
    engine_room.create(stages=two_stages())

    engine_room.start()

    assert engine_room.pipeline.executions.unfinished().count() == 2


def test_the_database_itself_lets_one_execution_into_a_stage(engine_room, first):
    second = engine_room.start()
    stay = StageExecution.objects.get(execution=first)
    stay.pk, stay.execution = None, second

    with pytest.raises(IntegrityError):
        stay.save(force_insert=True)
