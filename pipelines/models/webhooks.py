"""Webhooks, and what came to them and to the hooks of connections."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from pipelines.core.storable import readable
from pipelines.core.webhook_rules import Authentication
from pipelines.models.choices import enum_field, only
from pipelines.models.ordered_json import OrderedJSON

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = 50  # deliveries of each hook


def new_token() -> str:
    """What nobody can guess: for UNAUTHENTICATED webhooks the address is the secret."""
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    """A webhook by its name (API type WebhookDefinition); its pipeline may be gone."""

    name = models.CharField(max_length=100, unique=True)
    token = models.CharField(max_length=64, unique=True, default=new_token)  # ends its address
    target_pipeline = models.CharField(max_length=100, db_index=True)
    target_action = models.CharField(max_length=100)
    filters = OrderedJSON(default=list)  # as the API spells them
    authentication = enum_field(Authentication)
    allowed_ip_range = models.CharField(max_length=100, blank=True)
    sealed_secret = models.TextField(blank=True)
    tags = OrderedJSON(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=2048)
    last_triggered_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    registered_as = models.CharField(max_length=200, blank=True)  # by the third party

    class Meta:
        constraints = [only("authentication", Authentication)]

    def __str__(self) -> str:
        return f"webhook {self.name}"


class HookOutcome(StrEnum):
    """What a request to a hook led to."""

    STARTED = "Started"
    IGNORED = "Ignored"
    REFUSED = "Refused"
    FAILED = "Failed"


class HookDeliveryQuerySet(models.QuerySet["HookDelivery"]):
    def note(
        self,
        hook: str,
        outcome: HookOutcome,
        said: str,
        *,
        event: str,
        executions: Sequence[list[str]],
    ) -> None:
        """Remember what came, and forget what is older than the last few."""
        self.create(
            hook=hook,
            outcome=outcome,
            said=readable(said)[:500],
            event=readable(event)[:60],
            executions=executions,
        )
        last = self.filter(hook=hook).order_by("-pk").values_list("pk", flat=True)
        if oldest := list(last[KEPT : KEPT + 1]):
            self.filter(hook=hook, pk__lte=oldest[0]).delete()


class HookDelivery(models.Model):
    """One request to a hook; what was in it is not kept."""

    hook = models.CharField(max_length=120)  # as the webhook or the connection calls itself
    received_at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=60, blank=True)
    outcome = enum_field(HookOutcome)
    said = models.CharField(max_length=500)
    executions = models.JSONField(default=list)  # [pipeline, execution id] of each that it started

    objects = HookDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [only("outcome", HookOutcome)]
        indexes = [models.Index(fields=["hook", "-id"], name="deliveries_of_a_hook")]

    def __str__(self) -> str:
        return f"{self.hook} {self.outcome}"
