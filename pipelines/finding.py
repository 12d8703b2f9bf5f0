"""Finding what a request names, or refusing it in AWS's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from pipelines.core.arns import pipeline_arn
from pipelines.core.refusals import (
    ActionNotFound,
    ExecutionNotFound,
    PipelineNotFound,
    StageNotFound,
)
from pipelines.models import Pipeline, PipelineExecution, Stage

if TYPE_CHECKING:
    from uuid import UUID

    from pipelines.core.plan import ActionPlan


def arn_of(pipeline_name: str) -> str:
    """The ARN of a pipeline of that name, whether there is one or not."""
    return pipeline_arn(
        region=settings.PENSTOCK_REGION, account_id=settings.PENSTOCK_ACCOUNT_ID, name=pipeline_name
    )


def pipeline(name: str) -> Pipeline:
    """Raises PipelineNotFound."""
    try:
        return Pipeline.objects.get(name=name)
    except Pipeline.DoesNotExist:
        raise _no_pipeline(name) from None


def locked_pipeline(name: str) -> Pipeline:
    """The pipeline under its lock; call it inside a transaction.  Raises PipelineNotFound."""
    try:
        return Pipeline.objects.locked(name=name)
    except Pipeline.DoesNotExist:
        raise _no_pipeline(name) from None


def execution(of: Pipeline, execution_id: UUID) -> PipelineExecution:
    """Raises ExecutionNotFound."""
    try:
        found = of.executions.select_related("occupied").get(pk=execution_id)
    except PipelineExecution.DoesNotExist:
        raise ExecutionNotFound(
            f"Account '{settings.PENSTOCK_ACCOUNT_ID}' does not have an execution with id"
            f" '{execution_id}' for pipeline '{of.name}'"
        ) from None
    found.pipeline = of
    return found


def held(stale: PipelineExecution) -> PipelineExecution | None:
    """The execution as it is now, under the lock that it is decided about under.

    That is its pipeline's, or its own if it is parallel.  Call it inside a transaction.  None: it
    has been deleted meanwhile, with its pipeline.
    """
    try:
        if not stale.takes_locks:
            return PipelineExecution.objects.held(stale.pk)
        Pipeline.objects.locked(pk=stale.pipeline_id)
    except (Pipeline.DoesNotExist, PipelineExecution.DoesNotExist):
        return None
    executions = PipelineExecution.objects.select_related("pipeline", "occupied")
    return executions.filter(pk=stale.pk).first()


def stage(of: Pipeline, name: str) -> Stage:
    """A stage of the pipeline's current version.  Raises StageNotFound."""
    found = of.stages.filter(name=name).first() if of.plan.has_stage(name) else None
    if found is None:
        raise StageNotFound(f"Pipeline '{of.name}' does not have a stage with name '{name}'")
    return found


def action(of: Pipeline, where: tuple[str, str]) -> ActionPlan:
    """An action of the pipeline's current version; `where` is the names of stage and action.

    Raises StageNotFound or ActionNotFound.
    """
    stage_name, action_name = where
    stage(of, stage_name)
    found = [each for each in of.plan.stage(stage_name).actions if each.name == action_name]
    if not found:
        raise ActionNotFound(
            f"Stage '{stage_name}' of pipeline '{of.name}' does not have an action with"
            f" name '{action_name}'"
        )
    return found[0]


def _no_pipeline(name: str) -> PipelineNotFound:
    return PipelineNotFound(
        f"Account '{settings.PENSTOCK_ACCOUNT_ID}' does not have a pipeline with name '{name}'"
    )
