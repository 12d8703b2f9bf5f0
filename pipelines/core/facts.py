"""What the rules may know about one pipeline: plain immutable values, loaded in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionMode,
    ExecutionStatus,
    ExecutionType,
    StopMode,
)
from pipelines.core.timeouts import HELD_AT_MOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.plan import ActionPlan, PipelinePlan, StagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFacts:
    """The latest execution of one action in the stage that its pipeline execution occupies.

    Of a rule of one of the stage's conditions it is the same.
    """

    name: str
    status: ActionStatus = ActionStatus.IN_PROGRESS
    deadline: datetime | None = None  # when it times out
    is_lost: bool = False  # the lease of whoever does its work has run out
    due_at: datetime | None = None  # of a rule that waits: when it succeeds by itself
    is_error: bool = False  # of a rule: it failed because it could not be evaluated


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionFacts:
    """The latest check of one condition of the occupied stage."""

    kind: ConditionKind
    status: ConditionStatus = ConditionStatus.IN_PROGRESS
    rules: tuple[ActionFacts, ...] = ()
    is_overridden: bool = False  # somebody has asked for that

    @property
    def is_running(self) -> bool:
        return self.status is ConditionStatus.IN_PROGRESS

    @property
    def live_rules(self) -> list[ActionFacts]:
        return [rule for rule in self.rules if rule.status is ActionStatus.IN_PROGRESS]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFacts:
    """One unfinished pipeline execution: it occupies a stage, or waits in front of one."""

    id: UUID
    sequence: int  # the order of starting
    plan: PipelinePlan
    mode: ExecutionMode = ExecutionMode.SUPERSEDED  # the pipeline's when it started
    status: ExecutionStatus = ExecutionStatus.IN_PROGRESS
    stop: StopMode | None = None
    occupies: str | None = None
    waits_for: str | None = None
    held_for: timedelta = timedelta()  # how long a disabled transition held it up where it waits
    actions: tuple[ActionFacts, ...] = ()  # those of the occupied stage that have started
    is_outdated: bool = False  # the pipeline was updated since it started
    type: ExecutionType = ExecutionType.STANDARD
    auto_retries: int = 0  # how often the occupied stage was retried by itself
    conditions: tuple[ConditionFacts, ...] = ()  # those of the occupied stage that were checked

    @property
    def may_enter(self) -> bool:
        """Whether it is a candidate for the stage in front of which it waits."""
        return (
            self.status is ExecutionStatus.IN_PROGRESS
            and self.waits_for is not None
            and not self.is_cancelled
            and not self.is_held_too_long
        )

    @property
    def is_held_too_long(self) -> bool:
        """Whether it is not resumed any more, even if the transition is enabled by now."""
        return self.waits_for is not None and self.held_for > HELD_AT_MOST

    @property
    def takes_locks(self) -> bool:
        """Whether it has a stage for itself while it is inside, and waits for those of others."""
        return self.mode.takes_locks

    @property
    def is_cancelled(self) -> bool:
        """Whether an update of the pipeline ends it; a parallel one goes on as it began."""
        return self.is_outdated and self.takes_locks

    @property
    def stage(self) -> StagePlan | None:
        """The declaration of the occupied stage."""
        return self.plan.stage(self.occupies) if self.occupies else None

    @property
    def is_rollback(self) -> bool:
        """Whether it runs one stage again as an earlier execution left it, and then ends."""
        return self.type is ExecutionType.ROLLBACK

    def condition(self, kind: ConditionKind) -> ConditionFacts | None:
        return next((each for each in self.conditions if each.kind is kind), None)

    @property
    def running_condition(self) -> ConditionFacts | None:
        """The one that is being checked; there is never more than one."""
        return next((each for each in self.conditions if each.is_running), None)

    @property
    def waits_for_something(self) -> bool:
        """Whether an action in the occupied stage is live, or a rule that is not overridden."""
        running = self.running_condition
        rules = running.live_rules if running and not running.is_overridden else []
        return bool(self.live_actions or rules)

    def is_rollback_target_of(self, stage: str) -> bool:
        """Whether its success in the stage is what the stage may be rolled back to by itself."""
        may_roll_back = self.plan.stage(stage).may_roll_back
        return may_roll_back and not self.is_rollback and not self.is_outdated

    def actions_that_are(self, status: ActionStatus) -> list[ActionFacts]:
        return [action for action in self.actions if action.status is status]

    @property
    def live_actions(self) -> list[ActionFacts]:
        return self.actions_that_are(ActionStatus.IN_PROGRESS)

    @property
    def unstarted_actions(self) -> list[ActionPlan]:
        """The actions of the occupied stage that have not started, in run order."""
        if self.occupies is None:
            return []
        started = {action.name for action in self.actions}
        planned = self.plan.stage(self.occupies).actions
        return sorted(
            (action for action in planned if action.name not in started),
            key=lambda action: action.run_order,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineFacts:
    """One pipeline: its unfinished executions, oldest first, and which ways in are disabled.

    A parallel execution has to do with none of the others, so it may be alone in this.
    """

    executions: tuple[ExecutionFacts, ...]
    closed: frozenset[str] = frozenset()  # stages that cannot be entered: a transition is disabled
    last_sequence: int = 0  # of all executions there ever were
    # Of the stages that may be rolled back by themselves: who succeeded there last, in the current
    # version, and not as a rollback.
    last_successes: Mapping[str, UUID] = field(default_factory=dict)

    def execution(self, execution_id: UUID) -> ExecutionFacts | None:
        return next((e for e in self.executions if e.id == execution_id), None)

    @property
    def locked(self) -> frozenset[str]:
        """The stages whose lock somebody holds."""
        return frozenset(e.occupies for e in self.executions if e.occupies and e.takes_locks)

    @property
    def candidates(self) -> dict[str, list[ExecutionFacts]]:
        """Who waits in front of a stage and may enter it, oldest first, by stage."""
        found: dict[str, list[ExecutionFacts]] = {}
        for execution in self.executions:
            if execution.waits_for and execution.may_enter:
                found.setdefault(execution.waits_for, []).append(execution)
        return found
