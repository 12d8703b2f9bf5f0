"""Pipelines: create, read, change, list and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.core.refusals import NotServed

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def create_pipeline(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("create_pipeline is not available yet.")


def delete_pipeline(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("delete_pipeline is not available yet.")


def get_pipeline(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("get_pipeline is not available yet.")


def list_pipelines(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("list_pipelines is not available yet.")


def update_pipeline(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("update_pipeline is not available yet.")
