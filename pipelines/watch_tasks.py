"""Celery's way in to change detection, which may start executions: so it stands above those."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from kombu.exceptions import OperationalError

from pipelines import watching

logger = logging.getLogger(__name__)


@shared_task
def watch() -> None:
    """Have the sources looked at whose turn it is."""
    for source_id in watching.claim():
        _send(source_id)


@shared_task
def look(source_id: int) -> None:
    """Look at one source, and have the next ones looked at."""
    watching.look(source_id)
    watch()


def _send(source_id: int) -> None:
    """Nobody looks once the claim is over: the source is somebody else's by then."""
    try:
        look.apply_async((source_id,), expires=watching.CLAIMED / timedelta(seconds=1))
    except OperationalError as problem:
        logger.warning("The broker did not take a look at source %s: %s", source_id, problem)
