"""Change detection: which sources are looked at now, and what is done about what is found.

A look asks somebody else's host, so it holds no lock meanwhile, ends after some seconds whatever
happens, and only a few go on at once: who hangs delays the looks at others, and nothing else.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines import providers, secrets
from pipelines.core.action_types import MASK
from pipelines.core.refusals import Refusal
from pipelines.core.watching import IDLE, polling_disabled_at, wants_files, watches
from pipelines.models import Pipeline, PipelineExecution, WatchedSource
from pipelines.providers.contract import Look, Sighting, Unseen
from pipelines.runner.working import site
from pipelines.watching.concluding import conclude
from pipelines.watching.following import Told, follow_definitions, told_of
from pipelines.watching.telling import hear_of_pushes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

logger = logging.getLogger(__name__)

AT_ONCE = 4  # looks that go on at the same time
LOOK_SECONDS = 10.0
CLAIMED = timedelta(seconds=90)  # after which whoever looks is not heard of any more


def claim() -> list[int]:
    """The sources whose turn it is and that are now the caller's to look at, the longest due first.

    Definitions that have changed are read first.
    """
    follow_definitions()
    hear_of_pushes()
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    room = AT_ONCE - WatchedSource.objects.filter(claimed_until__gt=now).count()
    due = WatchedSource.objects.filter(free, _is_active(now), due_at__lte=now).order_by("due_at")
    claimed = []
    for source_id in due.values_list("pk", flat=True)[: max(room, 0)]:
        mine = WatchedSource.objects.filter(free, pk=source_id)
        if mine.update(claimed_until=now + CLAIMED):
            claimed.append(source_id)
    return claimed


def look(source_id: int) -> None:
    """Ask a source what is newest, start an execution if it is news, and say when to ask again.

    Whatever goes wrong with it is written down beside it.
    """
    row = WatchedSource.objects.select_related("pipeline").filter(pk=source_id).first()
    told = told_of(row) if row else None
    if row is None or told is None:
        return  # gone, or about to be read anew
    sighting = _sighting(row, told)
    try:
        with transaction.atomic():
            conclude(row, told, sighting)
    except Refusal as refusal:
        with transaction.atomic():
            conclude(row, told, Unseen(why=refusal.message))


def disabled_at(pipeline: Pipeline) -> datetime | None:
    """Since when polling is off because nothing happened (API type PipelineMetadata)."""
    now = timezone.now()
    if now < pipeline.updated_at + IDLE:
        return None  # as nearly always: no need to look at the executions
    latest = pipeline.executions.filter(sequence=pipeline.last_sequence)
    started_at = latest.values_list("started_at", flat=True).first()
    return polling_disabled_at(
        watches(pipeline.plan, ()),
        active_at=max(filter(None, (started_at, pipeline.updated_at))),
        now=now,
    )


def watched(pipeline: Pipeline, action_name: str) -> WatchedSource | None:
    """What was seen of a source action, if it is looked at."""
    return pipeline.watched_sources.filter(action_name=action_name).first()


def _is_active(now: datetime) -> Q:
    """AWS does not poll for a pipeline in which nothing has happened for 30 days."""
    latest = PipelineExecution.objects.filter(
        pipeline=OuterRef("pipeline"),
        sequence=OuterRef("pipeline__last_sequence"),
        started_at__gt=now - IDLE,
    )
    return Q(is_polled=False) | Q(pipeline__updated_at__gt=now - IDLE) | Q(Exists(latest))


def _sighting(row: WatchedSource, told: Told) -> Sighting:
    """What the provider says; that it cannot say it is an answer, too."""
    provider = providers.PROVIDERS[told.watch.action.type_id]
    if provider.latest_revision is None:
        return Unseen(why="Penstock does not look for changes of this provider.")
    try:
        return provider.latest_revision(
            Look(
                site=site(),
                configuration=_configuration(told),
                seconds=LOOK_SECONDS,
                has_filters=told.watch.has_filters,
                wants_files=wants_files(row.action_name, told.triggers),
                refs_before=row.seen_refs if row.has_answered else None,
            )
        )
    except Exception as defect:
        logger.exception("The look at %s met a defect", row)
        return Unseen(why=f"Penstock could not look: {type(defect).__name__}: {defect}")


def _configuration(told: Told) -> Mapping[str, str]:
    """With the secrets, which no definition shows.  Raises Unreadable."""
    configuration = told.watch.action.configuration
    if MASK not in configuration.values():
        return configuration
    first = told.version.definition["stages"][0]["name"]
    hidden = secrets.secrets_of(told.version).get(first, {})
    return {**configuration, **hidden.get(told.watch.action.name, {})}
