"""Secrets in rows, sealed: of definitions, of connections and of targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models

from pipelines import places, sealing
from pipelines.models import (
    AccessKey,
    Connection,
    ConnectionHook,
    EventTarget,
    PipelineVersion,
    Webhook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.models import QuerySet

    from pipelines.core.structure_secrets import Secrets

# Every column of what `seal` made; its owner is the row, as it calls itself.
_SEALED: dict[type[models.Model], str] = {
    PipelineVersion: "sealed_secrets",
    EventTarget: "sealed_secret",
    Webhook: "sealed_secret",
    Connection: "sealed_credential",
    ConnectionHook: "sealed_secret",
}


def key_file() -> Path:
    """The site's file of keys: made for the first secret, and missed when it goes later."""
    path = places.sealing_keys()
    if not AccessKey.objects.exists() and not any(rows.exists() for rows, _ in _sealed()):
        sealing.make(path)
    return path


def seal(value: Any, *, of: str) -> str:
    """What JSON can say, unreadable; `of` is who it belongs to, so that rows cannot be swapped.

    Raises Unreadable when the file of keys is gone.
    """
    return sealing.seal(key_file(), json.dumps({"of": of, "value": value}).encode()).decode()


def unseal(sealed: str, *, of: str) -> Any:
    """What was sealed.  Raises Unreadable when it was sealed for another owner or another site."""
    opened = json.loads(sealing.unseal(places.sealing_keys(), sealed.encode()))
    if opened["of"] != of:
        raise sealing.Unreadable("The secret belongs to something else.")
    return opened["value"]


def seal_in(row: PipelineVersion, taken_out: Secrets) -> None:
    """Put the secrets of a version into its row; does not save."""
    row.sealed_secrets = seal(taken_out, of=str(row)) if taken_out else ""


def secrets_of(row: PipelineVersion) -> Secrets:
    """The secrets of a version in the clear.  Raises Unreadable as `unseal` does."""
    found: Secrets = unseal(row.sealed_secrets, of=str(row)) if row.sealed_secrets else {}
    return found


def check_readable() -> None:
    """Raises Unreadable, with the row's name, when a secret that is stored cannot be opened."""
    for rows, column in _sealed():
        for row in rows.iterator():
            try:
                unseal(getattr(row, column), of=str(row))
            except sealing.Unreadable as problem:
                raise sealing.Unreadable(
                    f"The secrets of {row} cannot be read. {problem}"
                ) from None


def reseal() -> int:
    """Seal every secret with the newest key, in the caller's transaction; how many rows have some.

    Raises Unreadable when one cannot be opened.
    """
    count = 0
    for rows, column in _sealed():
        for row in rows.select_for_update(of=("self",)):
            opened = unseal(getattr(row, column), of=str(row))
            setattr(row, column, seal(opened, of=str(row)))
            row.save(update_fields=[column])
            count += 1
    return count


def _sealed() -> Iterator[tuple[QuerySet[Any], str]]:
    """The rows that have a secret, and the column that it is in."""
    for model, column in _SEALED.items():
        rows = models.QuerySet[Any](model).exclude(**{column: ""})
        yield (rows.select_related("pipeline") if model is PipelineVersion else rows), column
