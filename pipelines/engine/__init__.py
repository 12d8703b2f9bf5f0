"""The imperative shell: take the lock, load the facts, ask the core, make the changes.

Everything here may be called at any time and any number of times: it acts on what is stored, not
on what it was called for.  Who calls it must start the actions that it returns, and may forget to:
the sweep does so then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from pipelines.core.advance import advance
from pipelines.core.changes import after
from pipelines.engine.making import finish_action, make
from pipelines.engine.rollbacks import Rollback, begin_rollback
from pipelines.engine.world import Started, World
from pipelines.models import PipelineExecution

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pipelines.core.changes import Change
    from pipelines.core.results import ActionResult
    from pipelines.models import ActionExecution

    AtOnce = Callable[[ActionExecution], ActionResult | None]

AT_ONCE = 8  # rounds of work that is done in one transaction

__all__ = [
    "Finished",
    "Rollback",
    "Started",
    "World",
    "begin_rollback",
    "finish",
    "record",
    "run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a result: it counted, or it came for an action that was live no more."""

    counted: bool
    started: tuple[Started, ...] = ()


def nothing_at_once(_: ActionExecution) -> None:
    """No action is done by the engine's own process."""


def run(
    pipeline_id: int, alone: UUID | None = None, *, at_once: AtOnce = nothing_at_once
) -> tuple[Started, ...]:
    """Bring a pipeline as far forward as it can go; return the actions to start.

    `alone` is the id of a parallel execution: then it is about no other.  Without, it is about all
    that take the locks of stages together, and then about each of the parallel ones.

    `at_once` does the work of an action that takes no time and has no effects, in the same
    transaction; None: somebody else is to do it.

    A pipeline that was deleted meanwhile is not an error: there is nothing to do.
    """
    if alone:
        return _run(pipeline_id, alone, at_once)
    started = _run(pipeline_id, None, at_once)
    for each in _parallel(pipeline_id):
        started += _run(pipeline_id, each, at_once)
    return started


def _parallel(pipeline_id: int) -> list[UUID]:
    unfinished = PipelineExecution.objects.unfinished().parallel()
    return list(unfinished.filter(pipeline_id=pipeline_id).values_list("pk", flat=True))


@transaction.atomic
def _run(pipeline_id: int, alone: UUID | None, at_once: AtOnce) -> tuple[Started, ...]:
    world = World.load_locked(pipeline_id, alone)
    return _settle(world, at_once) if world else ()


@transaction.atomic
def finish(
    action: ActionExecution, result: ActionResult, *, at_once: AtOnce = nothing_at_once
) -> Finished:
    """Store how an action ended and go on from there.

    A result for an action that is not InProgress (abandoned, timed out, finished before), or that
    somebody has asked to abandon, changes nothing at all.
    """
    world = _world_of(action)
    if world is None or not finish_action(world, action.pk, result):
        return Finished(counted=False)
    return Finished(counted=True, started=_settle(world, at_once))


@transaction.atomic
def record(action: ActionExecution, result: ActionResult) -> bool:
    """Store how an action ended and leave the rest to the next `run`.  False: it was not live."""
    world = _world_of(action)
    if world is None or not finish_action(world, action.pk, result):
        return False
    world.save()
    return True


def _world_of(action: ActionExecution) -> World | None:
    """What the row says may be old; only which lock it is about never changes."""
    try:
        return World.load_locked(action.pipeline_id, action.execution.alone)
    except PipelineExecution.DoesNotExist:
        return None


def _settle(world: World, at_once: AtOnce) -> tuple[Started, ...]:
    """Decide, do what can be done at once, decide again; a few times, then let others have a turn.

    A stop is accepted between two transactions, so these may not grow without bound.
    """
    world.now = timezone.now()
    for _ in range(AT_ONCE):
        _advance(world)
        if not _finish_at_once(world, at_once):
            break
    else:
        _advance(world)
    world.save()
    return tuple(world.started)


def _advance(world: World) -> None:
    """Rows and facts go forward side by side until the rules ask for nothing more."""
    facts = world.facts()
    while changes := advance(facts, now=world.now):
        made: list[Change] = []
        for change in changes:
            made.append(change)
            if problem := make(world, change):
                made.append(problem)
                make(world, problem)
        facts = after(facts, made)


def _finish_at_once(world: World, at_once: AtOnce) -> bool:
    """Finish the started actions that need nobody else; whether there were any."""
    waiting, world.started = world.started, []
    for started in waiting:
        action = world.live_action(started.action_id)
        result = at_once(action) if action else None
        if result is None:
            world.started.append(started)
        else:
            world.now = timezone.now()
            finish_action(world, started.action_id, result)
    return len(world.started) < len(waiting)
