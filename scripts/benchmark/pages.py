"""Requests per second and processor time per request of the pages that people keep open."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmark import decisions, noop, workers
from benchmark.servers import running, wait_until
from benchmark.statistics_of import median
from pipelines.models import Pipeline
from pipelines.providers import Dispatch

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

CONNECTIONS = 4
POLL = {"HX-Request": "true"}
HISTORIES = (0, 1_000, 100_000)
FOLDER = "/codesuite/codepipeline/pipelines"


@dataclass
class Page:
    """One address, asked again and again."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    rates: list[float] = field(default_factory=list)
    micros: list[float] = field(default_factory=list)  # processor time of the server

    def summary(self) -> dict[str, float]:
        return {"rate": median(self.rates), "micros": median(self.micros)}


@dataclass(frozen=True)
class Server:
    """Gunicorn, and the cookie that opens its pages."""

    port: int
    process: psutil.Process
    cookie: str

    def get(self, page: Page, connection: http.client.HTTPConnection) -> tuple[int, bytes]:
        connection.request("GET", page.path, headers={"Cookie": self.cookie, **page.headers})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def once(self, page: Page) -> tuple[int, bytes]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            return self.get(page, connection)

    def used(self) -> float:
        """Seconds of a processor so far, of all its processes."""
        times = [p.cpu_times() for p in self.process.children()]
        return float(sum(t.user + t.system for t in times))


def measure(*, quick: bool) -> dict[str, Any]:
    histories, rounds, seconds = (HISTORIES[:2], 2, 0.3) if quick else (HISTORIES, 3, 0.4)
    for finished in histories:
        pipeline = Pipeline.objects.get(name=noop.create(f"shown-{finished}", Dispatch.INLINE))
        decisions.abandon_first(pipeline)
        decisions.add_history(pipeline, finished, light=finished > HISTORIES[1])
    workers.forget_nudges()
    with serving() as server:
        pages = pages_of(server, histories)
        for page in pages.values():
            _ask(server, page, seconds / 2)
            page.rates, page.micros = [], []
        for _ in range(rounds):
            for page in pages.values():
                _ask(server, page, seconds)
        found: dict[str, Any] = {name: page.summary() for name, page in pages.items()}
    return {"pages": found, "poll queries": poll_queries()}


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """The web server as deploy/supervisord.conf starts it, on a port that is free."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    gunicorn = [sys.executable, "-m", "gunicorn", "benchmark.web", "--bind", f"127.0.0.1:{port}"]
    pool = ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    how = ["--graceful-timeout", "3", "--no-control-socket"]
    with running([*gunicorn, *pool, *how], Path(settings.PENSTOCK_HOME) / "web.log") as process:
        server = Server(port=port, process=psutil.Process(process.pid), cookie=_sign_in())
        wait_until(lambda: _serves(server, process), within=60, every=0.05)
        yield server


def pages_of(server: Server, histories: tuple[int, ...]) -> dict[str, Page]:
    """Every page, each followed by bare views that answer with as many bytes."""
    view = {n: Page(f"{FOLDER}/shown-{n}/view") for n in histories[:2]}
    pages = {
        "unchanged poll": Page(f"{view[1000].path}?rev={_revision(server, view[1000])}", POLL),
        "changed poll": Page(f"{view[1000].path}?rev=0", POLL),
        **{f"pipeline page, {n:,} executions": page for n, page in view.items()},
        **{
            f"history page, {n:,} executions": Page(f"{FOLDER}/shown-{n}/executions")
            for n in histories[1:]
        },
    }
    found: dict[str, Page] = {}
    for name, page in pages.items():
        status, body = server.once(page)
        expected = HTTPStatus.NO_CONTENT if name == "unchanged poll" else HTTPStatus.OK
        if status != expected:
            print(f"{name}: {status} instead of {expected}; left out", file=sys.stderr)
            continue
        found[name] = page
        found[f"{name}: bare"] = Page(f"/bench/plain/{len(body)}")
        found[f"{name}: bare, signed in"] = Page(f"/bench/signed-in/{len(body)}")
    return found


def poll_queries() -> list[str]:
    """The queries of an unchanged poll, but for those that say who asks."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(username="bench"))
    path = f"{FOLDER}/shown-1000/view"
    revision = _hidden(client.get(path).content)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{path}?rev={revision}", headers=POLL)
    spoken = [query["sql"] for query in queries.captured_queries]
    return [sql for sql in spoken if "django_session" not in sql and "auth_user" not in sql]


def _ask(server: Server, page: Page, seconds: float) -> None:
    """A few connections that each ask again as soon as they were answered."""
    before, began = server.used(), time.perf_counter()
    give_up_at = began + seconds
    with ThreadPoolExecutor(CONNECTIONS) as clients:
        asked = list(clients.map(lambda _: _ask_until(server, page, give_up_at), range(4)))
    took = time.perf_counter() - began
    page.rates.append(sum(asked) / took)
    page.micros.append(1_000_000 * (server.used() - before) / sum(asked))


def _ask_until(server: Server, page: Page, give_up_at: float) -> int:
    asked = 0
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
        while time.perf_counter() < give_up_at:
            status, _ = server.get(page, connection)
            if status >= HTTPStatus.MULTIPLE_CHOICES:
                raise RuntimeError(f"{page.path} answered {status}")
            asked += 1
    return asked


def _serves(server: Server, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"gunicorn ended: {process.returncode}")
    with contextlib.suppress(OSError):
        return server.once(Page("/healthz"))[0] == HTTPStatus.OK
    return False


def _sign_in() -> str:
    client = Client()
    client.force_login(User.objects.create_user("bench"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _revision(server: Server, page: Page) -> str:
    return _hidden(server.once(page)[1])


def _hidden(body: bytes) -> str:
    """What the page says that it shows."""
    field = re.search(rb'<input[^>]*name="rev"[^>]*>', body)
    value = field and re.search(rb'value="([^"]*)"', field[0])
    return value[1].decode() if value else ""
