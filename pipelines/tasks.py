"""Celery's way in: a task makes one call and decides nothing.

Messages are nudges.  Losing one, getting it twice or getting it late is harmless: the engine acts
on what is stored, an action's work is begun by whoever takes its one lease, and the sweep says
again what nobody seems to have heard.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from pipelines import engine, notifying, outbox, retention, runner, sweeping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.engine import Started

logger = logging.getLogger(__name__)


def wake(pipeline_id: int, alone: UUID | None = None) -> None:
    """Have the engine look at this pipeline as soon as what was just written is committed.

    `alone` is the id of a parallel execution: then at that one only (`engine.run`).
    """
    transaction.on_commit(partial(_send, advance, *_about(pipeline_id, alone)), robust=True)


def hurry(pipeline_id: int, alone: UUID | None = None) -> None:
    """The same for a stop, which waits for no other pipeline's decisions."""
    transaction.on_commit(partial(_send, carry_out_stop, *_about(pipeline_id, alone)), robust=True)


def tell(target_id: int) -> None:
    """Have a target told of the events that are due, as soon as what was written is committed."""
    transaction.on_commit(partial(_send, deliver_events, target_id), robust=True)


@shared_task
def advance(pipeline_id: int, alone: str = "") -> None:
    """Bring a pipeline, or one parallel execution, as far forward as it can go."""
    _carry_on(engine.run(pipeline_id, UUID(alone) if alone else None, at_once=runner.at_once))


@shared_task
def carry_out_stop(pipeline_id: int, alone: str = "") -> None:
    """The same as `advance`, from a queue of its own."""
    _carry_on(engine.run(pipeline_id, UUID(alone) if alone else None, at_once=runner.at_once))


@shared_task
def perform(pipeline_id: int, action_id: str) -> None:
    """Do the work of one action execution, unless somebody did or does."""
    _carry_on(runner.perform(pipeline_id, UUID(action_id)))


@shared_task
def perform_at_once(pipeline_id: int, action_id: str) -> None:
    """The same for work that takes no time: it does not queue behind work that does."""
    _carry_on(runner.perform(pipeline_id, UUID(action_id)))


@shared_task
def clear_up(action_id: str) -> None:
    """After abandoned work whose worker was lost."""
    runner.clear_up(UUID(action_id))


@shared_task
def deliver_events(target_id: int) -> None:
    """Send a target the events that are due, unless somebody does."""
    if outbox.deliver(target_id):
        _send(deliver_events, target_id)


@shared_task
def spread_events() -> None:
    """Find out who is to be told of what changed, and have them told."""
    for target_id in outbox.spread():
        _send(deliver_events, target_id)


@shared_task
def clean() -> None:
    """Delete what is kept for a time only."""
    outbox.clean()
    retention.clean()


@shared_task
def invoke_again(job_id: str) -> None:
    """Invoke a function again, as its continuation token asks."""
    _carry_on(runner.invoke_again(UUID(job_id)))


@shared_task
def notify(notification_id: str) -> None:
    """Make an attempt to tell those who may approve."""
    notifying.deliver(UUID(notification_id))


@shared_task
def sweep() -> None:
    """Say again what nobody seems to have heard."""
    for pipeline_id, alone in sweeping.to_wake():
        _send(advance, *_about(pipeline_id, alone))
    for started in sweeping.actions_to_dispatch():
        _send(perform, started.pipeline_id, str(started.action_id))
    sweeping.requeue_unacknowledged_jobs()
    for action_id in sweeping.work_to_clear_up():
        _send(clear_up, str(action_id))
    sweeping.forget_what_never_arrived()
    spread_events()
    for job_id in sweeping.jobs_to_invoke():
        _send(invoke_again, str(job_id))
    for job_id in sweeping.silent_jobs():
        _carry_on(runner.give_up_silent(job_id))
    for notification_id in notifying.due():
        _send(notify, str(notification_id))


def _about(pipeline_id: int, alone: UUID | None) -> tuple[object, ...]:
    """What a message says of it."""
    return (pipeline_id, str(alone)) if alone else (pipeline_id,)


def _carry_on(started: Iterable[Started]) -> None:
    """Hand the started actions to the workers, and what happened to those who want to know."""
    for action in started:
        task = perform_at_once if runner.is_done_at_once(action.type_id) else perform
        _send(task, action.pipeline_id, str(action.action_id))
    if outbox.has_targets():
        _send(spread_events)


def _send(task: Any, *arguments: object) -> None:
    """A nudge that cannot be sent is not an error: the broker is back before the sweep is over."""
    try:
        task.apply_async(arguments)
    except OperationalError as problem:
        logger.warning("The broker did not take %s%s: %s", task.name, arguments, problem)
