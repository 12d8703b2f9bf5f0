"""Secrets at rest: what is stored sealed can be read with the site's key file only.

The file has one Fernet key a line.  The first seals; all of them open, so a key is changed by
putting a new one above the old.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction

from pipelines.models import PipelineVersion

if TYPE_CHECKING:
    from pipelines.core.structure_secrets import Secrets


class Unreadable(Exception):
    """A secret cannot be opened; the message says why."""


def seal(value: Any, *, of: str) -> str:
    """What JSON can say, unreadable; `of` is who it belongs to, so that rows cannot be swapped."""
    return _keys().encrypt(json.dumps({"of": of, "value": value}).encode()).decode()


def unseal(sealed: str, *, of: str) -> Any:
    """What was sealed.  Raises Unreadable when it was sealed for another owner or another site."""
    try:
        opened = json.loads(_keys().decrypt(sealed))
    except InvalidToken:
        raise Unreadable("The secret was sealed with another key file.") from None
    if opened["of"] != of:
        raise Unreadable("The secret belongs to something else.")
    return opened["value"]


def seal_in(row: PipelineVersion, taken_out: Secrets) -> None:
    """Put the secrets of a version into its row; does not save."""
    row.sealed_secrets = seal(taken_out, of=str(row)) if taken_out else ""


def secrets_of(row: PipelineVersion) -> Secrets:
    """The secrets of a version in the clear.  Raises Unreadable as `unseal` does."""
    found: Secrets = unseal(row.sealed_secrets, of=str(row)) if row.sealed_secrets else {}
    return found


@transaction.atomic
def reseal_all() -> int:
    """Seal every secret with the first key of the file; how many versions have some.

    Raises Unreadable, and changes nothing, when one cannot be opened.
    """
    sealed = PipelineVersion.objects.exclude(sealed_secrets="").select_related("pipeline")
    rows = list(sealed.select_for_update(of=("self",)))
    for row in rows:
        seal_in(row, secrets_of(row))
        row.save(update_fields=["sealed_secrets"])
    return len(rows)


def _keys() -> MultiFernet:
    path = Path(settings.PENSTOCK_HOME) / "secrets" / "access_keys"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    return MultiFernet([Fernet(line) for line in path.read_bytes().split()])


def _make(path: Path) -> None:
    """Two processes may try at once: the first to link its file wins, the other uses that."""
    own = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    own.touch(mode=0o600)
    own.write_bytes(Fernet.generate_key())
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
