"""Connections: where a git host is, and as whom it is asked."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from pipelines.core.connections import ProviderType
from pipelines.models.choices import enum_field, only


class Connection(models.Model):
    """A connection by its id, with which its ARN ends (API type Connection of CodeConnections)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=32, unique=True)
    provider_type = enum_field(ProviderType, default=ProviderType.GIT)
    base_url = models.CharField(max_length=1024)
    username = models.CharField(max_length=255, blank=True)
    # The token over HTTP, the private key over SSH; empty: there is none.
    sealed_credential = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=2048)

    class Meta:
        constraints = [only("provider_type", ProviderType)]

    def __str__(self) -> str:
        return f"connection {self.pk}"
