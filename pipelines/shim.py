"""The process between a worker and a shell: when it ends, nothing that the shell started is left.

Run by path, not imported by the worker, so that it starts fast and works in any folder.

    standard input    one line of JSON (`Request`); afterwards any byte, or the end of the
                      input, says that the work is to be ended.  The worker's death, even by
                      kill -9, is such an end of input.
    standard output   one line of JSON when the shell has started, {"group": …}, and one when
                      everything has ended, {"end": …, "exit_code": …, "leftovers": …}
"""

import contextlib
import ctypes
import json
import math
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psutil

TOKEN_VARIABLE = "CODEPIPELINE_ACTION_EXECUTION_ID"  # noqa: S105 (a name, not a secret)
SETTLE = 1.0  # seconds for what ends by itself when the shell has, such as `exec > >(tee …)`
GRACE = 2.0  # seconds between TERM and KILL
KILL_FOR = 10.0  # seconds to insist with KILL; only a process stuck in the kernel needs more
TICK = 0.05
CHUNK = 65536
PART = "#"  # between a token and the name of a part
PIPE_CHUNKS = 16  # as much as a pipe can hold
CONTROL, ANSWER = 0, 1
PR_SET_CHILD_SUBREAPER = 36


def cap_mark(limit: int) -> bytes:
    """What the log says where it was cut."""
    return f"\n[Container] log limit of {limit} bytes reached; the rest is not kept\n".encode()


