"""What one can do with action types: know them all, create and delete custom ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from pipelines import patience
from pipelines.core import custom_types
from pipelines.core.arns import action_type_arn
from pipelines.core.refusals import (
    ActionTypeNotFound,
    ConcurrentModification,
    InvalidRequest,
    LimitExceeded,
)
from pipelines.core.tags import check_number, read_tags
from pipelines.models import CustomActionType
from pipelines.providers import ACTION_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.core.action_types import ActionType, ActionTypeId
    from pipelines.core.rights import Caller


def known() -> dict[ActionTypeId, ActionType]:
    """Every action type that a definition may use: the built-in ones and the custom ones.

    One query, and nothing is kept: another process may have created or deleted some meanwhile.
    """
    custom = (row.action_type for row in CustomActionType.objects.usable())
    return {**{each.id: each for each in custom}, **ACTION_TYPES}


def arn_of(type_id: ActionTypeId) -> str:
    return action_type_arn(
        region=settings.PENSTOCK_REGION, account_id=settings.PENSTOCK_ACCOUNT_ID, type_id=type_id
    )


def usable(type_id: ActionTypeId) -> ActionType:
    """A custom type that has not been deleted.  Raises ActionTypeNotFound."""
    row = CustomActionType.objects.named(type_id).usable().first()
    if row is None:
        category, owner, provider, version = type_id
        raise ActionTypeNotFound(
            f"ActionType (Category: '{category}', Provider: '{provider}', Owner: '{owner}',"
            f" Version: '{version}') is not available"
        )
    return row.action_type


def create(
    definition: Mapping[str, Any], *, by: Caller, tags: Sequence[Mapping[str, Any]] = ()
) -> CustomActionType:
    """Create a custom action type, or restore one that was deleted and is given as it was.

    `definition` and `tags` are the members of CreateCustomActionType.  Raises AccessDenied,
    InvalidRequest (also for one that exists: the service model lists no other error), InvalidTags,
    TooManyTags, LimitExceeded, or ConcurrentModification when the database is busy.
    """
    by.check("CreateCustomActionType")
    custom_types.check(definition)
    type_id = custom_types.read(definition).id
    given = read_tags(tags)
    check_number(given, arn=arn_of(type_id))
    row = CustomActionType(
        category=type_id.category,
        provider=type_id.provider,
        version=type_id.version,
        definition=dict(definition),
        tags=given,
        created_by=by.arn,
    )
    try:
        return _create(row)
    except IntegrityError as taken:  # somebody else was faster
        raise _exists(row) from taken


@patience.limited(ConcurrentModification)
def delete(type_id: ActionTypeId, *, by: Caller) -> None:
    """Mark a custom action type as deleted; one that is unknown is fine, too.

    Nobody can poll for its jobs any more, and definitions cannot use it.  Jobs that a worker has
    are finished as usual.  Raises AccessDenied, or ConcurrentModification.
    """
    by.check("DeleteCustomActionType", on=arn_of(type_id))
    CustomActionType.objects.named(type_id).usable().update(deleted_at=timezone.now())


@patience.limited(ConcurrentModification)
def _create(row: CustomActionType) -> CustomActionType:
    """A version that was deleted means what it meant: there may be pipelines that use it."""
    before = CustomActionType.objects.select_for_update().named(row.type_id).first()
    if before and before.deleted_at is None:
        raise _exists(row)
    if before and before.definition != row.definition:
        raise InvalidRequest(
            f"The action type {row} was deleted, and this definition is different from what it"
            " was. Give the same definition to restore it, or another version."
        )
    if CustomActionType.objects.usable().count() >= custom_types.MAX_TYPES:
        raise LimitExceeded(
            f"Account '{settings.PENSTOCK_ACCOUNT_ID}' has {custom_types.MAX_TYPES} custom action"
            " types, and there can be no more"
        )
    if before is None:
        row.save(force_insert=True)
        return row
    before.deleted_at, before.tags = None, row.tags
    before.save(update_fields=["deleted_at", "tags"])
    return before


def _exists(row: CustomActionType) -> InvalidRequest:
    return InvalidRequest(
        f"ActionType (Category: '{row.category}', Provider: '{row.provider}', Owner: 'Custom',"
        f" Version: '{row.version}') already exists"
    )
