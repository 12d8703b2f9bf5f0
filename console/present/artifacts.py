"""The artifacts that an execution has made so far: by which action, how large, where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.present.action import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from pipelines.models import ActionExecution


class MadeArtifact(NamedTuple):
    """One output artifact."""

    name: str
    action_id: UUID
    action_name: str
    stage_name: str
    key: str
    size: int | None  # bytes; None when it is not in the store any more
    made_at: datetime | None


def artifacts_of(actions: Iterable[ActionExecution]) -> tuple[MadeArtifact, ...]:
    """Those that count: what a retry has made again is left out of it; in the order of making."""
    latest = (action for action in actions if action.is_latest)
    return tuple(
        MadeArtifact(
            name=name,
            action_id=action.pk,
            action_name=action.action_name,
            stage_name=action.stage_name,
            key=key,
            size=size_of(key),
            made_at=action.ended_at,
        )
        for action in sorted(latest, key=lambda action: action.ended_at or action.started_at)
        for name, key in action.output_artifacts.items()
    )
