"""Holding the lease of an action execution while its work goes on."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection

from pipelines.models import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.models import ActionExecution

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A lease that is held: who holds it, and whether it has been lost meanwhile."""

    action: ActionExecution
    holder: str
    lasting: timedelta
    lost: threading.Event = field(default_factory=threading.Event)

    def release(self, outcome: str) -> None:
        """The work has ended; `outcome` says how, for those who look at work left behind."""
        Lease.objects.release(self.action, holder=self.holder, outcome=outcome)


@contextmanager
def held(action: ActionExecution) -> Iterator[Hold | None]:
    """The action's lease, renewed until the block ends; None when somebody else has or had it."""
    hold = Hold(
        action=action,
        holder=f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}",
        lasting=timedelta(seconds=settings.PENSTOCK_LEASE_SECONDS),
    )
    if not Lease.objects.take(action, holder=hold.holder, lasting=hold.lasting):
        yield None
        return
    done = threading.Event()
    renewer = threading.Thread(target=_keep_renewing, args=(hold, done), daemon=True)
    renewer.start()
    try:
        yield hold
    finally:
        done.set()
        renewer.join()


def _keep_renewing(hold: Hold, done: threading.Event) -> None:
    """Renew four times a lease; a database that cannot be reached is not yet a lost lease."""
    try:
        while not done.wait(hold.lasting.total_seconds() / 4):
            if not _renew(hold):
                hold.lost.set()
                return
    finally:
        connection.close()


def _renew(hold: Hold) -> bool:
    try:
        return Lease.objects.renew(hold.action, holder=hold.holder, lasting=hold.lasting)
    except DatabaseError as problem:
        logger.warning("Lease of %s not renewed: %s", hold.action.pk, problem)
        connection.close()
        return True
