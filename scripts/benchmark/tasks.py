"""What the workers of a run know beyond Penstock's own tasks."""

from __future__ import annotations

import os
import time
from functools import partial

import redis
from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from benchmark import noop
from benchmark.minimal import Run, Step

noop.register_all()

DONE = "benchmark:done"  # a list in the broker that those who wait read from


@shared_task
def nothing() -> None:
    """One link of the bare chain."""


@shared_task
def tell() -> None:
    """The last link: say that the chain has ended, and when."""
    client().rpush(DONE, time.time())


@shared_task
def step(run_id: int, number: int) -> None:
    """One step of the minimal engine."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        now = timezone.now()
        marked = Step.objects.filter(run=run, number=number, status="InProgress")
        if not marked.update(status="Succeeded", result={"summary": ""}, ended_at=now):
            return
        following = Step.objects.filter(run=run, number=number + 1)
        if following.update(status="InProgress", started_at=now):
            transaction.on_commit(partial(step.delay, run_id, number + 1))
        else:
            Run.objects.filter(pk=run_id).update(ended_at=now)


def client() -> redis.Redis:
    """The broker, asked directly; each process keeps one client."""
    if os.getpid() not in _CLIENTS:
        _CLIENTS[os.getpid()] = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
    return _CLIENTS[os.getpid()]


_CLIENTS: dict[int, redis.Redis] = {}
