"""Job workers of partners: who does the work of an action type of the owner ThirdParty here."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from pipelines.core.action_types import THIRD_PARTY, ActionTypeId

if TYPE_CHECKING:
    from datetime import datetime


class PartnerWorkerQuerySet(models.QuerySet["PartnerWorker"]):
    def of(self, type_id: ActionTypeId) -> Self:
        """One or none; none for a type that is no partner's."""
        category, owner, provider, version = type_id
        if owner != THIRD_PARTY:
            return self.none()
        return self.filter(category=category, provider=provider, version=version)


class PartnerWorker(models.Model):
    """A worker of an action type; while there is none, such actions fail and say so."""

    category = models.CharField(max_length=24)
    provider = models.CharField(max_length=35)
    version = models.CharField(max_length=9)
    client_id = models.UUIDField(default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64)  # SHA-256 of the client token, which is random
    registered_by = models.CharField(max_length=2048)
    registered_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(
        default=timezone.now
    )

    objects = PartnerWorkerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "provider", "version"], name="one_worker_of_a_partner_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category}/{self.provider}/{self.version}"

    @property
    def type_id(self) -> ActionTypeId:
        return ActionTypeId(self.category, THIRD_PARTY, self.provider, self.version)
