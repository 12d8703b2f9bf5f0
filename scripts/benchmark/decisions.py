"""How many queries a decision takes, with no history and with a long one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmark import noop, workers
from pipelines import engine, executions
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, ExecutionStatus, StageStatus, StopMode
from pipelines.models import ActionExecution, Event, Pipeline, PipelineExecution, StageExecution
from pipelines.models.events import action_event
from pipelines.providers import Dispatch

FINISHED = 1000
Counts = dict[str, int]


def measure(*, quick: bool) -> dict[str, Any]:
    """Nobody works yet; what was told to the workers meanwhile is forgotten."""
    found = {}
    for finished in (0, FINISHED):
        pipeline = Pipeline.objects.get(name=noop.create(f"decided-{finished}", Dispatch.INLINE))
        abandon_first(pipeline)
        add_history(pipeline, finished)
        count_queries(pipeline)  # what a process keeps is kept from here on
        found[str(finished)] = count_queries(pipeline)
    Pipeline.objects.all().delete()
    workers.forget_nudges()
    return found


def add_history(pipeline: Pipeline, count: int, *, light: bool = False) -> None:
    """Finished executions, each with a stay in both stages, an action in each, and events.

    `light`: only the last 1,000 have these; it is the executions that the history page is about.
    """
    stages = [stage.name for stage in pipeline.plan.stages]
    for begin in range(0, count, 500):
        is_bare = light and begin < count - FINISHED
        _add_executions(pipeline, [] if is_bare else stages, min(500, count - begin))
    last = pipeline.executions.order_by("sequence").last()
    for name in stages:
        latest = last and last.stage_executions.filter(stage_name=name).first()
        pipeline.stages.filter(name=name).update(latest=latest)


def count_queries(pipeline: Pipeline) -> Counts:
    """Start, one action's end in the middle, and a stop: all taken back afterwards."""
    with transaction.atomic():
        pipeline.refresh_from_db()
        execution = executions.start(pipeline.name, trigger_type="StartPipelineExecution")
        counts = {"enter": _queries(lambda: engine.run(pipeline.pk))}
        _succeed(execution, _live(execution))
        live = _live(execution)
        counts["next"] = _queries(lambda: _succeed(execution, live))
        executions.stop(pipeline.name, execution.pk, mode=StopMode.ABANDON, by=noop.DEFINER)
        counts["stop"] = _queries(lambda: engine.run(pipeline.pk))
        transaction.set_rollback(True)
    return counts


def _live(execution: PipelineExecution) -> ActionExecution:
    return execution.action_executions.get(status=ActionStatus.IN_PROGRESS)


def _succeed(execution: PipelineExecution, action: ActionExecution) -> None:
    engine.finish(action, ActionResult(status=ActionStatus.SUCCEEDED))


def _queries(call: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        call()
    return sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)


def abandon_first(pipeline: Pipeline) -> None:
    """Every pipeline starts by itself once."""
    execution = pipeline.executions.get()
    engine.run(pipeline.pk)
    executions.stop(pipeline.name, execution.pk, mode=StopMode.ABANDON, by=noop.DEFINER)
    engine.run(pipeline.pk)


def _add_executions(pipeline: Pipeline, stages: list[str], count: int) -> None:
    pipeline.refresh_from_db()
    began = timezone.now() - timedelta(days=30)
    finished = {"started_at": began, "updated_at": began, "ended_at": began}
    rows = [
        PipelineExecution(
            pipeline=pipeline,
            sequence=pipeline.last_sequence + n,
            version=pipeline.version,
            status=ExecutionStatus.SUCCEEDED,
            trigger_type="StartPipelineExecution",
            **{name: at + timedelta(seconds=n) for name, at in finished.items()},
        )
        for n in range(1, count + 1)
    ]
    PipelineExecution.objects.bulk_create(rows, batch_size=500)
    Pipeline.objects.filter(pk=pipeline.pk).update(last_sequence=pipeline.last_sequence + count)
    stays = [
        StageExecution(
            execution=row,
            pipeline=pipeline,
            version=row.version,
            sequence=row.sequence,
            stage_name=name,
            status=StageStatus.SUCCEEDED,
        )
        for row in rows
        for name in stages
    ]
    StageExecution.objects.bulk_create(stays, batch_size=500)
    actions = [_finished_action(stay) for stay in stays]
    ActionExecution.objects.bulk_create(actions, batch_size=500)
    Event.objects.bulk_create(
        (_told(action) for action in actions),
        batch_size=500,
    )


def _finished_action(stay: StageExecution) -> ActionExecution:
    plan = stay.execution.plan.stage(stay.stage_name).actions[0]
    at = stay.execution.started_at
    return ActionExecution(
        execution=stay.execution,
        pipeline=stay.pipeline,
        stage_execution=stay,
        stage_name=stay.stage_name,
        action_name=plan.name,
        status=ActionStatus.SUCCEEDED,
        started_at=at,
        updated_at=at,
        ended_at=at,
        deadline=at,
    )


def _told(action: ActionExecution) -> Event:
    where = (action.stage_name, action.action_name, action.pk)
    return action_event(action.execution, where, "SUCCEEDED", at=action.started_at)
