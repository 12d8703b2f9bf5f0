"""The people of the page People, and what each role lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines import access, people
from pipelines.core.rights import Role

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.contrib.auth.models import User

    from pipelines.core.rights import Caller

ROLES = {
    Role.READ: "See pipelines, executions and logs.",
    Role.OPERATE: "Release changes, stop and wait, retry, answer approvals, enable and disable"
    " transitions; and read.",
    Role.ABANDON: "Stop and abandon, and end what was left running, together with operate. It can"
    " leave work half done.",
    Role.WORK: "For job workers: take jobs and report on them.",
    Role.EDIT: "Create, change and delete pipelines, action types, webhooks and tags; and read.",
    Role.ADMIN: "All of that, and people, their roles and everybody’s access keys.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One row of the list."""

    username: str
    is_active: bool
    is_me: bool
    is_superuser: bool
    can_sign_in: bool
    roles: tuple[str, ...]
    keys: int
    last_seen_at: datetime | None


def persons(users: Iterable[User], *, seen_by: Caller) -> list[Person]:
    """`users` with their groups and their number of keys, as `number_of_keys`."""
    return [_person(user, seen_by=seen_by) for user in users]


def _person(user: User, *, seen_by: Caller) -> Person:
    roles = people.roles_of(user)
    return Person(
        username=user.username,
        is_active=user.is_active,
        is_me=access.arn_of(user.username) == seen_by.arn,
        is_superuser=user.is_superuser,
        can_sign_in=user.has_usable_password(),
        roles=tuple(role.value for role in Role if role in roles),
        keys=getattr(user, "number_of_keys", 0),
        last_seen_at=user.last_login,
    )
