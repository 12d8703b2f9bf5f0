"""Action types and rule types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pipelines.api import paging
from pipelines.api.rendering import types as rendering
from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import ActionTypeNotFound
from pipelines.core.rule_types import RULE_TYPES
from pipelines.providers import ACTION_TYPES

if TYPE_CHECKING:
    from pipelines.core.rights import Caller

PAGE_SIZE = 25  # AWS does not say how long its pages are, and lets nobody choose


def get_action_type(
    *, by: Caller, category: str, owner: str, provider: str, version: str
) -> NoReturn:
    """Refuse: nobody has created a type with an integration model here.

    The operation is for the owners of such types (AWS page "Working with action types"); what it
    answers names the Lambda function or the job worker that does the work, and what is built in
    is done by neither.
    """
    type_id = ActionTypeId(category, owner, provider, version)
    message = (
        f"ActionType (Category: '{category}', Owner: '{owner}', Provider: '{provider}',"
        f" Version: '{version}') is not available"
    )
    if type_id in ACTION_TYPES:
        message += (
            " to GetActionType: it is built in and was not created with an integration model"
            " (Lambda or JobWorker). ListActionTypes describes it."
        )
    raise ActionTypeNotFound(message)


def list_action_types(
    *,
    by: Caller,
    action_owner_filter: str | None = None,
    next_token: str | None = None,
    region_filter: str | None = None,
) -> dict[str, Any]:
    """The types of an owner, or all; those that there are, are in every region."""
    of = {
        "operation": "ListActionTypes",
        "owner": action_owner_filter,
        "region": region_filter,
    }
    after = [str(part) for part in paging.read_token(next_token, of=of) or []]
    listed = [
        each
        for each in sorted(ACTION_TYPES)
        if action_owner_filter in {None, each.owner} and list(each) > after
    ]
    page, more = paging.cut(listed[: PAGE_SIZE + 1], PAGE_SIZE, of=of, position=list)
    return {"actionTypes": [rendering.action_type(ACTION_TYPES[each]) for each in page], **more}


def list_rule_types(
    *,
    by: Caller,
    region_filter: str | None = None,
    rule_owner_filter: str | None = None,
) -> dict[str, Any]:
    """All of them at once: they are AWS's, and in every region."""
    return {
        "ruleTypes": [
            rendering.rule_type(each)
            for each in RULE_TYPES.values()
            if rule_owner_filter in {None, each.id.owner}
        ]
    }
