"""What one can do with pipeline definitions: create, update and delete them, read what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from pipelines import action_types, executions, finding, patience, sealing, secrets, tasks
from pipelines.core.refusals import (
    ConcurrentModification,
    LimitExceeded,
    PipelineNameInUse,
    PipelineNotFound,
    PipelineVersionNotFound,
    ResourceNotFound,
    Throttled,
)
from pipelines.core.structure import InvalidActionDeclaration, check, read
from pipelines.core.structure_secrets import has_masks, masked, unmasked
from pipelines.core.tags import check_number, read_tags
from pipelines.models import Pipeline, PipelineVersion, Stage
from pipelines.models.erasing import erase
from pipelines.models.pipelines import plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.core.rights import Caller
    from pipelines.core.structure_secrets import ActionTypes, Secrets
    from pipelines.core.tags import Tags

# https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
MAX_PIPELINES = 1000


def create(
    definition: Mapping[str, Any], *, by: Caller, tags: Sequence[Mapping[str, Any]] = ()
) -> Pipeline:
    """Store version 1 of a new pipeline and start its first execution.

    `definition` and `tags` are the members of CreatePipeline.  Raises AccessDenied,
    PipelineNameInUse, LimitExceeded, InvalidTags, TooManyTags, ConcurrentModification (the
    database is busy) and what `core.structure.check` and `core.structure_secrets.unmasked` raise;
    nothing is stored then.
    """
    by.check("CreatePipeline")
    tags_by_key = read_tags(tags)
    types = action_types.known()
    checked = _checked(definition, types)
    unmasked(checked, types, before={}, secrets={})  # refuses masks
    check_number(tags_by_key, arn=finding.arn_of(checked["name"]))
    try:
        return _create(checked, types, tags=tags_by_key, by=by.arn)
    except IntegrityError as taken:
        raise PipelineNameInUse(
            f"A pipeline with the name '{checked['name']}' already exists in account"
            f" '{settings.PENSTOCK_ACCOUNT_ID}'"
        ) from taken
    except Exception:
        plan_of.cache_clear()  # a database may give the id that was not stored to the next one
        raise


@patience.limited(Throttled)
def update(definition: Mapping[str, Any], *, by: Caller, replacing: int | None = None) -> Pipeline:
    """Store the next version; executions of the one before end as Cancelled.

    Running actions finish first (spec/engine.md §13).  The mask in place of a secret keeps the
    value of the version before.  With `replacing`, the version that was edited: another one since
    is not overwritten, but refused with ConcurrentModification.

    Raises AccessDenied, what `create` raises for the definition, and ResourceNotFound for an
    unknown name: the service model lists no "not found" for UpdatePipeline at all, and AWS has
    been seen to answer with this one, which the SDKs know from other operations.  Any error that
    is in the list would say that the definition is wrong, which it is not.  Throttled, when the
    pipeline is busy.
    """
    by.check("UpdatePipeline")
    types = action_types.known()
    checked = _checked(definition, types)
    pipeline = _to_update(checked["name"])
    if replacing not in {None, pipeline.version}:
        raise _saved_meanwhile(pipeline, edited=replacing)
    if has_masks(checked, types):
        checked = _checked(_unmasked(checked, types, pipeline), types)
    pipeline.version += 1
    pipeline.updated_at = timezone.now()
    _take_over(pipeline, checked)
    pipeline.save(update_fields=["version", "updated_at", "execution_mode", "pipeline_type"])
    _store_version(pipeline, masked(checked, types), by=by.arn)
    pipeline.bump()
    tasks.wake(pipeline.pk)
    return pipeline


@patience.limited(ConcurrentModification)
def delete(name: str, *, by: Caller) -> None:
    """Delete a pipeline with all that is known of it; a name that is unknown is fine, too.

    Work that is going on loses its lease and is ended; what it reports is dropped.  Artifacts
    stay in their store and logs where they are, as in AWS, where they are the account's.  The
    name is free at once.  Raises AccessDenied, or ConcurrentModification when it is busy.
    """
    by.check("DeletePipeline", on=finding.arn_of(name))
    try:
        pipeline = finding.locked_pipeline(name)
    except PipelineNotFound:
        return
    erase(pipeline)


def current(pipeline: Pipeline) -> dict[str, Any]:
    """The definition as GetPipeline gives it, with its version."""
    return version_of(pipeline, pipeline.version)


def version_of(pipeline: Pipeline, version: int) -> dict[str, Any]:
    """The same of any version that there was.  Raises PipelineVersionNotFound."""
    row = pipeline.versions.filter(version=version).first()
    if row is None:
        raise PipelineVersionNotFound(
            f"Account '{settings.PENSTOCK_ACCOUNT_ID}' does not have version {version} of pipeline"
            f" '{pipeline.name}'"
        )
    return {**row.definition, "version": row.version}


def by_name(*, after: str, limit: int) -> list[Pipeline]:
    """The pipelines behind that name, in the order of their names."""
    return list(Pipeline.objects.filter(name__gt=after).order_by("name")[:limit])


@patience.limited(ConcurrentModification)
def _create(checked: dict[str, Any], types: ActionTypes, *, tags: Tags, by: str) -> Pipeline:
    if Pipeline.objects.count() >= MAX_PIPELINES:
        raise LimitExceeded(
            f"Account '{settings.PENSTOCK_ACCOUNT_ID}' has {MAX_PIPELINES} pipelines, and there"
            " can be no more"
        )
    pipeline = Pipeline(name=checked["name"], tags=tags)
    _take_over(pipeline, checked)
    pipeline.save(force_insert=True)
    _store_version(pipeline, masked(checked, types), by=by)
    executions.start(pipeline.name, trigger_type="CreatePipeline", trigger_detail=by)
    return pipeline


def _checked(definition: Mapping[str, Any], types: ActionTypes) -> dict[str, Any]:
    return check(definition, action_types=types, region=settings.PENSTOCK_REGION)


def _to_update(name: str) -> Pipeline:
    try:
        return finding.locked_pipeline(name)
    except PipelineNotFound:
        raise ResourceNotFound(
            f"The account with id '{settings.PENSTOCK_ACCOUNT_ID}' does not include a pipeline"
            f" with the name '{name}'"
        ) from None


def _saved_meanwhile(pipeline: Pipeline, *, edited: int | None) -> ConcurrentModification:
    return ConcurrentModification(
        f"Pipeline '{pipeline.name}' was saved meanwhile: it has version {pipeline.version} now,"
        f" and this is an edit of version {edited}. Nothing was changed. Keep a copy of your"
        " text, open the page again, and make your changes there."
    )


def _unmasked(checked: dict[str, Any], types: ActionTypes, pipeline: Pipeline) -> dict[str, Any]:
    before = pipeline.versions.get(version=pipeline.version)
    try:
        stored = secrets.secrets_of(before)
    except sealing.Unreadable as problem:
        raise InvalidActionDeclaration(
            f"{problem} Give the secrets of the pipeline again."
        ) from problem
    return unmasked(checked, types, before=before.definition, secrets=stored)


def _take_over(pipeline: Pipeline, checked: dict[str, Any]) -> None:
    pipeline.execution_mode = checked["executionMode"]
    pipeline.pipeline_type = checked["pipelineType"]


def _store_version(pipeline: Pipeline, checked: tuple[dict[str, Any], Secrets], *, by: str) -> None:
    """The version, and a row for each stage; a stage that stays keeps its transitions."""
    definition, taken_out = checked
    row = PipelineVersion(
        pipeline=pipeline, version=pipeline.version, definition=definition, created_by=by
    )
    secrets.seal_in(row, taken_out)
    row.save(force_insert=True)
    stages = [Stage(pipeline=pipeline, name=stage.name) for stage in read(definition).stages]
    Stage.objects.bulk_create(stages, ignore_conflicts=True)
