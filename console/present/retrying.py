"""What retrying a stage would do, in words for its dialog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.present.statuses import StatusWords, action_words
from pipelines.core.statuses import ActionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from console.present.canvas import StageCard
    from console.present.conditions import ConditionRow
    from console.present.leftovers import Leftover

RERUN = frozenset({action_words(ActionStatus.FAILED), action_words(ActionStatus.ABANDONED)})
NEVER = "No execution has entered the stage, so there is nothing to retry."


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPreview:
    """One stage, and its actions by what a retry does with them."""

    execution_id: UUID | None
    words: StatusWords  # of the stage now
    refusal: str  # why it cannot be retried; empty when it can
    again: tuple[str, ...]  # failed or abandoned
    follow: tuple[str, ...]  # never started
    kept: tuple[str, ...]  # succeeded, and not run again unless all are
    checks: tuple[str, ...]  # conditions that are checked again
    still_running: tuple[Leftover, ...]  # work that a retry would start a second time


def retry_preview(stage: StageCard, leftovers: Iterable[Leftover]) -> RetryPreview:
    cards = [card for group in stage.groups for card in group]
    started = [card for card in cards if card.id]
    return RetryPreview(
        execution_id=stage.execution_id,
        words=stage.words,
        refusal=_refusal(stage),
        again=tuple(card.name for card in started if card.words in RERUN),
        follow=tuple(card.name for card in cards if not card.id),
        kept=tuple(card.name for card in started if card.words not in RERUN),
        checks=tuple(
            condition.label.lower() for condition in stage.conditions if is_checked_again(condition)
        ),
        still_running=tuple(left for left in leftovers if left.stage_name == stage.name),
    )


def is_checked_again(condition: ConditionRow) -> bool:
    """An entry that was open once is not looked at again."""
    return condition.is_checked and not (condition.comes_first and condition.is_met)


def _refusal(stage: StageCard) -> str:
    if stage.retry:
        return stage.retry.refusal
    return (
        f"The stage cannot be retried: its status is {stage.words.label}."
        if stage.execution_id
        else NEVER
    )
