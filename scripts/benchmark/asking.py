"""Asking a web server again and again: how many answers a second, at what cost to it."""

from __future__ import annotations

import contextlib
import http.client
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from django.conf import settings
from django.core.management import call_command

from benchmark.servers import running, wait_until
from benchmark.statistics_of import median

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

CONNECTIONS = 4


@dataclass(frozen=True)
class Message:
    """What is sent."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""


@dataclass
class Request:
    """One request, or a few that take turns, sent again and again by every connection."""

    turns: Callable[[int], Sequence[Message]]  # by the number of the connection
    rates: list[float] = field(default_factory=list)
    micros: list[float] = field(default_factory=list)  # processor time of the server

    def summary(self) -> dict[str, float]:
        return {"rate": median(self.rates), "micros": median(self.micros)}


def request(
    path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: bytes = b""
) -> Request:
    """The same for every connection."""
    message = Message(path, headers or {}, method, body)
    return Request(lambda _connection: [message])


@dataclass(frozen=True)
class Server:
    """A web server on this machine, and what every request to it carries."""

    port: int
    process: psutil.Process
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, said: Message, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        headers = {**self.headers, **said.headers}
        connection.request(said.method, said.path, body=said.body or None, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def once(self, asked: Request) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            return self.send(asked.turns(CONNECTIONS)[0], connection)  # one of its own

    def used(self) -> float:
        """Seconds of a processor so far, of all its processes."""
        family = [self.process, *self.process.children(recursive=True)]
        times = [process.cpu_times() for process in family]
        return float(sum(t.user + t.system for t in times))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def penstock(headers: Mapping[str, str]) -> Iterator[Server]:
    """Penstock's web server as deploy/supervisord.conf starts it, on a port that is free."""
    call_command("collectstatic", interactive=False, verbosity=0)
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "benchmark.web", "--bind", f"127.0.0.1:{port}"]
    pool = ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    ends = ["--keep-alive", "75", "--graceful-timeout", "3", "--no-control-socket"]
    command = [*gunicorn, *pool, *ends]
    with serving(command, port, request("/healthz"), headers) as server:
        yield server


@contextlib.contextmanager
def serving(
    command: list[str], port: int, sign_of_life: Request, headers: Mapping[str, str]
) -> Iterator[Server]:
    """What the command serves, once it answers, for as long as the block lasts."""
    log = Path(settings.PENSTOCK_HOME) / f"web-{port}.log"
    with running(command, log) as process:
        server = Server(port=port, process=psutil.Process(process.pid), headers=headers)
        wait_until(lambda: _serves(server, process, sign_of_life), within=60, every=0.05)
        yield server


def measure(asked: Iterable[tuple[Server, Request]], *, rounds: int, seconds: float) -> None:
    """Fill in what each request costs, round after round, so that noise meets all alike."""
    pairs = list(asked)
    for server, request in pairs:
        _ask(server, request, seconds / 2)
        request.rates, request.micros = [], []
    for _ in range(rounds):
        for server, request in pairs:
            _ask(server, request, seconds)


def _ask(server: Server, asked: Request, seconds: float) -> None:
    """A few connections that each ask again as soon as they were answered."""
    before, began = server.used(), time.perf_counter()
    give_up_at = began + seconds
    with ThreadPoolExecutor(CONNECTIONS) as clients:
        counts = list(
            clients.map(
                lambda number: _ask_until(server, asked.turns(number), give_up_at),
                range(CONNECTIONS),
            )
        )
    took = time.perf_counter() - began
    asked.rates.append(sum(counts) / took)
    asked.micros.append(1_000_000 * (server.used() - before) / sum(counts))


def _ask_until(server: Server, turns: Sequence[Message], give_up_at: float) -> int:
    count = 0
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        while time.perf_counter() < give_up_at:
            for said in turns:
                status, body = server.send(said, connection)
                if status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise RuntimeError(f"{said.path} answered {status}: {body[:300]!r}")
            count += len(turns)
    return count


def _serves(server: Server, process: subprocess.Popen[bytes], sign_of_life: Request) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"{process.args!r} ended: {process.returncode}")
    with contextlib.suppress(OSError):
        return server.once(sign_of_life)[0] == HTTPStatus.OK
    return False
