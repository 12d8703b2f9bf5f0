"""Real work of an action that is abandoned while it goes on, in a thread or another process."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections

from pipelines import artifact_store, artifacts, runner
from pipelines.core.statuses import StopMode
from pipelines.models import Lease
from tests.definitions import commands, source, stage
from tests.waiting import wait_for_pid, wait_until

KEY = "website/Code/abcdefg"


def begin(room, tmp_path, *script):
    """A pipeline whose second stage runs a real command; the action execution, not yet taken."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "page.txt").write_text("x")
    artifacts.pack(tmp_path / "files", ["**/*"], tmp_path / "zip")
    artifact_store.configured().keep(KEY, tmp_path / "zip")
    work = commands("Try", f"echo $$ > {tmp_path / 'pid'}", *script)
    room.create(stages=[stage("Source", source()), stage("Work", work)])
    room.succeed("Fetch", artifacts={"Code": KEY})
    room.settle()
    return room.live("Try")


def abandon(room, action):
    room.stop(room.again(action.execution), StopMode.ABANDON)
    room.settle()


class Thread:
    """A worker of this process; leaving waits until its work has ended."""

    def __init__(self, room, action):
        self._arguments = room.pipeline.pk, action.pk
        self._threads = ThreadPoolExecutor(1)

    def __enter__(self):
        self._doing = self._threads.submit(self._work)
        return self

    def __exit__(self, *_):
        self._doing.result()
        self._threads.shutdown()

    def _work(self):
        try:
            return runner.perform(*self._arguments)
        finally:
            connection.close()


class Process:
    """A worker that can be killed as the kernel does."""

    def __init__(self, room, action):
        connections.close_all()  # a connection belongs to one process
        fork = multiprocessing.get_context("fork")
        self._process = fork.Process(target=runner.perform, args=(room.pipeline.pk, action.pk))
        self._process.start()

    def kill(self):
        pid = self._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self._process.join()


def is_at_work(action, tmp_path):
    """Wait until the command runs; its process."""
    pid = wait_for_pid(tmp_path / "pid")
    wait_until(lambda: Lease.objects.unexpired().filter(pk=action.pk).exists())
    return pid
