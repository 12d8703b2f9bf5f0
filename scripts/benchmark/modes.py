"""How long a decision takes in each execution mode: with few and many live, and a long history."""

from __future__ import annotations

import time
from functools import partial
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
from pipelines.models.erasing import erase
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
    found: dict[str, Any] = {}
    for mode in LIVE:
        found |= _of_mode(mode, histories, times)
    for pipeline in Pipeline.objects.all():
        with transaction.atomic():
            erase(pipeline)
    workers.forget_nudges()
    return found


def _of_mode(
    mode: ExecutionMode, histories: tuple[int, ...], times: int
) -> dict[str, dict[str, Figures]]:
    """By how many executions have finished, then by how many are live."""
    kinds = [(finished, live) for finished in histories for live in LIVE[mode]]
    figures = _figures([_prepared(mode, *kind) for kind in kinds], times)
    found: dict[str, dict[str, Figures]] = {}
    for (finished, live), one in zip(kinds, figures, strict=True):
        found.setdefault(f"{mode}, {finished} finished", {})[str(live)] = one
    return found


def _prepared(mode: ExecutionMode, finished: int, live: int) -> Pipeline:
    name = noop.create(f"{mode}-{finished}-{live}", Dispatch.INLINE, mode=mode)
    pipeline = Pipeline.objects.get(name=name)
    abandon_first(pipeline)
    add_history(pipeline, finished, light=True)
    for _ in range(live):
        execution = executions.start(name, trigger_type="StartPipelineExecution")
        engine.run(pipeline.pk, execution.alone)
    return pipeline


def _figures(pipelines: list[Pipeline], times: int) -> list[Figures]:
    """The end of an action, and what follows from it: taken back, so that it can be done again.

    The pipelines take turns, so that whatever else the machine does meanwhile is the same for all.
    """
    actions = [_live_action(pipeline) for pipeline in pipelines]
    queries = [_count_queries(action) for action in actions]
    took: list[list[float]] = [[] for _ in actions]
    for _ in range(times):
        for samples, action in zip(took, actions, strict=True):
            samples.append(_taken_back(partial(_finish, action)))
    return [
        # What else the machine does makes it longer, and never shorter.
        {"ms": 1000 * percentile(samples, 10), "queries": counted}
        for samples, counted in zip(took, queries, strict=True)
    ]


def _live_action(pipeline: Pipeline) -> ActionExecution:
    live = ActionExecution.objects.select_related("execution").filter(
        pipeline=pipeline, status=ActionStatus.IN_PROGRESS
    )
    return live.earliest("started_at")


def _count_queries(action: ActionExecution) -> int:
    _taken_back(partial(_finish, action))  # what a process keeps is kept from here on
    with CaptureQueriesContext(connection) as queries:
        _taken_back(partial(_finish, action))
    return sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)


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
