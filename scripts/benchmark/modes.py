"""How long a decision takes in each execution mode: with few and many live, and a long history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from benchmark import noop, workers
from benchmark.decisions import abandon_first, add_history
from benchmark.statistics_of import percentile
from pipelines import engine, executions
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, ExecutionMode
from pipelines.models import ActionExecution, Pipeline
from pipelines.providers import Dispatch

if TYPE_CHECKING:
    from collections.abc import Callable

LIVE = {
    ExecutionMode.SUPERSEDED: (1,),
    ExecutionMode.QUEUED: (2, 50),  # somebody else enters when one leaves
    ExecutionMode.PARALLEL: (1, 500),
}
HISTORY, QUICK_HISTORY = 100_000, 5_000
Figures = dict[str, Any]


@override_settings(PENSTOCK_CONCURRENT_EXECUTIONS=10_000)
def measure(*, quick: bool) -> dict[str, Any]:
    """Nobody works yet; what was told to the workers meanwhile is forgotten."""
    histories = (0, QUICK_HISTORY if quick else HISTORY)
    times = 15 if quick else 60
    found = {
        f"{mode}, {finished} finished": _of_mode(mode, finished, times)
        for mode in LIVE
        for finished in histories
    }
    Pipeline.objects.all().delete()
    workers.forget_nudges()
    return found


def _of_mode(mode: ExecutionMode, finished: int, times: int) -> dict[str, Figures]:
    """By how many executions are live."""
    name = noop.create(f"{mode}-{finished}", Dispatch.INLINE, mode=mode)
    pipeline = Pipeline.objects.get(name=name)
    abandon_first(pipeline)
    add_history(pipeline, finished, light=True)
    found = {}
    for live in LIVE[mode]:
        while pipeline.executions.unfinished().count() < live:
            execution = executions.start(name, trigger_type="StartPipelineExecution")
            engine.run(pipeline.pk, execution.alone)
        found[str(live)] = _figures(pipeline, times)
    return found


def _figures(pipeline: Pipeline, times: int) -> Figures:
    """The end of an action, and what follows from it: taken back, so that it can be done again."""
    first = ActionExecution.objects.select_related("execution").filter(
        pipeline=pipeline, status=ActionStatus.IN_PROGRESS
    )
    action = first.earliest("started_at")
    _taken_back(lambda: _finish(action))  # what a process keeps is kept from here on
    with CaptureQueriesContext(connection) as queries:
        _taken_back(lambda: _finish(action))
    counted = sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)
    return {
        # What else the machine does makes it longer, and never shorter.
        "ms": 1000 * percentile([_taken_back(lambda: _finish(action)) for _ in range(times)], 10),
        "queries": counted,
    }


def _finish(action: ActionExecution) -> None:
    if not engine.finish(action, ActionResult(status=ActionStatus.SUCCEEDED)).counted:
        raise RuntimeError("The action was live no more.")


def _taken_back(call: Callable[[], None]) -> float:
    """How many seconds it took."""
    with transaction.atomic():
        began = time.perf_counter()
        call()
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return took
