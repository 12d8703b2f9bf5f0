"""Connections as the list shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.forms.connections import LABELS
from pipelines import connections
from pipelines.core.connections import ProviderType, is_ssh

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import Connection

SHOWN = 10  # branches that a sentence names


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One connection of the list."""

    id: UUID
    arn: str
    name: str
    provider: str
    base_url: str
    credential: str  # what there is, never what it is
    updated_at: datetime


def rows_of(rows: Iterable[Connection]) -> tuple[ConnectionRow, ...]:
    return tuple(_row(row) for row in rows)


def found(full_id: str, branches: Sequence[str]) -> str:
    """What a host answered."""
    if not branches:
        return f"The host has {full_id}, and it has no branches yet."
    more = len(branches) - SHOWN
    named = ", ".join(branches[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    number = "1 branch" if len(branches) == 1 else f"{len(branches)} branches"
    return f"The host has {full_id} with {number}: {named}."


def _row(row: Connection) -> ConnectionRow:
    return ConnectionRow(
        id=row.pk,
        arn=connections.arn_of(row.pk),
        name=row.name,
        provider=LABELS[ProviderType(row.provider_type)],
        base_url=row.base_url,
        credential=_credential(row),
        updated_at=row.updated_at,
    )


def _credential(row: Connection) -> str:
    if not row.sealed_credential:
        return "None"
    if is_ssh(row.base_url):
        return "SSH key"
    return f"Token of {row.username}" if row.username else "Token"
