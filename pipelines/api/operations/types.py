"""Action types and rule types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.core.refusals import NotServed

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def get_action_type(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("get_action_type is not available yet.")


def list_action_types(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("list_action_types is not available yet.")


def list_rule_types(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("list_rule_types is not available yet.")
