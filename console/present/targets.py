"""The targets of a deploy action as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from console.present.statuses import StatusWords
from pipelines.core.action_types import Category
from pipelines.models import DeployTarget
from pipelines.providers.contract import TargetStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.models import ActionExecution

DEPLOYS_TO_TARGETS = frozenset({"CodeDeploy", "EC2"})
TARGET: Mapping[TargetStatus, StatusWords] = {
    TargetStatus.PENDING: StatusWords("Pending", "none"),
    TargetStatus.IN_PROGRESS: StatusWords("In progress", "progress"),
    TargetStatus.SUCCEEDED: StatusWords("Succeeded", "success"),
    TargetStatus.FAILED: StatusWords("Failed", "failed"),
    TargetStatus.SKIPPED: StatusWords("Skipped", "skipped"),
}


class EventView(NamedTuple):
    """A lifecycle event."""

    name: str
    words: StatusWords
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """An instance, and how far the deployment is there."""

    id: str
    words: StatusWords
    started_at: datetime | None
    ended_at: datetime | None
    events: tuple[EventView, ...]


def targets_of(action: ActionExecution) -> tuple[TargetView, ...]:
    """None for actions that deploy to nothing of the kind, without asking."""
    type_id = action.type_id
    if type_id.category != Category.DEPLOY or type_id.provider not in DEPLOYS_TO_TARGETS:
        return ()
    rows = DeployTarget.objects.filter(action=action).order_by("position")
    return tuple(_view(row) for row in rows)


def _view(row: DeployTarget) -> TargetView:
    return TargetView(
        id=row.target_id,
        words=TARGET[TargetStatus(row.status)],
        started_at=row.started_at,
        ended_at=row.ended_at,
        events=tuple(
            EventView(each["name"], TARGET[TargetStatus(each["status"])], each.get("message", ""))
            for each in row.events
        ),
    )
