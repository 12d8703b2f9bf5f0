"""Action types and rule types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pipelines import action_types
from pipelines.api import paging
from pipelines.api.rendering import types as rendering
from pipelines.core.action_types import ActionTypeId
from pipelines.core.custom_types import id_of
from pipelines.core.refusals import ActionTypeNotFound
from pipelines.core.rule_types import RULE_TYPES
from pipelines.core.tags import tag_list
from pipelines.providers import ACTION_TYPES

if TYPE_CHECKING:
    from pipelines.core.rights import Caller

# What a custom action type is made of, as AWS spells it.
MEMBERS = {
    "category": "category",
    "provider": "provider",
    "version": "version",
    "settings": "settings",
    "configuration_properties": "configurationProperties",
    "input_artifact_details": "inputArtifactDetails",
    "output_artifact_details": "outputArtifactDetails",
}
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
    types = action_types.known()
    after = [str(part) for part in paging.read_token(next_token, of=of) or []]
    listed = [
        each
        for each in sorted(types)
        if action_owner_filter in {None, each.owner} and list(each) > after
    ]
    page, more = paging.cut(listed[: PAGE_SIZE + 1], PAGE_SIZE, of=of, position=list)
    return {"actionTypes": [rendering.action_type(types[each]) for each in page], **more}


def create_custom_action_type(
    *, by: Caller, tags: list[dict[str, str]] | None = None, **definition: Any
) -> dict[str, Any]:
    """API_CreateCustomActionType."""
    given = {MEMBERS[name]: value for name, value in definition.items()}
    row = action_types.create(given, tags=tags or [], by=by)
    listed = {"tags": tag_list(row.tags)} if row.tags else {}
    return {"actionType": rendering.action_type(row.action_type), **listed}


def delete_custom_action_type(*, by: Caller, category: str, provider: str, version: str) -> None:
    """API_DeleteCustomActionType."""
    action_types.delete(id_of(category, provider, version), by=by)


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
