"""Who comes in: people with their roles, and the access keys that requests are signed with."""

from __future__ import annotations

import base64
import json
import os
import secrets
import string
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from pipelines.core.arns import user_arn
from pipelines.core.rights import Caller, Role
from pipelines.models import AccessKey

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_KEY_ALPHABET = string.ascii_uppercase + "234567"


def caller_of(user: User | AnonymousUser) -> Caller:
    """A user with the roles that the groups of the same names give; a superuser has them all."""
    arn = user_arn(account_id=settings.PENSTOCK_ACCOUNT_ID, username=user.get_username())
    if getattr(user, "is_superuser", False):
        return Caller(arn=arn, roles=frozenset(Role))
    groups: set[str] = set(user.groups.values_list("name", flat=True))
    return Caller(arn=arn, roles=frozenset(role for role in Role if role in groups))


def create_key(user: User, *, access_key_id: str = "", secret: str = "") -> tuple[str, str]:
    """A new access key of the user: (id, secret), random where not given.

    The secret is shown here and never again.
    """
    access_key_id = access_key_id or "AKIA" + "".join(
        secrets.choice(_KEY_ALPHABET) for _ in range(16)
    )
    secret = secret or base64.b64encode(secrets.token_bytes(30)).decode()
    AccessKey.objects.update_or_create(
        access_key_id=access_key_id,
        defaults={"user": user, "sealed_secret": _seal(access_key_id, secret)},
    )
    return access_key_id, secret


def secret_of(key: AccessKey) -> str:
    """The secret in the clear.  Raises ValueError when it was sealed for another key or site."""
    try:
        opened = json.loads(_fernet().decrypt(bytes(key.sealed_secret)))
    except InvalidToken:
        raise ValueError("The secret was sealed with another key file.") from None
    if opened["id"] != key.access_key_id:
        raise ValueError("The secret belongs to another access key.")
    return str(opened["secret"])


def _seal(access_key_id: str, secret: str) -> bytes:
    """The id is sealed with it, so that rows cannot be swapped."""
    return _fernet().encrypt(json.dumps({"id": access_key_id, "secret": secret}).encode())


def _fernet() -> Fernet:
    """The site's key, made when first needed; only its owner may read the file."""
    path = Path(settings.PENSTOCK_HOME) / "secrets" / "access_keys"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    return Fernet(path.read_bytes().strip())


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
