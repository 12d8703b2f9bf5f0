"""What triggered an execution, in the words of a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipelines.core.arns import user_of
from pipelines.triggering import TRIGGER

if TYPE_CHECKING:
    from pipelines.models import PipelineExecution

SHOWN = 8  # characters of a commit's id


def triggered_by(execution: PipelineExecution) -> str:
    """Who, or which change of which repository; empty when nobody knows."""
    if execution.trigger_type != TRIGGER:
        return user_of(execution.trigger_detail)
    try:
        change = json.loads(execution.trigger_detail)
        ref = change.get("tag-name") or change["branch-name"]
        return f"{change['full-repository-name']} {ref} {change['commit-id'][:SHOWN]}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return execution.trigger_detail
