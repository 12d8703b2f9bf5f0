"""Requests per second and processor time per request of the pages that people keep open."""

from __future__ import annotations

import re
import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmark import asking, decisions, noop, workers
from benchmark.asking import Request, Server, request
from pipelines.models import Pipeline
from pipelines.providers import Dispatch

POLL = {"HX-Request": "true"}
HISTORIES = (0, 1_000, 100_000)
FOLDER = "/codesuite/codepipeline/pipelines"


def measure(*, quick: bool) -> dict[str, Any]:
    histories, rounds, seconds = (HISTORIES[:2], 2, 0.3) if quick else (HISTORIES, 3, 0.4)
    for finished in histories:
        pipeline = Pipeline.objects.get(name=noop.create(f"shown-{finished}", Dispatch.INLINE))
        decisions.abandon_first(pipeline)
        decisions.add_history(pipeline, finished, light=finished > HISTORIES[1])
    workers.forget_nudges()
    with asking.penstock({"Cookie": _sign_in()}) as server:
        pages = pages_of(server, histories)
        asked = [(server, page) for page in pages.values()]
        asking.measure(asked, rounds=rounds, seconds=seconds)
        found: dict[str, Any] = {name: page.summary() for name, page in pages.items()}
    return {"pages": found, "poll queries": poll_queries()}


def pages_of(server: Server, histories: tuple[int, ...]) -> dict[str, Request]:
    """Every page, each followed by bare views that answer with as many bytes."""
    view = {n: request(f"{FOLDER}/shown-{n}/view") for n in histories[:2]}
    pages = {
        "unchanged poll": request(f"{view[1000]}?rev={_revision(server, view[1000])}", POLL),
        "changed poll": request(f"{view[1000]}?rev=0", POLL),
        **{f"pipeline page, {n:,} executions": page for n, page in view.items()},
        **{
            f"history page, {n:,} executions": request(f"{FOLDER}/shown-{n}/executions")
            for n in histories[1:]
        },
    }
    found: dict[str, Request] = {}
    for name, page in pages.items():
        status, body = server.once(page)
        expected = HTTPStatus.NO_CONTENT if name == "unchanged poll" else HTTPStatus.OK
        if status != expected:
            print(f"{name}: {status} instead of {expected}; left out", file=sys.stderr)
            continue
        found[name] = page
        found[f"{name}: bare"] = request(f"/bench/plain/{len(body)}")
        found[f"{name}: bare, signed in"] = request(f"/bench/signed-in/{len(body)}")
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


def _sign_in() -> str:
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _revision(server: Server, page: Request) -> str:
    return _hidden(server.once(page)[1])


def _hidden(body: bytes) -> str:
    """What the page says that it shows."""
    field = re.search(rb'<input[^>]*name="rev"[^>]*>', body)
    value = field and re.search(rb'value="([^"]*)"', field[0])
    return value[1].decode() if value else ""
