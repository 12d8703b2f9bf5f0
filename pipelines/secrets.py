"""The secrets of definitions: what a version had taken out of it, sealed in its row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipelines import places, sealing
from pipelines.models import AccessKey, PipelineVersion

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.models import QuerySet

    from pipelines.core.structure_secrets import Secrets


def key_file() -> Path:
    """The site's file of keys: made for the first secret, and missed when it goes later."""
    path, sealed = places.sealing_keys(), PipelineVersion.objects.exclude(sealed_secrets="")
    if not AccessKey.objects.exists() and not sealed.exists():
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
    """Raises Unreadable, with the version's name, when a secret that is stored cannot be opened."""
    for row in _sealed():
        try:
            secrets_of(row)
        except sealing.Unreadable as problem:
            raise sealing.Unreadable(f"The secrets of {row} cannot be read. {problem}") from None


def reseal() -> int:
    """Seal every secret with the newest key, in the caller's transaction; how many rows have some.

    Raises Unreadable when one cannot be opened.
    """
    rows = list(_sealed().select_for_update(of=("self",)))
    for row in rows:
        seal_in(row, secrets_of(row))
        row.save(update_fields=["sealed_secrets"])
    return len(rows)


def _sealed() -> QuerySet[PipelineVersion]:
    return PipelineVersion.objects.exclude(sealed_secrets="").select_related("pipeline")
