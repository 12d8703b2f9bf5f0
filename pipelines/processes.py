"""Shell commands run for real, so that nothing of them is left when they end or are given up.

A small process of its own stands between us and the commands (`pipelines.shim`): it ends all
that they started when they finish, when their time is up, when we ask, and when we die.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from pipelines import shim

TOKEN_VARIABLE = shim.TOKEN_VARIABLE
INHERITED = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "USER", "LOGNAME")
SHIM_INHERITS = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
LOOK_EVERY = 1.0  # seconds between two looks whether the work is lost


class End(StrEnum):
    """How a run of commands ended."""

    EXITED = "exited"
    TIMED_OUT = "timed_out"
    LOST = "lost"  # is_lost() turned true
    BROKEN = "broken"  # could not be started, or the process between was killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run, where, with what environment, and where its output goes."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]  # all of it; nothing is added but the token
    token: str  # marks every process of this run, see `end_leftovers`
    log_file: Path
    log_limit: int
    timeout: timedelta
    grace: timedelta = timedelta(seconds=shim.GRACE)  # between TERM and KILL
    memory: int = 0  # bytes of address space that each process may have; 0: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How it ended; `exit_code` as shells report it (128 + signal), None if the shell ran on."""

    end: End
    exit_code: int | None = None
    leftovers: int = 0  # processes that outlived the shell and were ended
    reason: str = ""  # why BROKEN


def run(command: Command, *, is_lost: Callable[[], bool]) -> Result:
    """Run to the end and return how it went; afterwards no process of it exists.

    `is_lost` is asked about once a second; an exception from it ends the work, too.
    Works in any thread, any number at once.
    """
    with _start(command) as process:  # leaving closes its input, which ends the work
        answers, was_lost = _listen(process, is_lost)
    if "end" in answers:
        return Result(
            end=End.LOST if was_lost else End(answers["end"]),
            exit_code=answers.get("exit_code"),
            leftovers=answers.get("leftovers", 0),
            reason=answers.get("reason", ""),
        )
    _kill_group(answers.get("group"))
    end_leftovers(command.token)
    reason = "the process that watched over the commands was killed"
    return Result(end=End.LOST if was_lost else End.BROKEN, reason=reason)


def environment(*, home: Path, temporary: Path, declared: Mapping[str, str]) -> dict[str, str]:
    """What commands may know: a few harmless variables of ours, and what is declared."""
    ours = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {
        **ours,
        "PATH": _path_without_our_own(),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "TERM": "dumb",
        **declared,
    }


def shell() -> str:
    """The shell for commands: bash where there is one, as in AWS's images, else sh."""
    return program("bash") or program("sh") or "/bin/sh"


def program(name: str) -> str | None:
    """Where this machine has the program, if it has."""
    return shutil.which(name)


def end_leftovers(token: str) -> int:
    """Kill what still carries `token`, such as commands whose worker and shim both were killed.

    Returns how many there were.
    """
    ended: set[int] = set()
    give_up_at = time.monotonic() + shim.KILL_FOR
    while time.monotonic() < give_up_at and (left := shim.carriers(token)):
        shim.signal_all(left, signal.SIGKILL)
        ended.update(process.pid for process in left)
        time.sleep(shim.TICK)
    return len(ended)


def _start(command: Command) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", shim.__file__],
        env={name: os.environ[name] for name in SHIM_INHERITS if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,  # a Ctrl-C for the worker is not for the commands
    )
    request = {
        "argv": command.argv,
        "folder": str(command.folder),
        "environment": {**command.environment, TOKEN_VARIABLE: command.token},
        "log_file": str(command.log_file),
        "log_limit": command.log_limit,
        "token": command.token,
        "timeout": command.timeout.total_seconds(),
        "grace": command.grace.total_seconds(),
        "memory": command.memory,
    }
    line = json.dumps(request).encode() + b"\n"
    with contextlib.suppress(BrokenPipeError):  # it was killed already: _listen finds out
        while line:
            line = line[_input(process).write(line) :]
    return process


def _listen(
    process: subprocess.Popen[bytes], is_lost: Callable[[], bool]
) -> tuple[dict[str, Any], bool]:
    """What the shim has said when it has ended, and whether we asked for the end."""
    said = bytearray()
    was_lost = False
    output = _output(process).fileno()
    poll = select.poll()
    poll.register(output, select.POLLIN)
    while True:
        if poll.poll(LOOK_EVERY * 1000):
            chunk = os.read(output, shim.CHUNK)
            said += chunk
            if not chunk:
                break
        if not was_lost and is_lost():
            was_lost = True
            _input(process).close()
    answers: dict[str, Any] = {}
    for line in said.splitlines():
        answers |= json.loads(line)
    return answers, was_lost


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None  # noqa: S101 (we asked for a pipe)
    return process.stdin


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 (we asked for a pipe)
    return process.stdout


def _kill_group(group: int | None) -> None:
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _path_without_our_own() -> str:
    """Our PATH, less the folder of the virtual environment that we ourselves run in."""
    path = os.environ.get("PATH", os.defpath)
    if sys.prefix == sys.base_prefix:
        return path
    own = Path(sys.prefix, "bin")
    return os.pathsep.join(each for each in path.split(os.pathsep) if Path(each) != own)
