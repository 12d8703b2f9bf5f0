"""Webhooks: the structure ListWebhookItem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import webhooks
from pipelines.api.rendering.members import filled
from pipelines.core.action_types import MASK
from pipelines.core.tags import tag_list
from pipelines.core.webhook_rules import RANGE, SECRET

if TYPE_CHECKING:
    from pipelines.models import Webhook


def webhook(row: Webhook) -> dict[str, Any]:
    """Its secret is there, but masked."""
    definition = {
        "name": row.name,
        "targetPipeline": row.target_pipeline,
        "targetAction": row.target_action,
        "filters": row.filters,
        "authentication": row.authentication,
        "authenticationConfiguration": filled(
            {RANGE: row.allowed_ip_range, SECRET: MASK if row.sealed_secret else None}
        ),
    }
    more = {
        "errorMessage": row.error_message,
        "errorCode": row.error_code,
        "lastTriggered": row.last_triggered_at,
        "tags": tag_list(row.tags) or None,
    }
    return {
        "definition": definition,
        "url": webhooks.url_of(row),
        "arn": webhooks.arn_of(row.name),
        **filled(more),
    }
