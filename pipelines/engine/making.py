"""Each change that the rules ask for, made on the rows, with the event that tells of it."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, assert_never

from django.db import transaction

from pipelines.core.action_types import Category
from pipelines.core.changes import (
    AbandonAction,
    AbandonRule,
    Change,
    EnterStage,
    FailAction,
    FailRule,
    FinishCondition,
    FinishExecution,
    LeaveStage,
    PassRule,
    RetryStage,
    RollBack,
    StartAction,
    StartCondition,
    StartRule,
    WaitFor,
)
from pipelines.core.statuses import ActionStatus, FailureCode, JobStatus, RetryTrigger, StageStatus
from pipelines.core.timeouts import timeout_of
from pipelines.engine.conditions import (
    end_rule,
    finish_condition,
    finish_rule,
    start_condition,
    start_rule,
)
from pipelines.engine.jobs import close_job, is_offered, open_job
from pipelines.engine.preparing import prepare
from pipelines.engine.rollbacks import Rollback, begin_rollback
from pipelines.engine.world import Started
from pipelines.models import (
    ActionExecution,
    ApprovalNotification,
    PipelineExecution,
    Stage,
    StageExecution,
    UsedRevision,
)
from pipelines.models.events import (
    RESUMED,
    STARTED,
    action_event,
    pipeline_event,
    stage_event,
    state_of,
)

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.core.results import ActionResult, SourceRevision
    from pipelines.engine.world import World


AUTOMATED_ROLLBACK = "AutomatedRollback"
FollowUp = FailAction | FailRule | PassRule


def make(  # noqa: C901, PLR0912 - one for each kind of change
    world: World, change: Change
) -> FollowUp | None:
    """Make one change.  What comes back is the change that has to follow it at once, if any."""
    match change:
        case StartAction():
            return _start_action(world, change)
        case FailAction():
            _fail_action(world, change)
        case AbandonAction():
            _abandon_action(world, change)
        case EnterStage():
            _enter_stage(world, change)
        case LeaveStage():
            _leave_stage(world, change)
        case WaitFor():
            _wait_for(world, change)
        case FinishExecution():
            _finish_execution(world, change)
        case RetryStage():
            _retry_stage(world, change)
        case RollBack():
            _roll_back(world, change)
        case StartCondition():
            start_condition(world, change)
        case FinishCondition():
            finish_condition(world, change)
        case StartRule():
            return start_rule(world, change)
        case PassRule() | FailRule() | AbandonRule():
            end_rule(world, change)
        case _:
            assert_never(change)
    return None


def finish_action(world: World, action_id: UUID, result: ActionResult) -> bool:
    """An action's own outcome.  False, and nothing changed, unless it was still waited for."""
    action = world.live_action(action_id)
    if action is None:
        return False
    if action.is_rule:
        finish_rule(world, action, result)
        return True
    action.output_artifacts = dict(result.artifacts)
    action.output_variables = dict(result.output_variables)
    action.external_execution_id = result.external_execution_id or action.external_execution_id
    action.external_execution_url = result.external_execution_url
    action.summary, action.updated_by = result.summary, result.by
    action.percent_complete = result.percent_complete
    action.error_code, action.error_message = result.error_code, result.error_message
    close_job(world, action, JobStatus(result.status))
    _end_action(world, action, result.status)
    if result.status is ActionStatus.SUCCEEDED:
        _keep_what_it_made(world, action, result)
        _learn_duration(world, action)
    return True


