"""The action cards of a stage: what each action is, does, did, or left behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from console.present.revisions import first_line, safe_link
from console.present.statuses import (
    ACTION,
    DID_NOT_RUN,
    NOT_STARTED,
    WAITING_FOR_APPROVAL,
    StatusWords,
    action_words,
)
from pipelines.core.statuses import ActionStatus
from pipelines.providers import ACTION_TYPES, Dispatch, dispatch_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipelines.core.action_types import ActionTypeId
    from pipelines.core.plan import ActionPlan, StagePlan
    from pipelines.models import ActionExecution

# In which order a stage counts its actions.
COUNTED = (
    ACTION[ActionStatus.IN_PROGRESS],
    WAITING_FOR_APPROVAL,
    ACTION[ActionStatus.FAILED],
    ACTION[ActionStatus.ABANDONED],
    ACTION[ActionStatus.SUCCEEDED],
    NOT_STARTED,
    DID_NOT_RUN,
)


TINTS = {"progress": "info", "waiting": "info", "failed": "error", "abandoned": "warning"}


class Count(NamedTuple):
    """How many actions of a stage are in one state."""

    words: StatusWords
    number: int

    @property
    def tint(self) -> str:
        """Empty for what needs nobody's attention."""
        return TINTS.get(self.words.tone, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """Work that went on after its action had ended."""

    action_id: UUID
    execution_id: UUID
    is_running: bool
    began_at: datetime
    ended_at: datetime | None
    outcome: str  # how it really ended
    is_of_this_card: bool  # not of an earlier execution of the action


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """How far a live action is, measured by how long it usually takes."""

    seconds: float
    passed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCard:
    """One action of a stage; without an id it has not started."""

    key: str  # unique in the page
    name: str
    provider: str
    words: StatusWords
    id: UUID | None = None
    execution_id: UUID | None = None
    note: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    usual: Usual | None = None
    error: str = ""
    external_url: str = ""
    has_log: bool = False
    is_live: bool = False
    waits_for_review: bool = False
    left_behind: tuple[LeftBehind, ...] = ()


class Leftovers(NamedTuple):
    """What a stage's cards are drawn from, beside the plan."""

    latest: Mapping[str, ActionExecution]  # by action name
    running: Sequence[ActionExecution]  # ended, but their work goes on


def groups_of(
    stage: StagePlan,
    leftovers: Leftovers,
    *,
    unstarted: tuple[StatusWords, str],
    usual: Mapping[str, float],
) -> tuple[tuple[ActionCard, ...], ...]:
    """The cards, those that run side by side in one group; `unstarted` is words and a note."""
    ordered = sorted(stage.actions, key=lambda plan: plan.run_order)
    return tuple(
        tuple(_card(stage.name, plan, leftovers, unstarted, usual) for plan in plans)
        for _, plans in groupby(ordered, key=lambda plan: plan.run_order)
    )


def counts_of(groups: Sequence[Sequence[ActionCard]]) -> tuple[Count, ...]:
    numbers = Counter(card.words for group in groups for card in group)
    return tuple(Count(words, numbers[words]) for words in COUNTED if numbers[words])


def provider_label(type_id: ActionTypeId) -> str:
    """What people call the provider."""
    known = ACTION_TYPES.get(type_id)
    return known.label if known else type_id.provider


def has_log(type_id: ActionTypeId) -> bool:
    """Whether work of this type can write a log."""
    return dispatch_of(type_id) is Dispatch.WORKER


def words_of(action: ActionExecution) -> StatusWords:
    """The words for an action execution's status; an approval waits instead of going on."""
    return WAITING_FOR_APPROVAL if waits_for_review(action) else action_words(action.status)


def waits_for_review(action: ActionExecution) -> bool:
    return action.status == ActionStatus.IN_PROGRESS and bool(action.token)


def _card(
    stage_name: str,
    plan: ActionPlan,
    leftovers: Leftovers,
    unstarted: tuple[StatusWords, str],
    usual: Mapping[str, float],
) -> ActionCard:
    key, provider = f"action-{stage_name}-{plan.name}", provider_label(plan.type_id)
    action = leftovers.latest.get(plan.name)
    left = tuple(
        _left_behind(one, is_of_this_card=one == action)
        for one in leftovers.running
        if one.action_name == plan.name
    )
    if action is None:
        words, note = unstarted
        return ActionCard(
            key=key, name=plan.name, provider=provider, words=words, note=note, left_behind=left
        )
    return ActionCard(
        key=key,
        name=plan.name,
        provider=provider,
        words=words_of(action),
        id=action.pk,
        execution_id=action.execution_id,
        note=_note(action),
        started_at=action.started_at,
        ended_at=action.ended_at,
        usual=_usual(action, usual),
        error=first_line(action.error_message),
        external_url=safe_link(action.external_execution_url),
        has_log=has_log(plan.type_id),
        is_live=action.status == ActionStatus.IN_PROGRESS,
        waits_for_review=waits_for_review(action),
        left_behind=left or _ended_late(action),
    )


def _note(action: ActionExecution) -> str:
    is_live = action.status == ActionStatus.IN_PROGRESS
    is_untaken = is_live and not action.token and not hasattr(action, "lease")
    return "waiting for a free worker" if is_untaken else ""


def _usual(action: ActionExecution, usual: Mapping[str, float]) -> Usual | None:
    seconds = usual.get(action.action_name)
    if action.status != ActionStatus.IN_PROGRESS or action.token or not seconds:
        return None
    passed = (timezone.now() - action.started_at).total_seconds()
    return Usual(seconds=seconds, passed=round(min(passed, seconds), 1))


def _left_behind(action: ActionExecution, *, is_of_this_card: bool) -> LeftBehind:
    return LeftBehind(
        action_id=action.pk,
        execution_id=action.execution_id,
        is_running=action.lease.released_at is None,
        began_at=action.started_at,
        ended_at=action.lease.released_at,
        outcome=action.lease.outcome,
        is_of_this_card=is_of_this_card,
    )


def _ended_late(action: ActionExecution) -> tuple[LeftBehind, ...]:
    """How work ended that nobody waited for any more."""
    lease = getattr(action, "lease", None)
    if lease is None or lease.released_at is None or action.ended_at is None:
        return ()
    if lease.released_at < action.ended_at or lease.outcome.startswith(action.status):
        return ()
    return (_left_behind(action, is_of_this_card=True),)
