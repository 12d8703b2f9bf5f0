"""Conditions and their rules on rows: begun, started, decided, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from pipelines.core.changes import AbandonRule, FailRule, PassRule
from pipelines.core.conditions import opened
from pipelines.core.rules import DEPLOYMENT_WINDOW, VARIABLE_CHECK, NotARule, compare, opens_at
from pipelines.core.statuses import ActionStatus, FailureCode
from pipelines.core.timeouts import timeout_of
from pipelines.engine.preparing import prepare
from pipelines.engine.world import Started
from pipelines.models import ActionExecution, ConditionExecution

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.core.changes import FinishCondition, StartCondition, StartRule
    from pipelines.core.results import ActionResult
    from pipelines.core.statuses import ConditionKind
    from pipelines.engine.world import World

    Which = tuple[UUID, ConditionKind, str]


def start_condition(world: World, change: StartCondition) -> None:
    execution = world.executions[change.execution_id]
    stay = execution.occupied
    if stay is None:
        raise RuntimeError(f"Execution {execution.pk} is in no stage.")
    condition = ConditionExecution.objects.create(
        execution=execution,
        stage_execution=stay,
        kind=change.kind,
        started_at=world.now,
        updated_at=world.now,
    )
    world.conditions[execution.id, change.kind] = condition
    world.touch(execution, updated_at=world.now)


def finish_condition(world: World, change: FinishCondition) -> None:
    condition = world.conditions[change.execution_id, change.kind]
    world.touch(condition, status=change.status, updated_at=world.now)
    world.touch(condition.execution, updated_at=world.now)


def start_rule(world: World, change: StartRule) -> PassRule | FailRule | None:
    """What comes back is the rule's outcome, where it takes nobody's work to know it."""
    condition = world.conditions[change.execution_id, change.kind]
    execution, stay = condition.execution, condition.stage_execution
    plan = condition.plan_of(change.rule)
    rule = ActionExecution(
        execution=execution,
        pipeline=world.pipeline,
        stage_execution=stay,
        stage_name=stay.stage_name,
        action_name=plan.name,
        condition=condition,
        condition_kind=change.kind,
        started_at=world.now,
        updated_at=world.now,
        deadline=world.now + timeout_of(plan.type_id, declared_minutes=plan.timeout_minutes),
    )
    world.add(rule)
    if problem := prepare(rule, plan):
        return _cannot(change, problem)
    try:
        return _begin(world, change, rule)
    except NotARule as problem:
        return _cannot(change, str(problem))


def _begin(world: World, change: StartRule, rule: ActionExecution) -> PassRule | FailRule | None:
    """Raises NotARule."""
    which = (change.execution_id, change.kind, change.rule)
    match rule.type_id.provider:
        case provider if provider == VARIABLE_CHECK and (
            verdict := compare(rule.resolved_configuration)
        ):
            if verdict.succeeds:
                return PassRule(*which, verdict.sentence)
            return FailRule(*which, FailureCode.JOB_FAILED, verdict.sentence)
        case provider if provider == DEPLOYMENT_WINDOW:
            return _wait_for_window(world, which, rule)
        case _:
            world.started.append(
                Started(pipeline_id=world.pipeline.pk, action_id=rule.id, type_id=rule.type_id)
            )
            return None


def _wait_for_window(
    world: World, which: Which, rule: ActionExecution
) -> PassRule | FailRule | None:
    """Raises NotARule."""
    opens = opens_at(rule.resolved_configuration, now=world.now)
    if opens is None:
        return FailRule(*which, FailureCode.JOB_FAILED, "The window does not open again.")
    if opens <= world.now:
        return PassRule(*which, opened(world.now))
    rule.due_at = opens
    return None


def _cannot(change: StartRule, problem: str) -> FailRule:
    code = FailureCode.CONFIGURATION_ERROR
    return FailRule(change.execution_id, change.kind, change.rule, code, problem)


def end_rule(world: World, change: PassRule | FailRule | AbandonRule) -> None:
    rule = world.rules[change.execution_id, change.kind, change.rule]
    match change:
        case PassRule():
            rule.summary = change.summary
            status = ActionStatus.SUCCEEDED
        case FailRule():
            rule.error_code, rule.error_message = change.code, change.message
            status = ActionStatus.FAILED
        case AbandonRule():
            status = ActionStatus.ABANDONED
        case _:
            assert_never(change)
    world.started = [started for started in world.started if started.action_id != rule.id]
    _end(world, rule, status)


def finish_rule(world: World, rule: ActionExecution, result: ActionResult) -> None:
    """A rule's own outcome; it leaves nothing behind but that."""
    rule.external_execution_id = result.external_execution_id
    rule.external_execution_url = result.external_execution_url
    rule.summary = result.summary
    rule.error_code, rule.error_message = result.error_code, result.error_message
    _end(world, rule, result.status)


def _end(world: World, rule: ActionExecution, status: ActionStatus) -> None:
    world.end(rule, status)
    world.touch(rule.execution, updated_at=world.now)
