"""What one can do with pipeline definitions: create and update pipelines, read what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines import executions, finding, tasks
from pipelines.core.refusals import PipelineNameInUse
from pipelines.core.structure import check, read
from pipelines.models import Pipeline, PipelineVersion, Stage
from pipelines.models.pipelines import plan_of
from pipelines.providers import ACTION_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.core.rights import Caller


def create(definition: Mapping[str, Any], *, by: Caller) -> Pipeline:
    """Store version 1 of a new pipeline and start its first execution.

    `definition` is the member `pipeline` of CreatePipeline.  Raises AccessDenied,
    PipelineNameInUse and what `core.structure.check` raises; nothing is stored then.
    """
    by.check("CreatePipeline")
    checked = _checked(definition)
    try:
        return _create(checked, by=by.arn)
    except IntegrityError as taken:
        raise PipelineNameInUse(
            f"A pipeline with the name '{checked['name']}' already exists in account"
            f" '{settings.PENSTOCK_ACCOUNT_ID}'"
        ) from taken
    except Exception:
        plan_of.cache_clear()  # a database may give the id that was not stored to the next one
        raise


@transaction.atomic
def update(definition: Mapping[str, Any], *, by: Caller) -> Pipeline:
    """Store the next version; executions of the one before end as Cancelled.

    Running actions finish first (spec/engine.md §13).  Raises AccessDenied, PipelineNotFound
    and what `core.structure.check` raises.
    """
    by.check("UpdatePipeline")
    checked = _checked(definition)
    pipeline = finding.locked_pipeline(checked["name"])
    pipeline.version += 1
    pipeline.updated_at = timezone.now()
    _take_over(pipeline, checked)
    pipeline.save(update_fields=["version", "updated_at", "execution_mode", "pipeline_type"])
    _store_version(pipeline, checked, by=by.arn)
    pipeline.bump()
    tasks.wake(pipeline.pk)
    return pipeline


def current(pipeline: Pipeline) -> dict[str, Any]:
    """The definition as GetPipeline gives it, with its version."""
    row = pipeline.versions.get(version=pipeline.version)
    return {**row.definition, "version": row.version}


@transaction.atomic
def _create(checked: dict[str, Any], *, by: str) -> Pipeline:
    pipeline = Pipeline(name=checked["name"])
    _take_over(pipeline, checked)
    pipeline.save(force_insert=True)
    _store_version(pipeline, checked, by=by)
    executions.start(pipeline.name, trigger_type="CreatePipeline", trigger_detail=by)
    return pipeline


def _checked(definition: Mapping[str, Any]) -> dict[str, Any]:
    return check(definition, action_types=ACTION_TYPES, region=settings.PENSTOCK_REGION)


def _take_over(pipeline: Pipeline, checked: dict[str, Any]) -> None:
    pipeline.execution_mode = checked["executionMode"]
    pipeline.pipeline_type = checked["pipelineType"]


def _store_version(pipeline: Pipeline, checked: dict[str, Any], *, by: str) -> None:
    """The version, and a row for each stage; a stage that stays keeps its transitions."""
    PipelineVersion.objects.create(
        pipeline=pipeline, version=pipeline.version, definition=checked, created_by=by
    )
    stages = [Stage(pipeline=pipeline, name=stage.name) for stage in read(checked).stages]
    Stage.objects.bulk_create(stages, ignore_conflicts=True)
