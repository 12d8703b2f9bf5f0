"""Tags of pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.core.refusals import NotServed

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def list_tags_for_resource(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("list_tags_for_resource is not available yet.")


def tag_resource(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("tag_resource is not available yet.")


def untag_resource(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("untag_resource is not available yet.")
