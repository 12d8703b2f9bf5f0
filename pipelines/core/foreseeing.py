"""What a stop would do, told before it is asked for: the same rules, on facts that are supposed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.core.advance import settle
from pipelines.core.changes import EnterStage
from pipelines.core.entering import first_in_line
from pipelines.core.statuses import ActionStatus, ExecutionStatus, StopMode

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.facts import ConditionFacts, ExecutionFacts, PipelineFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionForecast:
    """One action of the occupied stage: what it is, and what it will be."""

    name: str
    now: ActionStatus | None  # None: it has not started
    then: ActionStatus | None  # None: it never will; InProgress: it runs to its own end


@dataclass(frozen=True, slots=True, kw_only=True)
class StopForecast:
    """What stopping one execution in one mode does."""

    mode: StopMode
    stage: str | None  # the occupied one
    waits_for: str | None
    actions: tuple[ActionForecast, ...]
    stages_not_reached: tuple[str, ...]
    actions_not_reached: int  # in those stages
    rules: tuple[str, ...]  # of the condition that is being checked: those that run
    enters_next: UUID | None  # who takes the stage when it unlocks, if the way in stays as it is
    waits_in_front: UUID | None  # who would be kept out by a disabled transition

    @property
    def live(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.actions if a.now is ActionStatus.IN_PROGRESS)

    @property
    def never_start(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.actions if a.now is None)


def foresee_stop(
    pipeline: PipelineFacts, execution: ExecutionFacts, *, mode: StopMode, now: datetime
) -> StopForecast:
    """Suppose the stop, suppose the actions that are waited for succeed, and let the rules run."""
    stage = execution.occupies
    changes, _ = settle(_supposing(pipeline, execution, mode=mode), now=now)
    behind_it = _in_line_behind(pipeline, execution)
    entrants = [c.execution_id for c in changes if isinstance(c, EnterStage) and c.stage == stage]
    behind = _stages_behind(execution)
    return StopForecast(
        mode=mode,
        stage=stage,
        waits_for=execution.waits_for,
        actions=_forecast_actions(execution, mode=mode),
        rules=_live_rules(execution),
        stages_not_reached=tuple(name for name, _ in behind),
        actions_not_reached=sum(actions for _, actions in behind),
        enters_next=entrants[0] if entrants and execution.takes_locks else None,
        waits_in_front=first_in_line(behind_it).id if behind_it else None,
    )


def _in_line_behind(pipeline: PipelineFacts, execution: ExecutionFacts) -> list[ExecutionFacts]:
    """Who waits for the lock that the execution holds."""
    if execution.occupies is None or not execution.takes_locks:
        return []
    waiting = pipeline.candidates.get(execution.occupies, [])
    return [each for each in waiting if each.takes_locks]


def _supposing(
    pipeline: PipelineFacts, execution: ExecutionFacts, *, mode: StopMode
) -> PipelineFacts:
    actions = execution.actions
    if mode is StopMode.WAIT:
        actions = tuple(
            replace(action, status=ActionStatus.SUCCEEDED)
            if action.status is ActionStatus.IN_PROGRESS
            else action
            for action in actions
        )
    conditions = execution.conditions
    if mode is StopMode.WAIT:
        conditions = tuple(_with_rules_done(condition) for condition in conditions)
    stopped = replace(
        execution,
        status=ExecutionStatus.STOPPING,
        stop=mode,
        actions=actions,
        conditions=conditions,
    )
    return replace(
        pipeline,
        executions=tuple(stopped if e.id == execution.id else e for e in pipeline.executions),
    )


def _with_rules_done(condition: ConditionFacts) -> ConditionFacts:
    done = (
        replace(rule, status=ActionStatus.SUCCEEDED) if rule in condition.live_rules else rule
        for rule in condition.rules
    )
    return replace(condition, rules=tuple(done))


def _live_rules(execution: ExecutionFacts) -> tuple[str, ...]:
    condition = execution.running_condition
    return tuple(rule.name for rule in condition.live_rules) if condition else ()


def _forecast_actions(execution: ExecutionFacts, *, mode: StopMode) -> tuple[ActionForecast, ...]:
    live = ActionStatus.ABANDONED if mode is StopMode.ABANDON else ActionStatus.IN_PROGRESS
    started = {
        action.name: ActionForecast(
            name=action.name,
            now=action.status,
            then=live if action.status is ActionStatus.IN_PROGRESS else action.status,
        )
        for action in execution.actions
    }
    if execution.occupies is None:
        return ()
    planned = sorted(
        execution.plan.stage(execution.occupies).actions, key=lambda action: action.run_order
    )
    return tuple(
        started.get(action.name, ActionForecast(name=action.name, now=None, then=None))
        for action in planned
    )


def _stages_behind(execution: ExecutionFacts) -> list[tuple[str, int]]:
    """The stages that the execution has not entered and now never will: (name, actions)."""
    if execution.is_rollback:
        return []
    if execution.occupies is not None:
        stages = execution.plan.from_stage(execution.occupies)[1:]
    elif execution.waits_for is not None:
        stages = execution.plan.from_stage(execution.waits_for)
    else:
        stages = ()
    return [(stage.name, len(stage.actions)) for stage in stages]
