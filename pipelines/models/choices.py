"""How an enum of the core becomes the choices and the constraint of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from enum import StrEnum


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


def only(field: str, enum: type[StrEnum], *, or_blank: bool = False) -> models.CheckConstraint:
    """The database refuses a value that AWS's vocabulary does not have."""
    values = [member.value for member in enum] + [""] * or_blank
    return models.CheckConstraint(
        name=f"%(class)s_{field}_is_known", condition=models.Q(**{f"{field}__in": values})
    )


def enum_field(enum: type[StrEnum], **options: Any) -> Any:
    """A short text column that holds one member of the enum."""
    return models.CharField(max_length=24, choices=choices(enum), **options)
