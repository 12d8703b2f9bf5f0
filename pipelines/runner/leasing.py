"""Holding the lease of an action execution while its work goes on, unless its end is wanted."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection

from pipelines.models import Lease
from pipelines.runner.ending import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.models import ActionExecution

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds between two looks whether the work is to be ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A lease that is held: who holds it, and whether the work is to be ended meanwhile."""

    action: ActionExecution
    holder: str
    lasting: timedelta
    lost: threading.Event = field(default_factory=threading.Event)  # somebody else gave it up
    unwanted: threading.Event = field(default_factory=threading.Event)  # its end is asked for

    def is_over(self) -> bool:
        return self.lost.is_set() or self.unwanted.is_set()

    def release(self, outcome: str) -> None:
        """The work has ended; `outcome` says how, for those who look at work left behind."""
        Lease.objects.release(self.action, holder=self.holder, outcome=outcome)


@contextmanager
def held(action: ActionExecution) -> Iterator[Hold | None]:
    """The action's lease, renewed until the block ends; None when somebody else has or had it."""
    hold = _hold_of(action)
    if not Lease.objects.take(action, holder=hold.holder, lasting=hold.lasting):
        yield None
        return
    with _renewed(hold):
        yield hold


@contextmanager
def taken_over(action: ActionExecution) -> Iterator[Hold | None]:
    """The same of an ended action whose worker was lost; None when there is nothing to take."""
    hold = _hold_of(action)
    if not Lease.objects.take_over(action.pk, holder=hold.holder, lasting=hold.lasting):
        yield None
        return
    with _renewed(hold):
        yield hold


def _hold_of(action: ActionExecution) -> Hold:
    return Hold(
        action=action,
        holder=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}",
        lasting=timedelta(seconds=settings.PENSTOCK_LEASE_SECONDS),
    )


@contextmanager
def _renewed(hold: Hold) -> Iterator[None]:
    done = threading.Event()
    renewer = threading.Thread(target=_keep_renewing, args=(hold, done), daemon=True)
    renewer.start()
    try:
        yield
    finally:
        done.set()
        renewer.join()


def _keep_renewing(hold: Hold, done: threading.Event) -> None:
    """Renew four times a lease; a database that cannot be reached is not yet a lost lease."""
    renew_every = hold.lasting.total_seconds() / 4
    watch, renew_at = Watch(hold.action), time.monotonic() + renew_every
    try:
        while not done.wait(min(LOOK_EVERY, renew_every)):
            if time.monotonic() >= renew_at:
                renew_at = time.monotonic() + renew_every
                if not _renew(hold):
                    hold.lost.set()
                    return
            if not hold.unwanted.is_set() and _is_end_wanted(watch):
                hold.unwanted.set()
    finally:
        connection.close()


def _is_end_wanted(watch: Watch) -> bool:
    try:
        return watch.is_end_wanted()
    except DatabaseError as problem:
        logger.warning("Nobody could look whether work is to be ended: %s", problem)
        connection.close()
        return False


def _renew(hold: Hold) -> bool:
    try:
        return Lease.objects.renew(hold.action, holder=hold.holder, lasting=hold.lasting)
    except DatabaseError as problem:
        logger.warning("Lease of %s not renewed: %s", hold.action.pk, problem)
        connection.close()
        return True
