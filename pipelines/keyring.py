"""The access keys that requests are signed with: looking one up, and its secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q

from pipelines import access, places, sealing, secrets
from pipelines.models import AccessKey

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.core.rights import Caller

USED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is: reading shall not mean writing

# By hand, because every request waits for it: Django takes many times as long to make this text as
# the database takes to answer it.
_USABLE = """
    SELECT key.sealed_secret, key.last_used_at >= %s,
        person.username, person.is_superuser, role.name
    FROM pipelines_accesskey AS key
    JOIN auth_user AS person ON person.id = key.user_id
    LEFT JOIN auth_user_groups AS has ON has.user_id = person.id
    LEFT JOIN auth_group AS role ON role.id = has.group_id
    WHERE key.access_key_id = %s AND key.is_enabled AND person.is_active
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An access key that requests may be signed with, and who its requests come from."""

    access_key_id: str
    sealed_secret: bytes
    caller: Caller
    was_used_lately: bool


def usable(access_key_id: str, *, now: datetime) -> Key | None:
    """The key of that id; None when there is none, or it or its user is disabled.  One query.

    Nothing of it is remembered, so whatever is taken from somebody is gone with the next request.
    """
    lately = connection.ops.adapt_datetimefield_value(now - USED_EVERY)
    with connection.cursor() as cursor:
        cursor.execute(_USABLE, (lately, access_key_id))
        found = cursor.fetchall()
    if not found:
        return None
    sealed_secret, was_used_lately, username, is_superuser, _ = found[0]
    groups = {group for *_, group in found if group}
    return Key(
        access_key_id=access_key_id,
        sealed_secret=bytes(sealed_secret),
        caller=access.caller(username, groups=groups, is_superuser=bool(is_superuser)),
        was_used_lately=bool(was_used_lately),
    )


def used(key: Key, *, at: datetime) -> None:
    """Remember that a request was signed with it, to the minute."""
    if not key.was_used_lately:
        before = Q(last_used_at=None) | Q(last_used_at__lt=at)
        AccessKey.objects.filter(before, pk=key.access_key_id).update(last_used_at=at)


def seal(access_key_id: str, secret: str) -> bytes:
    """The id is sealed with the secret, so that rows cannot be swapped.

    Raises Unreadable when the file of keys is missing although there are secrets.
    """
    plain = json.dumps({"id": access_key_id, "secret": secret}).encode()
    return sealing.seal(secrets.key_file(), plain)


def secret_of(access_key_id: str, sealed_secret: bytes | memoryview) -> str:
    """The secret in the clear.  Raises Unreadable when it was sealed for another key or site."""
    opened = json.loads(sealing.unseal(places.sealing_keys(), bytes(sealed_secret)))
    if opened["id"] != access_key_id:
        raise sealing.Unreadable("It belongs to another access key.")
    return str(opened["secret"])


def check_readable() -> None:
    """Raises Unreadable, with the id of the key, when a secret that is stored cannot be opened."""
    for access_key_id, sealed in AccessKey.objects.values_list("access_key_id", "sealed_secret"):
        try:
            secret_of(access_key_id, sealed)
        except sealing.Unreadable as problem:
            raise sealing.Unreadable(
                f"The secret of access key {access_key_id} cannot be read. {problem}"
            ) from None
    secrets.check_readable()


def rotate() -> int:
    """Seal every secret anew, with a key that is made for it; how many there are.

    What is sealed meanwhile stays readable: the key before is kept until the next
    rotation.  Raises Unreadable, and changes nothing, when a secret cannot be opened now.
    """
    check_readable()
    path = places.sealing_keys()
    sealing.make(path)
    sealing.renew(path)
    with transaction.atomic():
        keys = list(AccessKey.objects.select_for_update().only("sealed_secret"))
        for key in keys:
            key.sealed_secret = sealing.reseal(path, bytes(key.sealed_secret))
            key.save(update_fields=["sealed_secret"])
        return len(keys) + secrets.reseal()
