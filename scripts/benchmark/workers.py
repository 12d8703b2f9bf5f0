"""Penstock's own processes, started as deploy/supervisord.conf starts them."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from benchmark import tasks
from benchmark.servers import running, wait_until
from console.celery import app

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

QUEUES = {"engine": "stops,engine", "actions": "actions"}
QUIET = ("--without-gossip", "--without-mingle")
POOLS = {
    "engine": ("--concurrency", str(settings.PENSTOCK_ENGINE_CONCURRENCY)),
    "actions": ("--pool", "threads", "--concurrency", str(settings.PENSTOCK_ACTION_CONCURRENCY)),
}


@contextlib.contextmanager
def working() -> Iterator[None]:
    """Both kinds of workers and the scheduler, ready to work."""
    home = Path(settings.PENSTOCK_HOME)
    celery = [sys.executable, "-m", "celery", "-A", "console"]
    beat = [*celery, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile", ""]
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(running(beat, home / "beat.log"))]
        for queue, pool in POOLS.items():
            worker = [*celery, "worker", "-I", "benchmark.tasks", "-Q", QUEUES[queue]]
            command = [*worker, "-n", f"{queue}@%h", *pool, "--loglevel", "INFO", *QUIET]
            processes.append(stack.enter_context(running(command, home / f"{queue}.log")))
        for queue in POOLS:
            tasks.tell.apply_async(queue=queue)
            wait_until(lambda: _is_heard(processes), within=60)
        yield


def _is_heard(processes: list[subprocess.Popen[bytes]]) -> bool:
    """Whether a first task was done; there is no use in waiting for a worker that ended."""
    for process in processes:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended: {process.returncode}")
    return bool(tasks.client().lpop(tasks.DONE))


def wait_for_word(within: float) -> float:
    """When the next chain ended."""
    answer = tasks.client().blpop([tasks.DONE], timeout=within)
    if answer is None:
        raise TimeoutError(f"No worker answered in {within:.0f} s")
    return float(answer[1])


def forget_nudges() -> None:
    """Empty the queues."""
    with app.connection_for_write() as connection:
        for queue in ("stops", *POOLS):
            app.amqp.queues[queue].bind(connection.default_channel).purge()
