"""Tags of pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines import tags as resource_tags
from pipelines.api import paging
from pipelines.core.tags import tag_list

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def list_tags_for_resource(
    *,
    by: Caller,
    resource_arn: str,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """API_ListTagsForResource: all of them on one page, so no token was ever given."""
    paging.read_token(next_token, of={"operation": "ListTagsForResource", "of": resource_arn})
    return {"tags": tag_list(resource_tags.of(resource_arn, by=by))}


def tag_resource(*, by: Caller, resource_arn: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    """API_TagResource."""
    resource_tags.put(resource_arn, tags, by=by)
    return {}


def untag_resource(*, by: Caller, resource_arn: str, tag_keys: list[str]) -> dict[str, Any]:
    """API_UntagResource."""
    resource_tags.remove(resource_arn, tag_keys, by=by)
    return {}
