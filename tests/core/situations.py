"""Facts to decide on, said in few words."""

from datetime import UTC, datetime
from uuid import UUID

from pipelines.core.advance import settle
from pipelines.core.facts import ActionFacts, ExecutionFacts, PipelineFacts
from pipelines.core.plan import ActionPlan, PipelinePlan, StagePlan
from pipelines.core.statuses import ActionStatus, ExecutionMode, ExecutionStatus
from tests.definitions import COMMANDS

SUPERSEDED, QUEUED, PARALLEL = ExecutionMode
NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)


def planned(*stages):
    """``planned("Build: Compile, Lint, Test/2")``: Test is of run order 2, the others of 1."""
    return PipelinePlan(stages=tuple(planned_stage(text) for text in stages))


def planned_stage(text):
    name, _, actions = text.partition(": ")
    return StagePlan(name=name, actions=tuple(map(planned_action, actions.split(", "))))


def planned_action(text):
    name, _, run_order = text.partition("/")
    return ActionPlan(name=name, type_id=COMMANDS, run_order=int(run_order or 1))


PLAN = planned("Source: Fetch", "Build: Compile, Lint, Test/2", "Deploy: Ship")


def number(n):
    """The id of the n-th execution."""
    return UUID(int=n)


def execution(n=1, *, stop=None, plan=PLAN, actions=(), **where):
    """The n-th execution; it is Stopping when a stop is given.  Usually in SUPERSEDED mode."""
    return ExecutionFacts(
        id=number(n),
        sequence=n,
        plan=plan,
        stop=stop,
        status=ExecutionStatus.STOPPING if stop else ExecutionStatus.IN_PROGRESS,
        actions=tuple(actions),
        **where,
    )


def action(name, status="InProgress", **more):
    return ActionFacts(name=name, status=ActionStatus(status), **more)


def building(n=1, *, stop=None, plan=PLAN, is_outdated=False, mode=SUPERSEDED, **statuses):
    """In stage Build, with these actions: ``building(Compile="Succeeded")``."""
    actions = [action(name, status) for name, status in statuses.items()]
    inside = {"occupies": "Build", "is_outdated": is_outdated, "mode": mode}
    return execution(n, stop=stop, plan=plan, actions=actions, **inside)


def pipeline(*executions, closed=()):
    """A pipeline with these executions, oldest first."""
    return PipelineFacts(executions=executions, closed=frozenset(closed))


def settled(*executions, closed=(), now=NOW):
    """What changes by itself; that it comes to rest is checked on the way."""
    changes, facts = settle(pipeline(*executions, closed=closed), now=now)
    assert settle(facts, now=now) == ([], facts)
    return changes
