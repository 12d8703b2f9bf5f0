"""The executions to which a stage can be rolled back, as the dialog lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.present.revisions import SourceRevision, source_revisions
from pipelines import rollbacks

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import Pipeline, Stage

MOST = 20


class RollbackTarget(NamedTuple):
    """One execution that succeeded in the stage."""

    id: UUID
    succeeded_at: datetime
    trigger: str
    revisions: tuple[SourceRevision, ...]
    is_latest: bool  # the last thing that happened in the stage was its success


def targets_of(pipeline: Pipeline, stage: Stage) -> tuple[RollbackTarget, ...]:
    """The most recent first."""
    return tuple(
        RollbackTarget(
            id=stay.execution_id,
            succeeded_at=stay.updated_at,
            trigger=stay.execution.trigger_type,
            revisions=source_revisions(stay.execution.source_revisions),
            is_latest=stay.pk == stage.latest_id,
        )
        for stay in rollbacks.targets(pipeline, stage, most=MOST)
    )
