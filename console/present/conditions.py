"""The conditions of a stage: each with its rules, what it says, and who may override it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.present.revisions import first_line
from console.present.statuses import CONDITION, NOT_STARTED, StatusWords, action_words
from pipelines import conditions
from pipelines.core.arns import user_of
from pipelines.core.rule_types import RULE_TYPES, rule_type_id
from pipelines.core.statuses import ActionStatus, ConditionKind, ConditionStatus, StageResult
from pipelines.models import ConditionExecution

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.plan import ActionPlan, ConditionPlan, StagePlan
    from pipelines.models import ActionExecution, Pipeline, Stage, StageExecution

LABELS = {
    ConditionKind.BEFORE_ENTRY: "Entry condition",
    ConditionKind.ON_SUCCESS: "Success condition",
    ConditionKind.ON_FAILURE: "Failure condition",
}
# What follows, and when: a condition of failure has its result when its rules succeed.
RESULTS = {
    StageResult.FAIL: "Fail the stage",
    StageResult.SKIP: "Skip the stage",
    StageResult.ROLLBACK: "Roll the stage back",
    StageResult.RETRY: "Retry the stage",
}

Checks = dict[int, dict[ConditionKind, ConditionExecution]]  # by stay


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule; without an id it has not been checked."""

    name: str
    provider: str
    words: StatusWords
    message: str = ""
    id: UUID | None = None
    execution_id: UUID | None = None
    opens_at: datetime | None = None  # of a deployment window that is waited for
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    """One condition."""

    key: str  # unique in the page
    kind: ConditionKind
    label: str
    words: StatusWords
    result: str
    rules: tuple[RuleRow, ...]
    execution_id: UUID | None = None
    is_running: bool = False
    is_met: bool = False
    may_override: bool = False
    overridden_by: str = ""

    @property
    def is_checked(self) -> bool:
        return self.execution_id is not None

    @property
    def comes_first(self) -> bool:
        """Whether it is checked before the actions of the stage."""
        return self.kind is ConditionKind.BEFORE_ENTRY


def checks_in(stays: Iterable[StageExecution]) -> Checks:
    """The checks that count in these stays, with their rules; no query where there can be none."""
    guarded = {stay.pk: stay for stay in stays if _is_guarded(stay)}
    found: Checks = {}
    if not guarded:
        return found
    rows = ConditionExecution.objects.latest_in(guarded.values()).prefetch_related("rules")
    for row in rows:
        stay = guarded[row.stage_execution_id]
        row.execution, row.stage_execution = stay.execution, stay
        found.setdefault(stay.pk, {})[ConditionKind(row.kind)] = row
    return found


def _is_guarded(stay: StageExecution) -> bool:
    plan = stay.execution.plan
    return plan.has_stage(stay.stage_name) and bool(plan.stage(stay.stage_name).conditions)


def rules_in(checks: Checks, stay: StageExecution) -> tuple[ActionExecution, ...]:
    return tuple(rule for check in checks.get(stay.pk, {}).values() for rule in check.rules.all())


def condition_rows(
    pipeline: Pipeline,
    stage: Stage | None,
    plan: StagePlan,
    stay: StageExecution | None,
    checks: Checks,
) -> tuple[ConditionRow, ...]:
    """In the order in which they are checked."""
    done = checks.get(stay.pk, {}) if stay else {}
    rows = []
    for kind, declared in plan.conditions.items():
        check = done.get(kind)
        may_override = False
        if stage and stay and check and kind is not ConditionKind.ON_FAILURE:
            may_override = not conditions.refusal(pipeline, stage, stay, check)
        rows.append(_row(plan.name, kind, declared, check, may_override=may_override))
    return tuple(rows)


def _row(
    stage_name: str,
    kind: ConditionKind,
    declared: ConditionPlan,
    check: ConditionExecution | None,
    *,
    may_override: bool,
) -> ConditionRow:
    rules = {rule.action_name: rule for rule in check.rules.all()} if check else {}
    return ConditionRow(
        key=f"condition-{stage_name}-{kind}",
        kind=kind,
        label=LABELS[kind],
        words=CONDITION[ConditionStatus(check.status)] if check else NOT_STARTED,
        result=RESULTS[declared.result or StageResult.FAIL],
        rules=tuple(_rule(plan, rules.get(plan.name)) for plan in declared.rules),
        execution_id=check.execution_id if check else None,
        is_running=check is not None and check.status == ConditionStatus.IN_PROGRESS,
        is_met=check is not None and ConditionStatus(check.status).is_met,
        may_override=may_override,
        overridden_by=user_of(check.overridden_by) if check else "",
    )


def _rule(plan: ActionPlan, rule: ActionExecution | None) -> RuleRow:
    provider = rule_label(plan.type_id.provider)
    if rule is None:
        return RuleRow(name=plan.name, provider=provider, words=NOT_STARTED)
    is_live = rule.status == ActionStatus.IN_PROGRESS
    return RuleRow(
        name=plan.name,
        provider=provider,
        words=action_words(rule.status),
        message=first_line(rule.error_message or rule.summary),
        id=rule.pk,
        execution_id=rule.execution_id,
        opens_at=rule.due_at if is_live else None,
        has_failed=rule.status == ActionStatus.FAILED,
    )


def rule_label(provider: str) -> str:
    """What people call the provider of a rule."""
    known = RULE_TYPES.get(rule_type_id(provider))
    return known.label if known else provider
