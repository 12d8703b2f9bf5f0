"""The hooks of connections: how a git host proves that a request is its own."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from pipelines.models.connections import Connection


class ConnectionHook(models.Model):
    """The secret that the host of a connection signs with, or sends along."""

    connection = models.OneToOneField(
        Connection, models.CASCADE, primary_key=True, related_name="+"
    )
    sealed_secret = models.TextField()
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=2048)

    def __str__(self) -> str:
        return f"hook of connection {self.connection_id}"
