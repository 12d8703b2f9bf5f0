"""Webhooks, whose lists have their members' names in capitals in AWS's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import webhooks
from pipelines.api import paging
from pipelines.api.rendering import webhooks as rendering
from pipelines.webhooks import registering

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def put_webhook(
    *, by: Caller, webhook: dict[str, Any], tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """API_PutWebhook."""
    return {"webhook": rendering.webhook(webhooks.put(webhook, tags=tags or [], by=by))}


def list_webhooks(
    *, by: Caller, next_token: str | None = None, max_results: int = paging.LARGEST
) -> dict[str, Any]:
    """API_ListWebhooks: in the order of their names."""
    of = {"operation": "ListWebhooks"}
    after = paging.read_token(next_token, of=of) or [""]
    found = webhooks.by_name(after=str(after[0]), limit=max_results + 1)
    page, more = paging.cut(found, max_results, of=of, position=lambda row: [row.name])
    token = {"NextToken": more["nextToken"]} if more else {}
    return {"webhooks": [rendering.webhook(each) for each in page], **token}


def delete_webhook(*, by: Caller, name: str) -> dict[str, Any]:
    """API_DeleteWebhook."""
    webhooks.delete(name, by=by)
    return {}


def register_webhook_with_third_party(
    *, by: Caller, webhook_name: str | None = None
) -> dict[str, Any]:
    """API_RegisterWebhookWithThirdParty."""
    registering.register(webhook_name, by=by)
    return {}


def deregister_webhook_with_third_party(
    *, by: Caller, webhook_name: str | None = None
) -> dict[str, Any]:
    """API_DeregisterWebhookWithThirdParty."""
    registering.deregister(webhook_name, by=by)
    return {}
