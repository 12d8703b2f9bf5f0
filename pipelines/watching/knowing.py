"""What is known of a source already: what its executions took, and what they are about to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.core.statuses import ActionStatus
from pipelines.core.watching import SourceFacts
from pipelines.models import ActionExecution, UsedRevision

if TYPE_CHECKING:
    from pipelines.models import PipelineExecution, WatchedSource

RECENT = 5  # executions among which one has told what it took, if the latest has not


def facts_of(row: WatchedSource, found: str) -> SourceFacts:
    """Read only as far as the verdict needs it: most looks find what was seen before."""
    if row.has_answered and found == row.seen:
        return SourceFacts(found=found, seen=row.seen, was_looked_at=True)
    user = UsedRevision.objects.user_of(row.pipeline, row.action_name, found)
    return SourceFacts(
        found=found,
        seen=row.seen,
        was_looked_at=row.has_answered,
        taken="" if row.has_answered else _taken(row),
        is_used=user is not None,
        pending=_pending(row),
    )


def _taken(row: WatchedSource) -> str:
    """By the latest execution of this definition that has told and was free to choose."""
    executions = row.pipeline.executions.filter(version=row.pipeline.version)
    for execution in executions.order_by("-sequence")[:RECENT]:
        taken = _revisions(execution).get(row.action_name, "")
        if taken and not _asked_for(execution, row.action_name):
            return taken
    return ""


def _pending(row: WatchedSource) -> frozenset[str]:
    """What executions that have not taken their source yet will take; "" is the newest."""
    first = row.pipeline.plan.first.name
    of_source = ActionExecution.objects.of_actions().filter(
        pipeline=row.pipeline, stage_name=first, action_name=row.action_name
    )
    working = of_source.filter(status=ActionStatus.IN_PROGRESS)
    at_work = set(working.values_list("execution_id", flat=True))
    pending: set[str] = set()
    for execution in row.pipeline.executions.unfinished().select_related("occupied"):
        at = execution.occupied.stage_name if execution.occupied else execution.waits_for
        has_told = row.action_name in _revisions(execution)
        if execution.pk in at_work or (at == first and not has_told):
            pending |= _asked_for(execution, row.action_name) or {""}
    return frozenset(pending)


def _revisions(execution: PipelineExecution) -> dict[str, str]:
    return {each["actionName"]: each["revisionId"] for each in execution.source_revisions}


def _asked_for(execution: PipelineExecution, action_name: str) -> set[str]:
    return {
        each["revisionValue"]
        for each in execution.source_overrides
        if each["actionName"] == action_name
    }
