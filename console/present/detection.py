"""When a source was last looked at for changes, and with what result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from pipelines import watching
from pipelines.core.action_types import CUSTOM, Category

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.models import ActionExecution

OFF = "Off: the definition does not ask for it. Executions start by hand, webhook or API."


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What the page of a source action prints; `tone` is that of a status."""

    tone: str
    word: str
    how: str
    looked_at: datetime | None = None
    due_at: datetime | None = None
    result: str = ""


def detection_of(action: ActionExecution) -> Detection | None:
    """By the current definition, not the execution's; None for what is no source of ours."""
    type_id, pipeline = action.type_id, action.execution.pipeline
    if type_id.category != Category.SOURCE or type_id.owner == CUSTOM:
        return None
    row = watching.watched(pipeline, action.action_name)
    every = f"Every {settings.PENSTOCK_POLL_SECONDS:g} seconds"
    if pipeline.watched_version != pipeline.version:
        return Detection(tone="waiting", word="About to begin", how=every)
    if row is None:
        return Detection(tone="none", word="Off", how=OFF)
    if row.is_polled and (since := watching.disabled_at(pipeline)):
        how = f"Polling ended on {since:%Y-%m-%d}, after 30 days without an execution or an edit."
        return Detection(tone="stopped", word="Disabled", how=how, looked_at=row.looked_at)
    failed = row.failures > 0
    return Detection(
        tone="warning" if failed else "success",
        word="Cannot be asked" if failed else "On",
        how=f"{every}; less often after {row.failures} failures" if failed else every,
        looked_at=row.looked_at,
        due_at=row.due_at,
        result=row.result,
    )
