"""What is read of a pipeline's state and of its executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.core.refusals import NotServed

if TYPE_CHECKING:
    from pipelines.core.rights import Caller


def get_pipeline_execution(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("get_pipeline_execution is not available yet.")


def get_pipeline_state(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("get_pipeline_state is not available yet.")


def list_action_executions(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("list_action_executions is not available yet.")


def list_pipeline_executions(*, by: Caller, **_given: Any) -> dict[str, Any]:
    raise NotServed("list_pipeline_executions is not available yet.")
