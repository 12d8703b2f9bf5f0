"""What one can do with access keys: list, create, disable, enable and delete them."""

from __future__ import annotations

import base64
import re
import secrets
import shlex
import string
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction

from pipelines import access, keyring, people
from pipelines.core.refusals import InvalidRequest, Refusal
from pipelines.core.shapes import UNSTORABLE
from pipelines.models import AccessKey

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from pipelines.core.rights import Caller

MOST_KEYS = 5  # of one user; AWS allows two
DESCRIPTION_LIMIT = 256
_ALPHABET = string.ascii_uppercase + "234567"
_ID = re.compile(r"\w{1,128}", re.ASCII)


class AccessKeyNotFound(Refusal):
    """NoSuchEntityException of IAM."""


class TooManyAccessKeys(Refusal):
    """LimitExceededException of IAM."""


class AccessKeyExists(Refusal):
    """An access key of this id was made before; its secret is not shown again."""


def listed(*, by: Caller, username: str = "") -> QuerySet[AccessKey]:
    """The keys of the user, or without a name those of everybody; of each the newest first.

    Raises AccessDenied for those of others, unless an admin asks.
    """
    keys = AccessKey.objects.select_related("user").order_by("user__username", "-created_at")
    if not username:
        by.check_admin("ListAccessKeys", on="*")
        return keys
    by.check_own("ListAccessKeys", owner=access.arn_of(username))
    return keys.none() if UNSTORABLE.search(username) else keys.filter(user__username=username)


def new_id() -> str:
    """An id as AWS makes them, which no access key has yet."""
    return "AKIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def create(
    username: str, *, by: Caller, description: str = "", access_key_id: str = "", secret: str = ""
) -> tuple[str, str]:
    """A new access key of the user: (id, secret), random where not given.

    The secret is shown here and never again.  Raises AccessDenied, PersonNotFound, InvalidRequest,
    TooManyAccessKeys or AccessKeyExists.
    """
    by.check_own("CreateAccessKey", owner=access.arn_of(username))
    access_key_id = access_key_id or new_id()
    _check(access_key_id, description)
    secret = secret or base64.b64encode(secrets.token_bytes(30)).decode()
    try:
        _create(username, access_key_id, secret, description)
    except IntegrityError:
        raise AccessKeyExists(
            f"The access key {access_key_id} exists already. Its secret was shown when it was"
            " created, and is not shown again."
        ) from None
    return access_key_id, secret


def get(access_key_id: str, *, by: Caller) -> AccessKey:
    """One key; somebody else's is found by an admin only.

    Raises AccessKeyNotFound, and so do the three below.
    """
    keys = AccessKey.objects.select_related("user")
    key = keys.filter(pk=access_key_id).first() if _ID.fullmatch(access_key_id) else None
    is_mine = key is not None and access.arn_of(key.user.get_username()) == by.arn
    if key is None or not (is_mine or by.is_admin):
        raise AccessKeyNotFound(f"The Access Key with id {access_key_id} cannot be found.")
    return key


def disable(access_key_id: str, *, by: Caller) -> None:
    """Requests signed with it are refused from now on."""
    AccessKey.objects.filter(pk=get(access_key_id, by=by).pk).update(is_enabled=False)


def enable(access_key_id: str, *, by: Caller) -> None:
    """Requests may be signed with it again."""
    AccessKey.objects.filter(pk=get(access_key_id, by=by).pk).update(is_enabled=True)


def delete(access_key_id: str, *, by: Caller) -> None:
    """Nothing is left of it."""
    get(access_key_id, by=by).delete()


def shell_lines(access_key_id: str, secret: str) -> str:
    """What points the AWS tools that are started in a shell at this Penstock."""
    return (
        f"export AWS_ENDPOINT_URL_CODEPIPELINE={settings.PENSTOCK_URL}\n"
        f"export AWS_DEFAULT_REGION={settings.PENSTOCK_REGION}\n"
        f"export AWS_ACCESS_KEY_ID={shlex.quote(access_key_id)}\n"
        f"export AWS_SECRET_ACCESS_KEY={shlex.quote(secret)}"
    )


@transaction.atomic
def _create(username: str, access_key_id: str, secret: str, description: str) -> None:
    user = people.locked(username)
    if user.access_keys.count() >= MOST_KEYS:
        raise TooManyAccessKeys(f"Cannot exceed quota for AccessKeysPerUser: {MOST_KEYS}")
    AccessKey(
        access_key_id=access_key_id,
        user=user,
        sealed_secret=keyring.seal(access_key_id, secret),
        description=description,
    ).save(force_insert=True)


def _check(access_key_id: str, description: str) -> None:
    if not _ID.fullmatch(access_key_id):
        raise InvalidRequest(
            "The id of an access key is up to 128 characters: letters, digits and underscores."
        )
    if len(description) > DESCRIPTION_LIMIT or UNSTORABLE.search(description):
        raise InvalidRequest(f"A description is up to {DESCRIPTION_LIMIT} characters of text.")
