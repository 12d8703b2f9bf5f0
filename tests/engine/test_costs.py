"""What a decision costs: as many queries with a long history as with none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines import engine, executions
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import ActionExecution, PipelineExecution, StageExecution
from tests.definitions import commands, source, stage


def look(room, _):
    engine.run(room.pipeline.pk)


def finish(room, _):
    result = ActionResult(status=ActionStatus.SUCCEEDED)
    engine.finish(room.live("Compile"), result)


def stop(room, execution):
    room.stop(execution, StopMode.ABANDON)


def carry_out_a_stop(room, execution):
    room.stop(execution, StopMode.ABANDON)
    room.settle()


def preview(_, execution):
    executions.preview_stop(execution)


def start(room, _):
    executions.start(room.pipeline.name, trigger_type="StartPipelineExecution")


def stop_and_retry(room, execution):
    carry_out_a_stop(room, execution)
    room.retry(execution, "Build")
    room.settle()


def update(room, _):
    room.update(stages=stages())
    room.settle()


DECISIONS = [look, finish, stop, carry_out_a_stop, preview, start, stop_and_retry, update]


def stages():
    return [stage("Source", source()), stage("Build", commands("Compile"), commands("Lint"))]


def add_history(room, count):
    """As many executions that failed in Build some time ago."""
    now = timezone.now()
    finished = PipelineExecution.objects.bulk_create(
        PipelineExecution(
            pipeline=room.pipeline,
            sequence=1000 + number,
            version=1,
            status="Failed",
            trigger_type="StartPipelineExecution",
            ended_at=now,
        )
        for number in range(count)
    )
    stays = StageExecution.objects.bulk_create(
        StageExecution(
            execution=execution,
            pipeline=room.pipeline,
            version=execution.version,
            sequence=execution.sequence,
            stage_name="Build",
            status="Failed",
        )
        for execution in finished
    )
    ActionExecution.objects.bulk_create(
        ActionExecution(
            execution=stay.execution,
            pipeline=room.pipeline,
            stage_execution=stay,
            stage_name="Build",
            action_name="Compile",
            status="Failed",
            ended_at=now,
            deadline=now,
        )
        for stay in stays
    )


def cost(room, decide, execution):
    with CaptureQueriesContext(connection) as queries:
        decide(room, execution)
    return len(queries)


@pytest.mark.parametrize("decide", DECISIONS, ids=lambda decide: decide.__name__)
def test_a_decision_costs_the_same_with_a_long_history(engine_room, decide):
    costs = []
    for name, history in (("young", 0), ("old", 200)):
        engine_room.create(stages=stages(), name=name)
        engine_room.fetch()
        add_history(engine_room, history)
        execution = engine_room.pipeline.executions.get(status="InProgress")
        costs.append(cost(engine_room, decide, execution))
        engine_room.pipeline.delete()

    assert costs[0] == costs[1]


def test_looking_costs_the_same_however_many_are_live(engine_room, django_assert_num_queries):
    engine_room.create(stages=stages())
    engine_room.fetch()
    with CaptureQueriesContext(connection) as few:
        look(engine_room, None)
    engine_room.disable("Build")
    engine_room.start()
    engine_room.fetch()
    engine_room.start()

    with django_assert_num_queries(len(few)):
        look(engine_room, None)


def test_a_look_that_changes_nothing_writes_nothing(engine_room):
    engine_room.create(stages=stages())
    before = engine_room.digest()

    look(engine_room, None)

    assert engine_room.digest() == before


def parallel_or_queued(room, mode, number):
    """So many executions in their source stage, or in the queue in front of it."""
    room.create(stages=stages(), execution_mode=mode, name=f"{mode}-{number}".lower())
    for _ in range(number - 1):
        executions.start(room.pipeline.name, trigger_type="StartPipelineExecution")
    room.settle()
    return room.pipeline.executions.earliest("sequence")


@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL"])
def test_a_decision_costs_the_same_however_many_are_under_way(engine_room, settings, mode):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 100
    costs = []
    for number in (2, 40):
        first = parallel_or_queued(engine_room, mode, number)
        fetching = first.action_executions.select_related("execution").get()
        result = ActionResult(
            status=ActionStatus.SUCCEEDED, artifacts={"Code": "website/Code/abcdefg"}
        )
        with CaptureQueriesContext(connection) as queries:
            engine.finish(fetching, result)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_an_update_ends_a_whole_queue_in_as_many_queries_as_a_short_one(engine_room):
    costs = []
    for number in (3, 30):
        parallel_or_queued(engine_room, "QUEUED", number)
        engine_room.update(stages=stages(), execution_mode="QUEUED")
        with CaptureQueriesContext(connection) as queries:
            look(engine_room, None)
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert engine_room.pipeline.executions.filter(status="Cancelled").count() == 29
