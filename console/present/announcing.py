"""What a screen reader is told when a page changes by itself: stages that got another status."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.present.canvas import Canvas, StageCard


def shown(canvas: Canvas) -> str:
    """What a page gives back with its next poll: each stage's execution and status."""
    return ",".join(_shown(stage) for stage in canvas.stages)


def news(before: str, canvas: Canvas) -> str:
    """In words, how the stages differ from what was shown; empty when they do not."""
    pairs = zip_longest(before.split(","), canvas.stages)
    changed = (stage for was, stage in pairs if stage and was and was != _shown(stage))
    return " ".join(_sentence(stage) for stage in changed)


def _shown(stage: StageCard) -> str:
    return f"{str(stage.execution_id or '')[:8]}:{stage.words.label}"


def _sentence(stage: StageCard) -> str:
    execution = f", execution {str(stage.execution_id)[:8]}" if stage.execution_id else ""
    return f"{stage.name}: {stage.words.label}{execution}."
