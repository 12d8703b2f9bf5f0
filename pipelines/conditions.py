"""What one can do with a condition of a stage that holds an execution up: override it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from pipelines import finding, patience, starting, tasks
from pipelines.core.conditions import OverrideFacts, check_override
from pipelines.core.refusals import ConditionNotOverridable, Conflict, NotLatestExecution
from pipelines.core.statuses import ConditionKind, ConditionStatus, ExecutionMode, StageStatus
from pipelines.models import ConditionExecution, StageExecution
from pipelines.resuming import held, resume

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline, Stage

OVERRIDE = "OverrideStageCondition"


@patience.limited(Conflict)
def override(
    pipeline_name: str, stage_name: str, execution_id: UUID, *, kind: ConditionKind, by: Caller
) -> None:
    """Have the stage go on as if the condition were met (OverrideStageCondition).

    One that is being checked is not waited for any more; one that has failed the execution is
    taken back, and the execution goes on where it ended.

    Raises AccessDenied, PipelineNotFound, StageNotFound, NotLatestExecution,
    ConditionNotOverridable, TooManyExecutions, or Conflict when the pipeline is busy.
    """
    by.check(OVERRIDE, on=finding.arn_of(pipeline_name))
    pipeline = finding.locked_pipeline(pipeline_name)
    stage = finding.stage(pipeline, stage_name)
    stays = StageExecution.objects.select_related("execution")
    stay = stays.filter(pipeline=pipeline, stage_name=stage_name, execution_id=execution_id).first()
    stay = held(stay) if stay else None
    condition = _latest(stay, kind)
    check_override(_facts_of(pipeline, stage, stay, condition))
    if stay is None or condition is None:
        raise RuntimeError("What is not there was let through.")
    if stay.execution.is_finished:
        starting.check_limit(pipeline, stay.execution.mode)
    _override(stay, condition, by=by.arn, at=timezone.now())
    pipeline.bump()
    tasks.wake(pipeline.pk, stay.execution.alone)


def refusal(
    pipeline: Pipeline, stage: Stage, stay: StageExecution, condition: ConditionExecution
) -> str:
    """Why this condition could not be overridden now; empty when it could.  Costs no query."""
    try:
        check_override(_facts_of(pipeline, stage, stay, condition))
    except (NotLatestExecution, ConditionNotOverridable) as problem:
        return problem.message
    return ""


def _latest(stay: StageExecution | None, kind: ConditionKind) -> ConditionExecution | None:
    if stay is None:
        return None
    return ConditionExecution.objects.latest_in([stay]).filter(kind=kind).first()


def _facts_of(
    pipeline: Pipeline,
    stage: Stage,
    stay: StageExecution | None,
    condition: ConditionExecution | None,
) -> OverrideFacts:
    if stay is None:
        return OverrideFacts(
            stage_status=None, is_latest=False, is_outdated=False, status=None, result=None
        )
    result = None
    if condition:
        plan = stay.execution.plan.stage(stay.stage_name)
        result = plan.conditions[ConditionKind(condition.kind)].result
    return OverrideFacts(
        stage_status=StageStatus(stay.status),
        is_latest=stage.latest_id == stay.pk or not stay.execution.takes_locks,
        is_outdated=stay.execution.version != pipeline.version,
        status=ConditionStatus(condition.status) if condition else None,
        result=result,
        is_overridden=condition is not None and condition.overridden_at is not None,
        mode=ExecutionMode(stay.mode),
    )


def _override(
    stay: StageExecution, condition: ConditionExecution, *, by: str, at: datetime
) -> None:
    """The wish; once the execution has ended there is nobody but us to carry it out."""
    condition.overridden_by, condition.overridden_at = by, at
    execution = stay.execution
    if execution.is_finished:
        condition.status, condition.updated_at = ConditionStatus.OVERRIDDEN, at
        stay.status, stay.updated_at = StageStatus.IN_PROGRESS, at
        stay.save(update_fields=["status", "updated_at"])
        resume(execution, stay, at=at)
    condition.save(update_fields=["overridden_by", "overridden_at", "status", "updated_at"])
