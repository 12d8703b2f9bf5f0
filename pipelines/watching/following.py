"""Which sources are looked at: those that the current definitions say, a row for each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from pipelines.core.watching import Means, Watch, watches
from pipelines.models import Pipeline, WatchedSource

if TYPE_CHECKING:
    from pipelines.models import PipelineVersion

NEWLY_WATCHED = 100  # pipelines whose definitions are read in one go


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a definition says of a source that is looked at."""

    watch: Watch
    version: PipelineVersion
    digest: str

    @property
    def triggers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.version.definition.get("triggers", [])
        return found


def follow_definitions() -> None:
    """A row for each source of the current definitions that is to be looked at, and no others."""
    changed = Pipeline.objects.exclude(watched_version=F("version")).order_by("pk")
    for pipeline_id in changed.values_list("pk", flat=True)[:NEWLY_WATCHED]:
        with transaction.atomic():
            pipeline = (
                Pipeline.objects.select_for_update(no_key=True).filter(pk=pipeline_id).first()
            )
            if pipeline:
                _follow(pipeline)


def _follow(pipeline: Pipeline) -> None:
    version = pipeline.versions.get(version=pipeline.version)
    declared = watches(pipeline.plan, version.definition.get("triggers", []))
    known = {row.action_name: row for row in pipeline.watched_sources.all()}
    for each in declared:
        digest = _digest(each, version)
        row = known.pop(each.action.name, None)
        if row and row.digest == digest:
            continue
        if row:
            row.delete()
        WatchedSource.objects.create(
            pipeline=pipeline,
            action_name=each.action.name,
            digest=digest,
            is_polled=each.means is Means.POLLING,
        )
    for row in known.values():
        row.delete()
    Pipeline.objects.filter(pk=pipeline.pk).update(watched_version=pipeline.version)


def _digest(watch: Watch, version: PipelineVersion) -> str:
    """Of where is looked.  A secret that changes is another way to the same place."""
    told = [*watch.action.type_id, sorted(watch.action.configuration.items()), watch.has_filters]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def told_of(row: WatchedSource) -> Told | None:
    """None when the definition says something else by now."""
    version = row.pipeline.versions.get(version=row.pipeline.version)
    declared = watches(row.pipeline.plan, version.definition.get("triggers", []))
    for each in declared:
        if each.action.name == row.action_name and _digest(each, version) == row.digest:
            return Told(watch=each, version=version, digest=row.digest)
    return None
