"""Webhooks, and what came to them, as the lists show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.present.statuses import StatusWords
from pipelines import webhooks
from pipelines.core.webhook_rules import Authentication
from pipelines.models.webhooks import HookOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from pipelines.models import HookDelivery, Webhook

OUTCOMES = {
    HookOutcome.STARTED: StatusWords("Started", "success"),
    HookOutcome.IGNORED: StatusWords("Ignored", "none"),
    HookOutcome.REFUSED: StatusWords("Refused", "warning"),
    HookOutcome.FAILED: StatusWords("Failed", "failed"),
}


class Started(NamedTuple):
    """An execution that a request started; its pipeline may be gone."""

    pipeline: str
    execution_id: str


class HookRow(NamedTuple):
    """One request to a hook."""

    number: int
    received_at: datetime
    event: str
    words: StatusWords
    said: str
    started: tuple[Started, ...]


class WebhookRow(NamedTuple):
    """One webhook of the list, and what came to it last."""

    name: str
    pipeline: str
    action: str
    authentication: str
    filters: tuple[str, ...]
    url: str
    last: HookRow | None


def hook_rows(deliveries: Iterable[HookDelivery]) -> tuple[HookRow, ...]:
    return tuple(_hook_row(delivery) for delivery in deliveries)


def webhook_rows(rows: Sequence[Webhook]) -> tuple[WebhookRow, ...]:
    """Those of a page, for one query more."""
    last = webhooks.last_deliveries([str(row) for row in rows])
    return tuple(webhook_row(row, last.get(str(row))) for row in rows)


def webhook_row(row: Webhook, last: HookDelivery | None = None) -> WebhookRow:
    return WebhookRow(
        name=row.name,
        pipeline=row.target_pipeline,
        action=row.target_action,
        authentication=_authentication(row),
        filters=tuple(_filter(each) for each in row.filters),
        url=webhooks.url_of(row),
        last=_hook_row(last) if last else None,
    )


def _hook_row(delivery: HookDelivery) -> HookRow:
    return HookRow(
        number=delivery.pk,
        received_at=delivery.received_at,
        event=delivery.event,
        words=OUTCOMES[HookOutcome(delivery.outcome)],
        said=delivery.said,
        started=tuple(Started(*each) for each in delivery.executions),
    )


def _authentication(row: Webhook) -> str:
    match Authentication(row.authentication):
        case Authentication.GITHUB_HMAC:
            return "Signed as GitHub does (GITHUB_HMAC)"
        case Authentication.IP:
            return f"From {row.allowed_ip_range} (IP)"
        case Authentication.UNAUTHENTICATED:
            return "Anybody who has the address (UNAUTHENTICATED)"


def _filter(given: dict[str, str]) -> str:
    wanted = given.get("matchEquals")
    return f"{given['jsonPath']} is {wanted}" if wanted else f"{given['jsonPath']} is there"
