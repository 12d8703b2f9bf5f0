"""What a worker reports of an abandoned job: refused as AWS refuses it, and written down here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

from pipelines.core.refusals import InvalidJobState
from pipelines.core.statuses import ActionStatus
from pipelines.models import Job
from pipelines.runner import ending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID


@contextmanager
def noted(job_id: UUID, outcome: str) -> Iterator[None]:
    """Keep how abandoned work really ended, once, when the report of it is refused.

    `outcome` is empty for a report that does not end it.  What is kept changes no status, and
    counts for nothing (spec/stop.md §5).
    """
    try:
        yield
    except InvalidJobState:
        if outcome:
            _note(job_id, outcome)
        raise


@transaction.atomic
def _note(job_id: UUID, outcome: str) -> None:
    abandoned = Job.objects.filter(
        pk=job_id, acknowledged_at__isnull=False, action__status=ActionStatus.ABANDONED
    )
    job = abandoned.select_related("action__execution__pipeline").first()
    if job and ending.note_end(job.action, outcome):
        job.action.execution.pipeline.bump()
