"""From a request to stop and abandon until Stopped can be seen, when all is quiet and when not."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from benchmark import noop, workers
from benchmark.servers import running, wait_until
from benchmark.statistics_of import median, percentile
from pipelines import executions
from pipelines.core.refusals import ExecutionNotStoppable
from pipelines.core.statuses import ActionStatus, ExecutionStatus, StopMode
from pipelines.models import ActionExecution, Pipeline, PipelineExecution
from pipelines.providers import Dispatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

LONGEST_STOP = 5.0
POLL = 0.002


@dataclass
class Stops:
    """What was measured of stops of one kind, in milliseconds."""

    seen: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        return {
            "stops": len(self.seen),
            "given up": sum(seen >= 1000 * LONGEST_STOP for seen in self.seen),
            "p50": median(self.seen),
            "p99": percentile(self.seen, 99),
            "call": median(self.calls),
        }


def measure(*, quick: bool) -> dict[str, Any]:
    busy, count, seconds = (100, 5, 3.0) if quick else (100, 10, 5.0)
    _forget_everything()
    with workers.working():
        held = [noop.create(f"held-{n}", Dispatch.INLINE, asks=True) for n in range(3 * count)]
        waiting = ActionExecution.objects.filter(
            stage_name="Work", status=ActionStatus.IN_PROGRESS, execution__pipeline__name__in=held
        )
        wait_until(lambda: waiting.count() == len(held))
        victims = [(a.execution.pipeline.name, a.execution_id) for a in waiting]
        found = {"quiet": stop_waiting(victims[:count], seconds).summary()}
        found |= under_load(Dispatch.WORKER, busy, victims[count : 2 * count], seconds)
    _forget_busy()
    if not quick:
        with workers.working():
            found |= under_load(Dispatch.INLINE, busy, victims[2 * count :], seconds)
        _forget_busy()
    return found


def under_load(
    dispatch: Dispatch, busy: int, victims: list[tuple[str, UUID]], seconds: float
) -> dict[str, Any]:
    """Stop executions that wait for a person, and some of those that are moving."""
    prefix = f"busy-{dispatch}-"
    for n in range(busy):
        noop.create(f"{prefix}{n}", dispatch)
    moving = ActionExecution.objects.filter(execution__pipeline__name__startswith=prefix)
    feeder = [sys.executable, "-m", "benchmark.feeder", prefix]
    with running(feeder, Path(settings.PENSTOCK_HOME) / "feeder.log"):
        wait_until(lambda: moving.count() > busy // 2, within=60)
        waiting = stop_waiting(victims, seconds)
        busy_ones = stop_moving(prefix, len(victims), seconds)
    return {
        f"{dispatch} busy, waiting": waiting.summary(),
        f"{dispatch} busy, moving": busy_ones.summary(),
    }


def stop_waiting(victims: list[tuple[str, UUID]], seconds: float) -> Stops:
    remaining = list(victims)
    return _as_many_as_fit(lambda: remaining.pop() if remaining else None, len(victims), seconds)


def stop_moving(prefix: str, count: int, seconds: float) -> Stops:
    def victim() -> tuple[str, UUID]:
        mine = PipelineExecution.objects.filter(pipeline__name__startswith=prefix)
        moving = mine.filter(status=ExecutionStatus.IN_PROGRESS).exclude(occupied=None)
        live = wait_until(lambda: list(moving), every=POLL)
        chosen = random.choice(live)  # noqa: S311 - nothing secret
        return chosen.pipeline.name, chosen.pk

    return _as_many_as_fit(victim, count, seconds)


def _as_many_as_fit(
    choose: Callable[[], tuple[str, UUID] | None], count: int, seconds: float
) -> Stops:
    stops, give_up_at = Stops(), time.monotonic() + seconds
    while len(stops.seen) < count and time.monotonic() < give_up_at and (victim := choose()):
        _stop(stops, *victim)
    return stops


def _stop(stops: Stops, name: str, execution_id: UUID) -> None:
    """One stop; one that is too late for its execution does not count."""
    row = PipelineExecution.objects.filter(pk=execution_id, status=ExecutionStatus.STOPPED)
    began = time.perf_counter()
    try:
        executions.stop(name, execution_id, mode=StopMode.ABANDON, by=noop.DEFINER)
    except ExecutionNotStoppable:
        return
    stops.calls.append(1000 * (time.perf_counter() - began))
    while not row.exists() and time.perf_counter() - began < LONGEST_STOP:
        time.sleep(POLL)
    stops.seen.append(1000 * (time.perf_counter() - began))


def _forget_busy() -> None:
    """While nobody works: what is deleted may not be written to."""
    Pipeline.objects.filter(name__startswith="busy-").delete()
    workers.forget_nudges()


def _forget_everything() -> None:
    Pipeline.objects.all().delete()
    workers.forget_nudges()
