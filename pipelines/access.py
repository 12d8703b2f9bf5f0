"""Who asks: people as callers, with the roles that the groups of the same names give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from pipelines.core.arns import root_arn, user_arn
from pipelines.core.rights import Caller, Role

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AnonymousUser, User


def arn_of(username: str) -> str:
    """The ARN of a user of that name, whether there is one or not."""
    return user_arn(account_id=settings.PENSTOCK_ACCOUNT_ID, username=username)


def caller_of(user: User | AnonymousUser) -> Caller:
    """A user with the roles that the user's groups give; a superuser has them all."""
    if getattr(user, "is_superuser", False):
        return caller(user.get_username(), groups=(), is_superuser=True)
    groups: set[str] = set(user.groups.values_list("name", flat=True))
    return caller(user.get_username(), groups=groups, is_superuser=False)


def caller(username: str, *, groups: Collection[str], is_superuser: bool) -> Caller:
    """The same for who knows the groups already."""
    roles = (role for role in Role if is_superuser or role in groups)
    return Caller(arn=arn_of(username), roles=frozenset(roles))


def root() -> Caller:
    """Whoever works on the command line of this machine, and may do everything."""
    arn = root_arn(account_id=settings.PENSTOCK_ACCOUNT_ID)
    return Caller(arn=arn, roles=frozenset(Role))
