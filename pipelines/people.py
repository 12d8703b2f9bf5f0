"""What one can do with people: create them, give them roles, deactivate and activate them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from pipelines import access
from pipelines.core.refusals import InvalidRequest, Refusal
from pipelines.core.rights import Role
from pipelines.core.shapes import UNSTORABLE

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from pipelines.core.rights import Caller


class PersonNotFound(Refusal):
    """NoSuchEntityException of IAM."""


class PersonExists(Refusal):
    """EntityAlreadyExistsException of IAM."""


class NobodyLeft(Refusal):
    """There would be no administrator any more, or the one who asks would be out."""


def everybody(*, by: Caller) -> QuerySet[User]:
    """All users with their groups, by name.  Raises AccessDenied."""
    by.check_admin("ListUsers", on="*")
    return get_user_model().objects.prefetch_related("groups").order_by("username")


def get(username: str, *, by: Caller) -> User:
    """Raises AccessDenied or PersonNotFound."""
    by.check_admin("GetUser", on=access.arn_of(username))
    return _found(get_user_model().objects.prefetch_related("groups"), username)


def roles_of(user: User) -> frozenset[Role]:
    """Costs no query when the groups were fetched with the user."""
    groups = {group.name for group in user.groups.all()}
    is_superuser = user.is_superuser
    return access.caller(user.username, groups=groups, is_superuser=is_superuser).roles


def administrators() -> QuerySet[User]:
    """Those who can give roles to others."""
    is_admin = Q(is_superuser=True) | Q(groups__name=Role.ADMIN)
    return get_user_model().objects.filter(is_admin, is_active=True).distinct().order_by("username")


def create(username: str, *, password: str, roles: Collection[Role], by: Caller) -> User:
    """A new user, who can sign in with the password; without one, only access keys are of use.

    Raises AccessDenied, InvalidRequest or PersonExists.
    """
    by.check_admin("CreateUser", on=access.arn_of(username))
    _check(username, password)
    try:
        return _create(username, password, roles)
    except IntegrityError:
        raise PersonExists(f"User with name {username} already exists.") from None


@transaction.atomic
def set_roles(username: str, roles: Collection[Role], *, by: Caller) -> None:
    """These roles and no others.

    Raises AccessDenied, PersonNotFound, NobodyLeft, or InvalidRequest for a superuser, who has
    them all in any case.
    """
    by.check_admin("UpdateUser", on=access.arn_of(username))
    if get(username, by=by).is_superuser:
        raise InvalidRequest(f"{username} is a superuser, who has every role.")
    if Role.ADMIN not in roles:
        _check_others_administer(username)
    _give(locked(username), roles)


@transaction.atomic
def deactivate(username: str, *, by: Caller) -> None:
    """The user's sessions and access keys are refused from now on.

    Raises AccessDenied, PersonNotFound or NobodyLeft.
    """
    by.check_admin("UpdateUser", on=access.arn_of(username))
    if access.arn_of(username) == by.arn:
        raise NobodyLeft("You cannot deactivate yourself; another administrator can.")
    _check_others_administer(username)
    user = locked(username)
    user.is_active = False
    user.save(update_fields=["is_active"])


@transaction.atomic
def activate(username: str, *, by: Caller) -> None:
    """The user may sign in again, and access keys that are enabled work.

    Raises AccessDenied or PersonNotFound.
    """
    by.check_admin("UpdateUser", on=access.arn_of(username))
    user = locked(username)
    user.is_active = True
    user.save(update_fields=["is_active"])


def locked(username: str) -> User:
    """The user's row under its lock; call it inside a transaction.  Raises PersonNotFound."""
    return _found(get_user_model().objects.select_for_update(), username)


def _found(users: QuerySet[User], username: str) -> User:
    user = None if UNSTORABLE.search(username) else users.filter(username=username).first()
    if user is None:
        raise PersonNotFound(f"The user with name {username} cannot be found.")
    return user


@transaction.atomic
def _create(username: str, password: str, roles: Collection[Role]) -> User:
    user = get_user_model()(username=username)
    user.set_password(password or None)
    user.save(force_insert=True)
    _give(user, roles)
    return user


def _give(user: User, roles: Collection[Role]) -> None:
    """A group for each role; groups that are no roles are left as they are."""
    wanted = [Group.objects.get_or_create(name=role.value)[0] for role in roles]
    others = user.groups.exclude(name__in=[role.value for role in Role])
    user.groups.set([*others, *wanted])


def _check_others_administer(username: str) -> None:
    """All administrators are locked, so that two cannot put one another out at the same time."""
    locks = get_user_model().objects.select_for_update().order_by("pk")
    list(locks.filter(pk__in=list(administrators().values_list("pk", flat=True))))
    if list(administrators().values_list("username", flat=True)) == [username]:
        raise NobodyLeft(f"{username} is the only administrator, and has to stay one.")


def _check(username: str, password: str) -> None:
    """What Django asks of a user name and of a password."""
    user = get_user_model()(username=username)
    try:
        user.clean_fields(exclude=["password"])
        if password:
            password_validation.validate_password(password, user)
    except ValidationError as problem:
        raise InvalidRequest(" ".join(problem.messages)) from None