def _start_action(world: World, change: StartAction) -> FailAction | None:
    execution = world.executions[change.execution_id]
    stay = _occupied(execution)
    plan = execution.plan.stage(stay.stage_name).action(change.action)
    is_approval = plan.type_id.category == Category.APPROVAL
    action = ActionExecution(
        execution=execution,
        pipeline=world.pipeline,
        stage_execution=stay,
        stage_name=stay.stage_name,
        action_name=plan.name,
        started_at=world.now,
        updated_at=world.now,
        deadline=world.now + timeout_of(plan.type_id, declared_minutes=plan.timeout_minutes),
        token=str(uuid.uuid4()) if is_approval else "",
    )
    action.external_execution_id = action.token
    world.add(action)
    world.touch(execution, updated_at=world.now)
    _tell_of_action(world, action, STARTED)
    if problem := prepare(action, plan):
        return FailAction(execution.id, plan.name, FailureCode.CONFIGURATION_ERROR, problem)
    if is_approval:
        if arn := action.resolved_configuration.get("NotificationArn"):
            world.notifications.append(ApprovalNotification(action=action, topic_arn=arn))
        return None
    if is_offered(plan.type_id):
        return _offer(world, change, action)
    world.started.append(
        Started(pipeline_id=world.pipeline.pk, action_id=action.id, type_id=plan.type_id)
    )
    return None


def _offer(world: World, change: StartAction, action: ActionExecution) -> FailAction | None:
    """Let job workers have it."""
    if problem := open_job(world, action):
        code = FailureCode.CONFIGURATION_ERROR
        return FailAction(change.execution_id, change.action, code, problem)
    return None


def _fail_action(world: World, change: FailAction) -> None:
    action = world.actions[change.execution_id, change.action]
    action.error_code, action.error_message = change.code, change.message
    world.started = [started for started in world.started if started.action_id != action.id]
    close_job(world, action, JobStatus.TIMED_OUT)  # why else would a job's action be given up
    _end_action(world, action, ActionStatus.FAILED)


def _abandon_action(world: World, change: AbandonAction) -> None:
    action = world.actions[change.execution_id, change.action]
    close_job(world, action, JobStatus.FAILED)
    _end_action(world, action, ActionStatus.ABANDONED)


def _end_action(world: World, action: ActionExecution, status: ActionStatus) -> None:
    world.end(action, status)
    world.touch(action.execution, updated_at=world.now)
    _tell_of_action(world, action, state_of(status))


def _keep_what_it_made(world: World, action: ActionExecution, result: ActionResult) -> None:
    """Artifacts and variables are the execution's: what a retry makes again replaces them."""
    execution, plan = action.execution, action.plan
    made: dict[str, object] = {}
    if result.artifacts:
        made["artifacts"] = {**execution.artifacts, **result.artifacts}
    if plan.namespace:
        made["variables"] = {**execution.variables, plan.namespace: dict(result.output_variables)}
    if result.revision:
        made["source_revisions"] = _with_revision(action, result.revision)
    if made:
        world.touch(execution, **made)
    if result.revision:
        UsedRevision.objects.note(execution, plan.name, result.revision.revision_id)
        execution.refresh_search_text()
        world.touch(execution, search_text=execution.search_text)


def _with_revision(action: ActionExecution, found: SourceRevision) -> list[dict[str, str]]:
    """What the execution knows of its sources from now on, in the order of the definition."""
    execution, name = action.execution, action.action_name
    revision = {
        "actionName": name,
        "revisionId": found.revision_id,
        "revisionSummary": found.summary,
        "revisionUrl": found.url,
    }
    if found.change_id:
        revision["revisionChangeIdentifier"] = found.change_id
    if found.created_at:
        revision["created"] = found.created_at.isoformat()
    known = {each["actionName"]: each for each in execution.source_revisions} | {name: revision}
    declared = [each.name for stage in execution.plan.stages for each in stage.actions]
    return sorted(known.values(), key=lambda each: declared.index(each["actionName"]))


def _learn_duration(world: World, action: ActionExecution) -> None:
    """How long the action usually takes: a moving average that follows the last few runs.

    The stage is a row of all parallel executions, so none of them holds it while it decides.
    """
    stage = world.stages[action.stage_name]
    took = (world.now - action.started_at).total_seconds()
    if world.is_alone:
        learn = partial(_learn_apart, stage.pk, action.action_name, took)
        transaction.on_commit(learn, robust=True)
        return
    usual = _learned(stage, action.action_name, took)
    if usual != stage.usual_seconds:
        world.touch(stage, usual_seconds=usual)


