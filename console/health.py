"""Whether this process lives, and whether Penstock as a whole can do its work."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

from console.celery import app
from pipelines import artifact_store
from pipelines.stores import FOLDER, StoreError

QUEUES = ("stops", "engine", "actions")
FINE = "ok"
FIRST_RUN = "first run"
TROUBLE = (DatabaseError, redis.RedisError, BrokerError, StoreError, OSError)


@login_not_required
@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """This process answers; nothing else is asked."""
    return JsonResponse({"status": FINE})


@login_not_required
@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Everything Penstock needs, one by one, and what is wrong with it; 503 unless all is well."""
    items = {"database": _answer(database), "migrations": "", "broker": _answer(broker)}
    items["migrations"] = (
        _answer(migrations) if items["database"] == FINE else "unknown: no database"
    )
    items[FIRST_RUN] = (
        _answer(first_run) if items["migrations"] == FINE else "unknown: the database is not ready"
    )
    if settings.PENSTOCK_ARTIFACT_STORE != FOLDER:
        items["artifact store"] = _answer(artifacts)
    items |= {f"{queue} worker": said for queue, said in workers(items["broker"]).items()}
    ready = all(said == FINE for said in items.values())
    status = FINE if ready else "not ready"
    return JsonResponse({"status": status, "items": items}, status=200 if ready else 503)


def database() -> str:
    """Ask for a write that changes nothing: a read-only or full database refuses it."""
    connection.ensure_connection()
    if "django_session" in connection.introspection.table_names():
        Session.objects.filter(session_key="").delete()
    return FINE


def migrations() -> str:
    """Compare the migrations in the code with those the database has seen."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not waiting:
        return FINE
    return f"{len(waiting)} migrations wait: run `manage.py migrate`"


def first_run() -> str:
    """Without a user, nobody may sign in and no access key is known."""
    if get_user_model().objects.exists():
        return FINE
    return "nobody may sign in yet: run `manage.py bootstrap`"


def artifacts() -> str:
    """Ask the bucket whether it is there."""
    artifact_store.configured().check()
    return FINE


def broker() -> str:
    """Ask the broker to answer at all."""
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
    ) as client:
        client.ping()
    return FINE


def workers(broker_said: str) -> dict[str, str]:
    """Ask who works on each queue; a broker that answered a moment ago may be gone by now."""
    if broker_said != FINE:
        return dict.fromkeys(QUEUES, "unknown: no broker")
    try:
        served = consumed_queues()
    except TROUBLE as problem:
        return dict.fromkeys(QUEUES, f"unknown: {_named(problem)}")
    return {queue: FINE if queue in served else _missing(queue) for queue in QUEUES}


def consumed_queues() -> set[str]:
    """The queues somebody works on: usually two workers answer at once, else all have a second."""
    queues: set[str] = set()
    for limit in (2, None):
        answers = app.control.inspect(timeout=1, limit=limit).active_queues() or {}
        queues |= {queue["name"] for worker in answers.values() for queue in worker}
        if set(QUEUES) <= queues:
            break
    return queues


def _missing(queue: str) -> str:
    return f"no worker answers: start `celery -A console worker -Q {queue}`"


def _answer(check: Callable[[], str]) -> str:
    try:
        return check()
    except TROUBLE as problem:
        return _named(problem)


def _named(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"
