"""Conditions of stages: when they are checked, how their rules decide them, and who overrides them.

The AWS page is "Configure conditions for a stage"; the rules are spec/engine.md §11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.core.changes import (
    AbandonRule,
    Change,
    FinishCondition,
    PassRule,
    StartCondition,
    StartRule,
)
from pipelines.core.refusals import ConditionNotOverridable, NotLatestExecution
from pipelines.core.statuses import (
    ActionStatus,
    ConditionStatus,
    ExecutionMode,
    StageResult,
    StageStatus,
)

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.core.facts import ConditionFacts, ExecutionFacts
    from pipelines.core.statuses import ConditionKind

OVERRIDABLE = frozenset(
    {ConditionStatus.IN_PROGRESS, ConditionStatus.FAILED, ConditionStatus.ERRORED}
)


def check(execution: ExecutionFacts, kind: ConditionKind) -> list[Change] | None:
    """What brings the condition forward, which may be to wait; None once there is no question.

    A rollback is not held up by conditions: it brings back what has passed them.
    """
    stage = execution.stage
    if stage is None or execution.is_rollback or kind not in stage.conditions:
        return None
    condition = execution.condition(kind)
    if condition is None:
        rules = (StartRule(execution.id, kind, rule.name) for rule in stage.conditions[kind].rules)
        return [StartCondition(execution.id, kind), *rules]
    if not condition.is_running:
        return None
    if condition.live_rules and not condition.is_overridden:
        return []
    return close(execution, condition)


def is_met(execution: ExecutionFacts, kind: ConditionKind) -> bool:
    """Whether the stage goes on, once `check` has nothing more to do."""
    condition = execution.condition(kind)
    return condition is None or condition.status.is_met


def close(
    execution: ExecutionFacts,
    condition: ConditionFacts,
    status: ConditionStatus | None = None,
) -> list[Change]:
    """End the check as its rules say or, once nobody waits for these any more, with a status."""
    if status is None:
        status = decided(condition)
    abandoned = (
        AbandonRule(execution.id, condition.kind, rule.name) for rule in condition.live_rules
    )
    return [*abandoned, FinishCondition(execution.id, condition.kind, status)]


def decided(condition: ConditionFacts) -> ConditionStatus:
    """What the rules make of it: it succeeds only when all of them do."""
    if condition.is_overridden:
        return ConditionStatus.OVERRIDDEN
    if any(rule.is_error for rule in condition.rules):
        return ConditionStatus.ERRORED
    if all(rule.status is ActionStatus.SUCCEEDED for rule in condition.rules):
        return ConditionStatus.SUCCEEDED
    return ConditionStatus.FAILED


def let_pass(execution: ExecutionFacts, *, now: datetime) -> list[Change]:
    """The rules that had only to wait for this moment."""
    condition = execution.running_condition
    if condition is None:
        return []
    return [
        PassRule(execution.id, condition.kind, rule.name, opened(rule.due_at))
        for rule in condition.live_rules
        if rule.due_at and rule.due_at <= min(now, rule.deadline or now)
    ]


def opened(at: datetime) -> str:
    """What is said of a deployment window that was waited for."""
    return f"The deployment window opened at {at:%Y-%m-%d %H:%M} UTC."


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideFacts:
    """What the rule needs to know of one execution's stay in one stage."""

    stage_status: StageStatus | None  # None: the execution never entered the stage
    is_latest: bool  # no other execution has entered the stage since
    is_outdated: bool  # the pipeline was updated since the execution started
    status: ConditionStatus | None  # None: the condition has not been checked
    result: StageResult | None
    is_overridden: bool = False  # somebody has asked for that
    mode: ExecutionMode = ExecutionMode.SUPERSEDED  # the execution's

    @property
    def is_too_old(self) -> bool:
        """A parallel execution goes on as it began, but once it failed it is as any other."""
        goes_on = not self.mode.takes_locks and self.stage_status is not StageStatus.FAILED
        return self.is_outdated and not goes_on


def check_override(stage: OverrideFacts) -> None:
    """Raises NotLatestExecution or ConditionNotOverridable."""
    if stage.stage_status is None or not stage.is_latest:
        raise NotLatestExecution(
            "The execution is not the latest one that entered the stage, so its condition cannot be"
            " overridden."
        )
    if why := _why_not(stage):
        raise ConditionNotOverridable(f"The condition cannot be overridden: {why}.")


def _why_not(stage: OverrideFacts) -> str:
    if stage.status not in OVERRIDABLE:
        return f"its status is {stage.status}" if stage.status else "it has not been checked"
    if stage.is_overridden:
        return "it is overridden already"
    if stage.result is StageResult.SKIP:
        return "its result is to skip the stage"
    if stage.is_too_old:
        return "the pipeline was changed after the execution started"
    if stage.stage_status not in {StageStatus.IN_PROGRESS, StageStatus.FAILED}:
        return f"the status of the stage is {stage.stage_status}"
    return ""