@transaction.atomic
def _learn_apart(stage_id: int, action_name: str, took: float) -> None:
    stage = Stage.objects.select_for_update(no_key=True).filter(pk=stage_id).first()
    if stage:
        stage.usual_seconds = _learned(stage, action_name, took)
        stage.save(update_fields=["usual_seconds"])


def _learned(stage: Stage, action_name: str, took: float) -> dict[str, float]:
    before = stage.usual_seconds.get(action_name, took)
    return {**stage.usual_seconds, action_name: round(0.6 * before + 0.4 * took, 1)}


def _enter_stage(world: World, change: EnterStage) -> None:
    execution, stage = world.executions[change.execution_id], world.stages[change.stage]
    stay = StageExecution.objects.create(
        execution=execution,
        pipeline=world.pipeline,
        stage_name=change.stage,
        version=execution.version,
        sequence=execution.sequence,
        mode=execution.mode,
        started_at=world.now,
        updated_at=world.now,
    )
    world.touch(execution, occupied=stay, waits_for="", updated_at=world.now)
    if execution.takes_locks:
        world.touch(stage, latest=stay, inbound=None)
    world.events.append(stage_event(execution, change.stage, STARTED, at=world.now))


def _leave_stage(world: World, change: LeaveStage) -> None:
    execution = world.executions[change.execution_id]
    stay = _occupied(execution)
    stay.status, stay.updated_at = change.status, world.now
    stay.save(update_fields=["status", "updated_at"])
    world.touch(execution, occupied=None, updated_at=world.now)
    world.forget_stay(execution.id)
    state = state_of(change.status)
    world.events.append(stage_event(execution, change.stage, state, at=world.now))
    if change.status is StageStatus.SUCCEEDED:
        world.note_success(execution, change.stage)


def _wait_for(world: World, change: WaitFor) -> None:
    execution = world.executions[change.execution_id]
    world.touch(execution, waits_for=change.stage, updated_at=world.now)
    if execution.takes_locks:
        world.touch(world.stages[change.stage], inbound=execution)


def _finish_execution(world: World, change: FinishExecution) -> None:
    execution = world.executions.pop(change.execution_id)
    world.touch(
        execution,
        status=change.status,
        status_summary=change.summary,
        waits_for="",
        superseded_by_id=change.superseded_by,
        updated_at=world.now,
        ended_at=world.now,
    )
    state = state_of(change.status)
    world.events.append(pipeline_event(execution, state, at=world.now))


def _retry_stage(world: World, change: RetryStage) -> None:
    """The same execution goes on, one attempt later, as with a retry that somebody asks for."""
    execution = world.executions[change.execution_id]
    stay = _occupied(execution)
    world.set_aside(execution.id, change.actions)
    world.touch(
        stay,
        auto_retry_attempt=stay.auto_retry_attempt + 1,
        latest_retry_trigger=RetryTrigger.AUTOMATED,
        updated_at=world.now,
    )
    world.touch(execution, attempt=execution.attempt + 1, updated_at=world.now)
    world.events.append(pipeline_event(execution, RESUMED, at=world.now))
    world.events.append(stage_event(execution, change.stage, RESUMED, at=world.now))


def _roll_back(world: World, change: RollBack) -> None:
    """The stage is free: it was left in the same breath."""
    failed = str(change.execution_id)
    rollback = Rollback(
        id=change.rollback_id,
        target=PipelineExecution.objects.get(pk=change.target_id),
        trigger_type=AUTOMATED_ROLLBACK,
        trigger_detail=f"FailedPipelineExecutionId: {failed}",
    )
    stage = world.stages[change.stage]
    started, events = begin_rollback(world.pipeline, stage, rollback, at=world.now)
    world.executions[started.id] = started
    world.events += events


def _tell_of_action(world: World, action: ActionExecution, state: str) -> None:
    where = (action.stage_name, action.action_name, action.id)
    world.events.append(action_event(action.execution, where, state, at=world.now))


def _occupied(execution: PipelineExecution) -> StageExecution:
    stay = execution.occupied
    if stay is None:
        raise RuntimeError(f"Execution {execution.pk} is in no stage.")
    return stay