class CappedLog:
    """Appends to a file until it has `limit` bytes, then once a mark, then nothing more."""

    def __init__(self, path: str, limit: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._limit = limit
        self._size = os.fstat(self._file).st_size

    def append(self, chunk: bytes) -> None:
        room = self._limit - self._size
        if room < 0:
            return
        self._write(chunk[:room])
        if len(chunk) > room:
            self._write(cap_mark(self._limit))

    def close(self) -> None:
        os.close(self._file)

    def _write(self, chunk: bytes) -> None:
        while chunk:
            written = os.write(self._file, chunk)
            self._size += written
            chunk = chunk[written:]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the worker asks for."""

    argv: list[str]
    folder: str
    environment: dict[str, str]
    log_file: str
    log_limit: int
    token: str
    timeout: float  # seconds
    grace: float
    memory: int  # bytes of address space that each process may have; 0: as many as it likes


@dataclass(kw_only=True)
class Watch:
    """What the shim knows while the shell runs."""

    request: Request
    log: CappedLog
    selector: selectors.BaseSelector
    output: int
    wake_up: int
    shell: int  # process id, and id of its group
    exit_code: int | None = None
    is_told: bool = False  # the worker, or its death, has asked for the end
    ended: set[psutil.Process] = field(default_factory=set)


def main() -> None:
    """Do what standard input asks for, and say on standard output how it ended."""
    request = Request(**json.loads(_first_line()))
    _adopt_orphans()
    try:
        watch = _start(request)
    except (OSError, ValueError) as error:
        _answer(end="broken", reason=str(error))
        return
    _answer(group=watch.shell)
    end = "broken"
    try:
        end = _wait_for_end(watch)
    finally:
        _end_what_is_left(watch, patience=SETTLE if end == "exited" else 0.0)
    for _ in range(PIPE_CHUNKS):
        _copy_output(watch)
    watch.log.close()
    _answer(end=end, exit_code=watch.exit_code, leftovers=len(watch.ended))


def carriers(token: str) -> list[psutil.Process]:
    """The processes that carry `token` in their environment, wherever they have gone.

    Also those of its parts: who runs several shells at once marks each as `token#part`.
    """
    return [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _carries(process, token) and _is_alive(process)
    ]


def signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to those that still exist."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)  # never to another that was given the same id


def _carries(process: psutil.Process, token: str) -> bool:
    carried = _environment(process).get(TOKEN_VARIABLE, "")
    return carried == token or carried.startswith(f"{token}{PART}")


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}  # another user's, or gone


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _first_line() -> bytes:
    line = bytearray()
    while not line.endswith(b"\n"):
        chunk = os.read(CONTROL, CHUNK)
        if not chunk:
            sys.exit(1)  # the worker died before it had said what to do
        line += chunk
    return bytes(line)


def _adopt_orphans() -> None:
    """Where Linux can: become the parent of daemons, so that all are found and none forgotten."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _start(request: Request) -> Watch:
    log = CappedLog(request.log_file, request.log_limit)
    output, write_end = os.pipe()
    wake_up = _wake_up_when_children_end()
    shell = subprocess.Popen(  # to run what the user wrote is the purpose
        request.argv,
        cwd=request.folder,
        env=request.environment,
        stdin=subprocess.DEVNULL,
        stdout=write_end,
        stderr=write_end,
        start_new_session=True,
        preexec_fn=lambda: _limit(request.memory),  # noqa: PLW1509 (there are no threads here)
    )
    shell.returncode = 0  # to Popen it is over: _reap waits for it, together with the orphans
    os.close(write_end)
    os.set_blocking(output, False)
    selector = selectors.DefaultSelector()
    for each in (output, wake_up, CONTROL):
        selector.register(each, selectors.EVENT_READ)
    return Watch(
        request=request,
        log=log,
        selector=selector,
        output=output,
        wake_up=wake_up,
        shell=shell.pid,
    )


def _limit(memory: int) -> None:
    """In the shell to be; whatever it starts inherits the limit and cannot raise it."""
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _wake_up_when_children_end() -> int:
    """A pipe that can be read when SIGCHLD or SIGTERM has come."""
    wake_up, write_end = os.pipe()
    os.set_blocking(wake_up, False)
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return wake_up


def _wait_for_end(watch: Watch) -> str:
    """Pump output until the shell has exited, its time is up, or the end is asked for."""
    worker = os.getppid()
    deadline = time.monotonic() + watch.request.timeout
    while True:
        _reap(watch)
        if watch.exit_code is not None:
            return "exited"
        if watch.is_told or os.getppid() != worker:
            return "lost"
        if time.monotonic() >= deadline:
            return "timed_out"
        _pump(watch, min(1.0, max(0.0, deadline - time.monotonic())))


def _pump(watch: Watch, patience: float) -> None:
    for key, _ in watch.selector.select(patience):
        match key.fd:
            case watch.output:
                _copy_output(watch)
            case watch.wake_up:
                watch.is_told |= signal.SIGTERM in os.read(watch.wake_up, CHUNK)
            case _:
                watch.is_told = True
                watch.selector.unregister(CONTROL)


def _copy_output(watch: Watch) -> None:
    """Move one chunk to the log, if there is one."""
    try:
        chunk = os.read(watch.output, CHUNK)
    except BlockingIOError:
        return
    if not chunk and watch.output in watch.selector.get_map():
        watch.selector.unregister(watch.output)
    with contextlib.suppress(OSError):  # a full disk must not keep us from our duty
        watch.log.append(chunk)


def _reap(watch: Watch) -> bool:
    """Take the exit codes of children that have ended; say whether there are others."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True
        if pid == watch.shell:
            code = os.waitstatus_to_exitcode(status)
            watch.exit_code = code if code >= 0 else 128 - code  # as shells report signals


def _end_what_is_left(watch: Watch, patience: float) -> None:
    """After some patience TERM, the grace after that KILL, until nothing is left.

    Nothing is left when the kernel says that we have no children: who forks while we look is
    found the next time.
    """
    term_at = time.monotonic() + patience
    kill_at = math.inf  # the grace begins with TERM, even if we ourselves were held up until then
    told: set[psutil.Process] = set()
    while (now := time.monotonic()) < kill_at + KILL_FOR:
        has_children = _reap(watch)
        left = set(psutil.Process().children(recursive=True)) if has_children else set()
        left.update(() if left else carriers(watch.request.token))
        if not left and not has_children:
            return
        if now >= term_at:
            kill_at = min(kill_at, now + watch.request.grace)
            watch.ended |= {process for process in left if process.pid != watch.shell}
        if now >= kill_at:
            signal_all(left, signal.SIGKILL)
        elif now >= term_at:
            signal_all(left - told, signal.SIGTERM)
            told |= left
        _pump(watch, TICK)  # meanwhile: a full pipe would keep them from ending


def _answer(**values: Any) -> None:
    with contextlib.suppress(OSError):  # the worker may be gone
        os.write(ANSWER, json.dumps(values).encode() + b"\n")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    main()
