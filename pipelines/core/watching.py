"""Change detection: which sources are looked at, and when what is found starts an execution.

spec/engine.md §18, AWS page "Source actions and change detection methods".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipelines.core.source_overrides import source_actions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipelines.core.plan import ActionPlan, PipelinePlan

IDLE = timedelta(days=30)  # without an execution or a change, AWS stops polling a pipeline
SLOWEST = timedelta(minutes=30)  # between two looks at a source that cannot be asked
OFF = "false"


class Means(StrEnum):
    """How AWS would hear of a change, which is what the execution's trigger says."""

    POLLING = "PollForSourceChanges"
    CONNECTION = "WebhookV2"
    EVENT = "CloudWatchEvent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A source action to look at: by which means, and whether all branches and tags count."""

    action: ActionPlan
    means: Means
    has_filters: bool = False


# (owner, provider) -> by which means, and the key that turns it off, if one does.
_MEANS: dict[tuple[str, str], tuple[Means, str]] = {
    ("AWS", "S3"): (Means.POLLING, "PollForSourceChanges"),
    ("AWS", "CodeCommit"): (Means.POLLING, "PollForSourceChanges"),
    ("ThirdParty", "GitHub"): (Means.POLLING, "PollForSourceChanges"),
    ("AWS", "CodeStarSourceConnection"): (Means.CONNECTION, "DetectChanges"),
    ("AWS", "ECR"): (Means.EVENT, ""),
}


def watches(plan: PipelinePlan, triggers: Sequence[Mapping[str, Any]]) -> tuple[Watch, ...]:
    """What of a pipeline is to be looked at.

    `triggers` are those of its definition.  With any, connections are looked at for these only
    (spec/engine.md §16), and whether DetectChanges is true no longer counts.
    """
    found = (_watch(action, triggers) for action in source_actions(plan))
    return tuple(each for each in found if each)


def _watch(action: ActionPlan, triggers: Sequence[Mapping[str, Any]]) -> Watch | None:
    means, key = _MEANS.get((action.type_id.owner, action.type_id.provider), (None, ""))
    if means is None:
        return None
    if means is Means.CONNECTION and triggers:
        declared = (each["gitConfiguration"] for each in triggers)
        pushes = {each["sourceActionName"] for each in declared if each.get("push")}
        is_one = action.name in pushes
        return Watch(action=action, means=means, has_filters=True) if is_one else None
    if action.configuration.get(key) == OFF:
        return None
    return Watch(action=action, means=means)


def wants_files(action_name: str, triggers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a push filter of the action asks which files were changed."""
    return any(
        "filePaths" in each
        for trigger in triggers
        if trigger["gitConfiguration"]["sourceActionName"] == action_name
        for each in trigger["gitConfiguration"].get("push", [])
    )


class Verdict(StrEnum):
    """What to do about the newest revision of a source."""

    NOTHING = "nothing"  # it is the one that was seen before
    REMEMBER = "remember"  # it has been taken, or there is nothing to compare it with
    LATER = "later"  # an execution has yet to say which it takes: perhaps this one
    START = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What is known of a source when a revision was found there."""

    found: str
    seen: str  # the revision that was seen before
    was_looked_at: bool  # False: there is no `seen` yet, not even that there was nothing
    taken: str = ""  # by the latest execution of this definition, where it has come so far
    is_used: bool = False  # some execution has taken this very revision
    pending: Collection[str] = ()  # what executions will take that have not yet: "" is the newest


def judge(facts: SourceFacts) -> Verdict:
    """The same revision never starts twice, and what is seen first starts nothing.

    Unless the first execution took another: then there was a change before the first look.
    """
    before = facts.seen if facts.was_looked_at else facts.taken
    if facts.was_looked_at and facts.found == before:
        return Verdict.NOTHING
    if "" in facts.pending or facts.found in facts.pending:
        return Verdict.LATER
    if facts.is_used or facts.found == before or not (facts.was_looked_at or before):
        return Verdict.REMEMBER
    return Verdict.START


def next_look(*, now: datetime, every: timedelta, failures: int) -> datetime:
    """When to look again: after each failure in a row, twice as long, up to half an hour."""
    longer: timedelta = min(every * (1 << min(failures, 20)), SLOWEST)
    return now + max(every, longer)


def polling_disabled_at(
    watched: Sequence[Watch], *, active_at: datetime, now: datetime
) -> datetime | None:
    """When polling of an idle pipeline ended; None while it goes on, or for one that has none.

    Only of sources that AWS polls: of the others, the provider tells AWS.
    """
    if not any(each.means is Means.POLLING for each in watched) or now < active_at + IDLE:
        return None
    return active_at + IDLE
