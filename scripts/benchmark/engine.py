"""Steps per second and per-step latency: a bare chain, a minimal engine, and Penstock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from celery import chain
from django.db import transaction
from django.utils import timezone

from benchmark import minimal, noop, tasks, workers
from benchmark.noop import STEPS
from benchmark.servers import wait_until
from benchmark.statistics_of import median
from pipelines import executions
from pipelines.core.statuses import ExecutionStatus
from pipelines.models import ActionExecution, PipelineExecution
from pipelines.providers import Dispatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

LONGEST_LAP = 90
MOST_BY_WORKERS = 5  # a lap of more would take most of the time there is


@dataclass
class Lap:
    """One measurement: so many steps, from the first nudge to the last end."""

    steps: int
    seconds: float


@dataclass
class Clock:
    """Started by the commit that sends the first nudge."""

    at: float = 0

    def start(self) -> None:
        self.at = time.time()


def chains(count: int) -> Lap:
    """No-op tasks, of which each has the broker tell of the next."""
    clock = Clock()
    clock.start()
    for _ in range(count):
        links = [tasks.nothing.si() for _ in range(STEPS - 1)]
        chain(*links, tasks.tell.si()).apply_async()
    ends = [workers.wait_for_word(LONGEST_LAP) for _ in range(count)]
    return Lap(steps=count * STEPS, seconds=max(ends) - clock.at)


def minimal_engine(count: int) -> Lap:
    clock = Clock()
    with transaction.atomic():
        transaction.on_commit(clock.start)
        for _ in range(count):
            run = minimal.new_run(STEPS, status="InProgress", started_at=timezone.now())
            transaction.on_commit(partial(tasks.step.delay, run.pk, 1))
    open_runs = minimal.Run.objects.filter(ended_at=None)
    wait_until(lambda: not open_runs.exists(), within=LONGEST_LAP)
    steps = minimal.Step.objects.order_by("-pk")[: count * STEPS]
    return _lap(clock, steps.values_list("ended_at", flat=True))


def penstock(dispatch: Dispatch, count: int) -> Lap:
    if dispatch is Dispatch.WORKER:
        count = min(count, MOST_BY_WORKERS)
    clock = Clock()
    with transaction.atomic():
        transaction.on_commit(clock.start)
        started = [_start(f"{dispatch}-{n}") for n in range(count)]
    mine = PipelineExecution.objects.filter(pk__in=started)
    wait_until(lambda: not mine.unfinished().exists(), within=LONGEST_LAP)
    if mine.exclude(status=ExecutionStatus.SUCCEEDED).exists():
        raise RuntimeError("An execution of actions that do nothing did not succeed.")
    actions = ActionExecution.objects.filter(execution__in=started)
    return _lap(clock, actions.values_list("ended_at", flat=True))


def measure(*, quick: bool) -> dict[str, Any]:
    many, rounds = (10, 2) if quick else (100, 3)
    prepare(many)
    with workers.working():
        for run in SYSTEMS.values():
            run(2)  # both processes have seen everything once
        return {
            "1": _rounds(1, rounds=rounds, laps=1 if quick else 3, seconds=10 if quick else 15),
            str(many): _rounds(many, rounds=rounds, laps=1, seconds=10 if quick else 50),
        }


def prepare(count: int) -> None:
    """The pipelines, without the first executions that creating them starts."""
    for dispatch in (Dispatch.INLINE, Dispatch.WORKER):
        for n in range(count):
            noop.create(f"{dispatch}-{n}", dispatch)
    PipelineExecution.objects.all().delete()
    workers.forget_nudges()


SYSTEMS: dict[str, Callable[[int], Lap]] = {
    "chain": chains,
    "minimal": minimal_engine,
    "inline": partial(penstock, Dispatch.INLINE),
    "worker": partial(penstock, Dispatch.WORKER),
}


def _rounds(count: int, *, rounds: int, laps: int, seconds: float) -> dict[str, Any]:
    """Alternating rounds, as many as there is time for."""
    found: dict[str, list[Lap]] = {name: [] for name in SYSTEMS}
    began = time.monotonic()
    longest = made = 0.0
    while made < rounds and time.monotonic() - began + longest < seconds:
        round_began = time.monotonic()
        for name, run in SYSTEMS.items():
            found[name] += [run(count) for _ in range(laps)]
        longest = max(longest, time.monotonic() - round_began)
        made += 1
    return {"rounds": int(made), "systems": {n: _summary(laps) for n, laps in found.items()}}


def _summary(laps: list[Lap]) -> dict[str, float]:
    """Latencies are of whole laps: steps that share a transaction have one time between them."""
    latencies = [1000 * lap.seconds / lap.steps for lap in laps]
    return {
        "rate": median([lap.steps / lap.seconds for lap in laps]),
        "ms": median(latencies),
        "worst": max(latencies, default=0.0),
    }


def _lap(clock: Clock, ends: Iterable[datetime | None]) -> Lap:
    times = [ended.timestamp() for ended in ends if ended]
    return Lap(steps=len(times), seconds=max(times) - clock.at)


def _start(name: str) -> Any:
    return executions.start(name, trigger_type="StartPipelineExecution").pk
