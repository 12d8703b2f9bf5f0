"""Leaving out what AWS leaves out, and cutting what it would not let through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The lengths of AWS's types.
SUMMARY = 2048  # ExecutionSummary, RevisionSummary
MESSAGE = 5000  # of ErrorDetails
TRIGGER_DETAIL = 1024
CHANGE_ID = 100  # RevisionChangeIdentifier


def filled(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without the members for which there is nothing to say: None, and texts that are empty."""
    return {name: value for name, value in members.items() if value not in (None, "")}
