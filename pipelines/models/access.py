"""Access keys: what the AWS CLI and SDKs sign their requests with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class AccessKey(models.Model):
    """One key of one user.  The secret is needed to verify signatures, so it is kept encrypted."""

    access_key_id = models.CharField(max_length=128, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_keys")
    sealed_secret = models.BinaryField()
    description = models.CharField(max_length=256, blank=True, default="")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute: see access_keys

    def __str__(self) -> str:
        return self.access_key_id
