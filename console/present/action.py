"""One action execution as its page shows it: what it was told to do, who did it, what it made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from console.present.cards import has_log, provider_label, waits_for_review, words_of
from console.present.leftovers import who_ends
from console.present.notification import notification_of
from console.present.revisions import safe_link
from console.present.targets import targets_of
from pipelines import artifact_store
from pipelines.core.action_types import MASK
from pipelines.core.arns import user_of
from pipelines.core.statuses import ActionStatus
from pipelines.providers import secrets_in
from pipelines.stores import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from console.present.notification import NotificationView
    from console.present.statuses import StatusWords
    from console.present.targets import TargetView
    from pipelines.core.plan import ActionPlan
    from pipelines.models import ActionExecution, Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the lease says of the work itself, whatever the status of the action."""

    machine: str
    process: str
    since: datetime
    ended_at: datetime | None
    outcome: str
    is_going_on: bool
    is_left_behind: bool  # it goes on, and nobody waits for it any more
    is_late: bool  # it ended after the action did, and in a way of its own
    is_lost: bool  # whoever did it was not heard of again
    ending: str  # for whom it is being ended, or was


class Setting(NamedTuple):
    """One key of the configuration, as it was written and as it was used."""

    key: str
    raw: str
    resolved: str


class Artifact(NamedTuple):
    """An input or output artifact; without a key it was not made (yet)."""

    name: str
    key: str
    size: int | None  # bytes; None when it is not in the store
    files: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """What the page prints."""

    row: ActionExecution
    plan: ActionPlan
    words: StatusWords
    provider: str
    updated_by: str
    link: str  # where the provider shows it; only what a browser may open
    duration: timedelta | None
    work: Work | None
    settings: tuple[Setting, ...]
    environment: tuple[Setting, ...]
    commands: str
    resolved_commands: str
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    targets: tuple[TargetView, ...]
    notification: NotificationView | None
    asks: bool  # it waits for an approval
    has_log: bool
    is_over: bool  # the action and its work have ended


def action_view(action: ActionExecution) -> ActionView:
    plan, work = action.plan, work_of(action)
    commands, resolved_commands = "\n".join(plan.commands), "\n".join(action.resolved_commands)
    return ActionView(
        row=action,
        plan=plan,
        words=words_of(action),
        provider=provider_label(plan.type_id),
        updated_by=user_of(action.updated_by),
        link=safe_link(action.external_execution_url),
        duration=action.ended_at - action.started_at if action.ended_at else None,
        work=work,
        settings=_settings(
            plan.configuration,
            action.resolved_configuration,
            hidden=secrets_in(plan.type_id, plan.configuration),
        ),
        environment=_settings(plan.environment, action.resolved_environment, hidden=frozenset()),
        commands=commands,
        resolved_commands=resolved_commands if resolved_commands != commands else "",
        inputs=tuple(_artifact(n, action.input_artifacts) for n in plan.input_artifacts),
        outputs=tuple(
            _artifact(each.name, action.output_artifacts, files=", ".join(each.files))
            for each in plan.output_artifacts
        ),
        targets=targets_of(action),
        notification=notification_of(action),
        asks=waits_for_review(action),
        has_log=has_log(plan.type_id),
        is_over=is_over(action),
    )


def told(view: ActionView, *, before: str) -> str:
    """What a screen reader hears when the status is not `before` any more."""
    now = view.words.label
    return f"{view.row.action_name}: {now}." if before not in {"", now} else ""


def is_over(action: ActionExecution) -> bool:
    """Whether nothing more can come: the action has ended and nobody works on it."""
    work = work_of(action)
    return action.status != ActionStatus.IN_PROGRESS and not (work and work.is_going_on)


def has_work_left_behind(actions: Iterable[ActionExecution]) -> bool:
    return any(work.is_left_behind for action in actions if (work := work_of(action)))


def work_of(action: ActionExecution) -> Work | None:
    """None: nobody ever took it.  Load the action with its lease."""
    lease: Lease | None = getattr(action, "lease", None)
    if lease is None:
        return None
    machine, _, rest = lease.holder.partition(":")
    is_held = lease.released_at is None
    is_going_on = is_held and lease.expires_at > timezone.now()
    return Work(
        machine=machine,
        process=rest.partition(":")[0],
        since=lease.taken_at,
        ended_at=lease.released_at,
        outcome=lease.outcome,
        is_going_on=is_going_on,
        is_left_behind=is_going_on and action.status != ActionStatus.IN_PROGRESS,
        is_late=_is_late(action, lease),
        is_lost=is_held and not is_going_on,
        ending=who_ends(lease),
    )


def _is_late(action: ActionExecution, lease: Lease) -> bool:
    """The lease is released a moment after the end that counted, too: its outcome says the same."""
    if lease.released_at is None or action.ended_at is None:
        return False
    return lease.released_at > action.ended_at and not lease.outcome.startswith(action.status)


def _settings(
    raw: Mapping[str, str], resolved: Mapping[str, str], *, hidden: frozenset[str]
) -> tuple[Setting, ...]:
    return tuple(
        Setting(key, MASK, MASK)
        if key in hidden
        else Setting(key, value, str(resolved.get(key, "")))
        for key, value in raw.items()
    )


def _artifact(name: str, keys: Mapping[str, str], *, files: str = "") -> Artifact:
    key = keys.get(name, "")
    return Artifact(name, key, size_of(key), files)


def size_of(key: str) -> int | None:
    """Bytes of the artifact; None when it is not in the store, or nobody can say."""
    try:
        kept = artifact_store.configured().look(key)
    except StoreError:
        return None
    return kept.size if kept else None
