"""What one can do with a stage in which an execution failed or was stopped: retry it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils import timezone

from pipelines import finding, patience, starting, tasks
from pipelines.core.refusals import Conflict, NotLatestExecution, StageNotRetryable
from pipelines.core.retrying import RetryFacts, actions_to_rerun
from pipelines.core.statuses import (
    ActionStatus,
    ConditionKind,
    ConditionStatus,
    ExecutionMode,
    RetryMode,
    RetryTrigger,
    StageStatus,
)
from pipelines.models import ActionExecution, StageExecution
from pipelines.resuming import held, resume

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline, PipelineExecution, Stage

MET = [status.value for status in ConditionStatus if status.is_met]


@patience.limited(Conflict)
def retry(
    pipeline_name: str, stage_name: str, execution_id: UUID, *, mode: RetryMode, by: Caller
) -> PipelineExecution:
    """Resume a stage where it failed or was stopped (RetryStageExecution).

    The same execution goes on: what failed or was abandoned runs again as new action executions,
    and what never started follows.

    It counts among the concurrent ones again, so the pipeline's lock is taken in every mode.

    Raises AccessDenied, PipelineNotFound, StageNotFound, NotLatestExecution, StageNotRetryable,
    TooManyExecutions, or Conflict when the pipeline is busy.
    """
    by.check("RetryStageExecution", on=finding.arn_of(pipeline_name))
    pipeline = finding.locked_pipeline(pipeline_name)
    stage = finding.stage(pipeline, stage_name)
    stay = _stay(pipeline, stage, execution_id)
    stay = held(stay)
    rerun = actions_to_rerun(_facts(pipeline, stage, stay), mode=mode)
    _set_aside(stay, rerun)
    execution, now = stay.execution, timezone.now()
    _count(stay, at=now)
    if execution.is_finished:
        starting.check_limit(pipeline, execution.mode)
        resume(execution, stay, at=now)
    pipeline.bump()
    tasks.wake(pipeline.pk, execution.alone)
    return execution


def retry_refusal(
    pipeline: Pipeline, stage: Stage, stay: StageExecution, actions: list[ActionExecution]
) -> str:
    """Why this stage could not be retried now; empty when it could.  Costs no query."""
    try:
        actions_to_rerun(_facts_of(pipeline, stage, stay, actions), mode=RetryMode.FAILED_ACTIONS)
    except (NotLatestExecution, StageNotRetryable) as refusal:
        return refusal.message
    return ""


def _set_aside(stay: StageExecution, actions: Iterable[str]) -> None:
    """These actions run again; and conditions are checked again, but for an entry that was open."""
    of_stay = stay.action_executions.filter(is_latest=True)
    of_stay.of_actions().filter(action_name__in=actions).update(is_latest=False)
    again = stay.condition_executions.filter(is_latest=True).exclude(
        kind=ConditionKind.BEFORE_ENTRY, status__in=MET
    )
    of_stay.filter(condition__in=again).update(is_latest=False)
    again.update(is_latest=False)


def _stay(pipeline: Pipeline, stage: Stage, execution_id: UUID) -> StageExecution:
    stays = StageExecution.objects.select_related("execution")
    stay = stays.filter(pipeline=pipeline, stage_name=stage.name, execution_id=execution_id).first()
    if stay is None:
        raise NotLatestExecution(
            f"Pipeline execution '{execution_id}' is not the latest execution of stage"
            f" '{stage.name}', so the stage cannot be retried for it."
        )
    return stay


def _facts(pipeline: Pipeline, stage: Stage, stay: StageExecution) -> RetryFacts:
    latest = ActionExecution.objects.latest_in([stay])
    return replace(
        _facts_of(pipeline, stage, stay, list(latest)),
        is_checking=stay.condition_executions.filter(
            is_latest=True, status=ConditionStatus.IN_PROGRESS
        ).exists(),
    )


def _facts_of(
    pipeline: Pipeline, stage: Stage, stay: StageExecution, actions: list[ActionExecution]
) -> RetryFacts:
    return RetryFacts(
        stage_status=StageStatus(stay.status),
        is_latest=stage.latest_id == stay.pk,
        is_outdated=stay.execution.version != pipeline.version,
        actions={action.action_name: ActionStatus(action.status) for action in actions},
        mode=ExecutionMode(stay.mode),
    )


def _count(stay: StageExecution, *, at: datetime) -> None:
    """InProgress again, or still: actions beside the failed ones may run on."""
    stay.status, stay.updated_at = StageStatus.IN_PROGRESS, at
    stay.manual_retry_attempt += 1
    stay.latest_retry_trigger = RetryTrigger.MANUAL
    stay.save(
        update_fields=["status", "updated_at", "manual_retry_attempt", "latest_retry_trigger"]
    )
