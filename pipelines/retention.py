"""What is kept for a time only: executions by when they started, and files that nothing refers to.

AWS keeps the history of twelve months (spec/engine.md §1).  Everything here is done in small
batches and may be done by several processes at once.
"""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from pipelines import artifact_store, places
from pipelines.core.statuses import UNFINISHED, ExecutionType
from pipelines.models import (
    ActionExecution,
    Job,
    Lease,
    Pipeline,
    PipelineExecution,
    Stage,
    StageExecution,
    UsedChange,
    UsedRevision,
)
from pipelines.models.erasing import erase_execution
from pipelines.stores import FolderStore, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

AT_ONCE = 200  # executions, each in a transaction of its own
FILES_AT_ONCE = 500


def clean() -> None:
    """Forget some of what is old enough: executions with all that is theirs, then stray files."""
    before = timezone.now() - timedelta(days=settings.PENSTOCK_RETENTION_DAYS)
    for execution_id, pipeline_id in forgettable(before).values_list("pk", "pipeline_id")[:AT_ONCE]:
        _forget(pipeline_id, execution_id, before)
    _forget_stray_logs(before)
    _forget_stray_artifacts(before)


def forgettable(before: datetime) -> QuerySet[PipelineExecution]:
    """The executions that started before and that nobody needs any more, the oldest first.

    Needed are: what is unfinished or has left work behind; the last one of a pipeline, and the one
    that was in a stage last, which may be retried; the last two that succeeded in a stage in the
    current version, to which it may be rolled back; what a rollback has brought back; and the last
    that used a revision of a source, without which the source would start anew.
    """
    this = OuterRef("pk")
    now_in_a_stage = Stage.objects.filter(Q(latest__execution=this) | Q(inbound=this))
    at_work = Lease.objects.unexpired().filter(action__execution=this)
    brought_back = PipelineExecution.objects.filter(rollback_target=this)
    old = PipelineExecution.objects.filter(started_at__lt=before).exclude(
        Q(status__in=sorted(UNFINISHED)) | Q(sequence=F("pipeline__last_sequence"))
    )
    return old.filter(
        ~Exists(now_in_a_stage),
        ~Exists(at_work),
        ~Exists(brought_back),
        ~Exists(_to_roll_back_to()),
        ~Exists(_last_use(UsedRevision.objects.all())),
        ~Exists(_last_use(UsedChange.objects.all())),
    ).order_by("started_at")


def _to_roll_back_to() -> QuerySet[Stage]:
    """Stages for which the execution asked about is one of the last two successes."""
    stays = StageExecution.objects.rollback_targets(OuterRef("pipeline"), OuterRef("name"))
    found = stays.filter(version=OuterRef("pipeline__version")).values("execution")
    both = Stage.objects.annotate(last=Subquery(found[:1]), before_last=Subquery(found[1:2]))
    is_one = Q(last=OuterRef("pk")) | Q(before_last=OuterRef("pk"))
    return both.filter(is_one, pipeline=OuterRef("pipeline"))


def _last_use(uses: QuerySet[Any]) -> QuerySet[Any]:
    """Of the sources for which no later execution has used anything."""
    later = uses.filter(
        pipeline=OuterRef("pipeline"),
        action_name=OuterRef("action_name"),
        execution__sequence__gt=OuterRef("execution__sequence"),
    )
    return uses.filter(~Exists(later), execution=OuterRef("pk"))


def _forget(pipeline_id: int, execution_id: UUID, before: datetime) -> None:
    """Rows first: a file that is left then is a stray one, and is found as such."""
    with transaction.atomic():
        pipeline = Pipeline.objects.select_for_update(no_key=True).filter(pk=pipeline_id).first()
        execution = forgettable(before).filter(pk=execution_id).first() if pipeline else None
        if pipeline is None or execution is None:
            return
        keys = set(_keys_of([execution_id]))
        actions = list(execution.action_executions.values_list("pk", flat=True))
        erase_execution(execution)
        pipeline.bump()
    for action_id in actions:
        places.log_of(action_id).unlink(missing_ok=True)
    for key in keys:
        _forget_artifact(key)


def _forget_artifact(key: str) -> None:
    try:
        artifact_store.configured().forget(key)
    except StoreError as problem:
        logger.warning("An artifact that nobody needs stays in the store: %s", problem)


def _keys_of(executions: Iterable[UUID] | QuerySet[PipelineExecution, Any]) -> Iterator[str]:
    """Where the artifacts are that these have made, or that workers were asked to store."""
    made = ActionExecution.objects.filter(execution__in=executions)
    asked = Job.objects.filter(action__execution__in=executions)
    for keys in chain(
        made.values_list("output_artifacts", flat=True), asked.values_list("output_keys", flat=True)
    ):
        yield from keys.values()


# Files that no row refers to: of pipelines that were deleted, or of work that was abandoned


def _forget_stray_logs(before: datetime) -> None:
    """Looks into one of the folders at a time."""
    found = {log.stem: log for log in _old_files(_one_of(places.logs_of_actions()), before)}
    ids = {name for name in found if _is_id(name)}
    rows = ActionExecution.objects.filter(pk__in=ids).values_list("pk", flat=True)
    for name in ids.difference(map(str, rows)):
        found[name].unlink(missing_ok=True)


def _forget_stray_artifacts(before: datetime) -> None:
    """The same in a folder of our own; in somebody's bucket we do not look around.

    Only an execution that is as old can have made them, or a rollback that has brought it back.
    """
    store = artifact_store.configured()
    if not isinstance(store, FolderStore):
        return
    found = _old_files(_one_of(store.folder), before)
    keys = {str(path.relative_to(store.folder)): path for path in found}
    if not keys:
        return
    could_have = Q(started_at__lt=before + timedelta(days=1)) | Q(
        execution_type=ExecutionType.ROLLBACK
    )
    executions = PipelineExecution.objects.filter(could_have)
    needed = set(_keys_of(executions.values("pk")))
    for made in executions.values_list("artifacts", flat=True):
        needed.update(made.values())
    for key in keys.keys() - needed:
        keys[key].unlink(missing_ok=True)


def _one_of(folder: Path) -> Path:
    """Any of the folders in it; itself when it has none."""
    inside = [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []
    return random.choice(inside) if inside else folder  # noqa: S311 - chance, not a secret


def _old_files(folder: Path, before: datetime) -> list[Path]:
    moment = before.timestamp()
    files = (path for path in folder.rglob("*") if path.is_file())
    return list(islice((path for path in files if path.stat().st_mtime < moment), FILES_AT_ONCE))


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
