"""One running Penstock on this machine: its lock, its port, and the processes it may leave."""

import contextlib
import errno
import fcntl
import os
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import psutil

MARK = "PENSTOCK_SUPERVISED"  # In the environment of every process of ours: which home it serves.


class NotStartable(Exception):
    """Why Penstock cannot start here, and what to do about it."""


def hold(home: Path, url: str) -> IO[str]:
    """Take the home for ourselves until the file, and every copy of it, is closed."""
    file = (home / "run" / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "starting just now"
        raise NotStartable(
            f"already running with PENSTOCK_HOME={home} ({holder}). "
            "Use that one, stop it, or choose another PENSTOCK_HOME and PORT."
        ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}, {url}")
    file.flush()
    return file


def check_port(host: str, port: int) -> None:
    """Refuse a port that cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as problem:
        raise NotStartable(f"HOST={host} is no address of this machine.") from problem
    except OSError as problem:
        raise NotStartable(_port_trouble(host, port, problem)) from problem


def own_directory(path: Path) -> None:
    """Make a directory only we can enter; refuse one that somebody else prepared."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise NotStartable(f"{path} belongs to another user; set PENSTOCK_HOME to a shorter path.")


def leftovers(home: Path) -> list[psutil.Process]:
    """Processes of an instance on this home: its own, its broker, the commands it ran."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(MARK) == str(home) or _works_in(home, process):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # Gone meanwhile, or somebody else's.
    return found


def end(processes: Iterable[psutil.Process], *, grace: float) -> None:
    """Ask them to end, and make those end that have not after the grace."""
    asked = [process for process in processes if process.is_running()]
    for process in asked:
        _signal(process.terminate)
    _, alive = psutil.wait_procs(asked, timeout=grace)
    for process in alive:
        _signal(process.kill)
    psutil.wait_procs(alive, timeout=grace)


def _works_in(home: Path, process: psutil.Process) -> bool:
    """Commands know nothing of us and the broker overwrites its environment, but not its directory.

    They have no terminal; a person looking around there has one.
    """
    directory = Path(process.cwd())
    inside = directory == home / "broker" or directory.is_relative_to(home / "work")
    return inside and process.terminal() is None


def _signal(send: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        send()


def _port_trouble(host: str, port: int, problem: OSError) -> str:
    match problem.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is taken. Choose another: PORT={port + 1} scripts/run"
        case errno.EACCES:
            return f"port {port} needs root. Choose one above 1023: PORT=8000 scripts/run"
        case errno.EADDRNOTAVAIL:
            return f"HOST={host} is no address of this machine."
        case _:
            return f"cannot listen on {host}:{port}: {problem.strerror}."
