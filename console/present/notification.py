"""Whether those who may approve were told, as the page of the action shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.present.statuses import StatusWords
from pipelines.core.action_types import Category
from pipelines.models import ApprovalNotification
from pipelines.models.notifications import NotificationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipelines.models import ActionExecution

WORDS: Mapping[NotificationStatus, StatusWords] = {
    NotificationStatus.PENDING: StatusWords("On its way", "progress"),
    NotificationStatus.DELIVERED: StatusWords("Delivered", "success"),
    NotificationStatus.FAILED: StatusWords("Not delivered", "failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """One line of the page."""

    topic_arn: str
    words: StatusWords
    attempts: int
    error: str
    next_attempt_at: datetime | None


def notification_of(action: ActionExecution) -> NotificationView | None:
    """None for an approval that names no topic, and for other actions without asking."""
    if action.type_id.category != Category.APPROVAL:
        return None
    row = ApprovalNotification.objects.filter(action=action).first()
    if row is None:
        return None
    is_pending = row.status == NotificationStatus.PENDING
    return NotificationView(
        topic_arn=row.topic_arn,
        words=WORDS[NotificationStatus(row.status)],
        attempts=row.attempts,
        error=row.last_error,
        next_attempt_at=row.next_attempt_at if is_pending and row.attempts else None,
    )
