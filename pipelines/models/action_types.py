"""Custom action types, those that were deleted included: their versions are not free again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.utils import timezone

from pipelines.core.action_types import CUSTOM
from pipelines.core.custom_types import id_of, read
from pipelines.models.ordered_json import OrderedJSON

if TYPE_CHECKING:
    from pipelines.core.action_types import ActionType, ActionTypeId


class CustomActionTypeQuerySet(models.QuerySet["CustomActionType"]):
    def named(self, type_id: ActionTypeId) -> Self:
        """One or none; none for a type that is not custom."""
        category, owner, provider, version = type_id
        if owner != CUSTOM:
            return self.none()
        return self.filter(category=category, provider=provider, version=version)

    def usable(self) -> Self:
        """Without those that were deleted."""
        return self.filter(deleted_at=None)


class CustomActionType(models.Model):
    """An action type that somebody has created; job workers do the work of its actions."""

    category = models.CharField(max_length=24)
    provider = models.CharField(max_length=35)
    version = models.CharField(max_length=9)
    definition = OrderedJSON()  # `core.custom_types`
    tags = OrderedJSON(default=dict)  # key -> value
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=2048)
    deleted_at = models.DateTimeField(null=True)

    objects = CustomActionTypeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "provider", "version"], name="one_row_per_custom_action_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category}/{self.provider}/{self.version}"

    @property
    def type_id(self) -> ActionTypeId:
        return id_of(self.category, self.provider, self.version)

    @property
    def action_type(self) -> ActionType:
        return read(self.definition)
