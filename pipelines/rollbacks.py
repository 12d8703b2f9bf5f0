"""What one can do with a stage that was better before: roll it back to an earlier execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from pipelines import finding, patience, tasks
from pipelines.core.refusals import Conflict, Refusal
from pipelines.core.rolling_back import StageToRollBack, Target, check_stage, check_target
from pipelines.core.statuses import ExecutionMode, ExecutionType, StageStatus
from pipelines.engine import Rollback, begin_rollback
from pipelines.models import Event, StageExecution

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.core.rights import Caller
    from pipelines.models import Pipeline, PipelineExecution, Stage

ROLLBACK = "RollbackStage"
MANUAL = "ManualRollback"


@patience.limited(Conflict)
def start(pipeline_name: str, stage_name: str, target_id: UUID, *, by: Caller) -> PipelineExecution:
    """Start an execution that brings back what the target left in the stage (RollbackStage).

    Raises AccessDenied, PipelineNotFound, StageNotFound, ExecutionNotFound, ExecutionOutdated,
    UnableToRollbackStage, or Conflict when the pipeline is busy.
    """
    by.check(ROLLBACK, on=finding.arn_of(pipeline_name))
    pipeline = finding.locked_pipeline(pipeline_name)
    stage = finding.stage(pipeline, stage_name)
    target = finding.execution(pipeline, target_id)
    check_stage(_facts_of(pipeline, stage))
    check_target(_target(stage, target))
    rollback = Rollback(target=target, trigger_type=MANUAL, trigger_detail=by.arn)
    execution, events = begin_rollback(pipeline, stage, rollback, at=timezone.now())
    Event.objects.bulk_create(events)
    pipeline.bump()
    tasks.wake(pipeline.pk)
    return execution


def targets(pipeline: Pipeline, stage: Stage, *, most: int) -> list[StageExecution]:
    """To whom the stage can be rolled back, with their executions, the most recent first."""
    stays = StageExecution.objects.rollback_targets(pipeline, stage.name)
    of_version = stays.filter(version=pipeline.version).select_related("execution")
    return list(of_version.defer("execution__artifacts", "execution__variables")[:most])


def refusal(pipeline: Pipeline, stage: Stage) -> str:
    """Why the stage could be rolled back to nothing now; empty when it could."""
    try:
        check_stage(_facts_of(pipeline, stage))
    except Refusal as problem:
        return problem.message
    return ""


def _facts_of(pipeline: Pipeline, stage: Stage) -> StageToRollBack:
    return StageToRollBack(
        mode=ExecutionMode(pipeline.execution_mode),
        is_source=stage.name == pipeline.plan.first.name,
        status=StageStatus(stage.latest.status) if stage.latest else None,
    )


def _target(stage: Stage, execution: PipelineExecution) -> Target:
    stay = execution.stage_executions.filter(stage_name=stage.name).first()
    return Target(
        type=ExecutionType(execution.execution_type),
        status_in_stage=StageStatus(stay.status) if stay else None,
        is_outdated=execution.version != execution.pipeline.version,
    )
