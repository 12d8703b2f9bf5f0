"""The imperative shell: lock a pipeline, load the facts, ask the core, make the changes.

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
from pipelines.core.entering import ModeNotAvailable
from pipelines.engine.making import finish_action, make
from pipelines.engine.rollbacks import Rollback, begin_rollback
from pipelines.engine.world import Started, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pipelines.core.results import ActionResult
    from pipelines.models import ActionExecution

    AtOnce = Callable[[ActionExecution], ActionResult | None]

AT_ONCE = 8  # rounds of work that is done in one transaction

__all__ = [
    "Finished",
    "ModeNotAvailable",
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


@transaction.atomic
def run(pipeline_id: int, *, at_once: AtOnce = nothing_at_once) -> tuple[Started, ...]:
    """Bring a pipeline as far forward as it can go; return the actions to start.

    `at_once` does the work of an action that takes no time and has no effects, in the same
    transaction; None: somebody else is to do it.

    A pipeline that was deleted meanwhile is not an error: there is nothing to do.
    """
    world = World.load_locked(pipeline_id)
    return _settle(world, at_once) if world else ()


@transaction.atomic
def finish(
    pipeline_id: int,
    action_id: UUID,
    result: ActionResult,
    *,
    at_once: AtOnce = nothing_at_once,
) -> Finished:
    """Store how an action ended and go on from there.

    A result for an action that is not InProgress (abandoned, timed out, finished before), or that
    somebody has asked to abandon, changes nothing at all.
    """
    world = World.load_locked(pipeline_id)
    if world is None or not finish_action(world, action_id, result):
        return Finished(counted=False)
    return Finished(counted=True, started=_settle(world, at_once))


@transaction.atomic
def record(pipeline_id: int, action_id: UUID, result: ActionResult) -> bool:
    """Store how an action ended and leave the rest to the next `run`.  False: it was not live."""
    world = World.load_locked(pipeline_id)
    if world is None or not finish_action(world, action_id, result):
        return False
    world.save()
    return True


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
        for change in changes:
            facts = after(facts, change)
            if problem := make(world, change):
                facts = after(facts, problem)
                make(world, problem)


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
