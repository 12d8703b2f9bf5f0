"""What goes on outside once an action is abandoned: its provider is not told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.present.sentences import counted, listed
from pipelines.core.action_types import Category
from pipelines.providers import Dispatch, dispatch_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.core.plan import ActionPlan


class Work(NamedTuple):
    """What a provider does for an action, as one speaks of it."""

    noun: str
    runs_on: str
    its: str


def _one(noun: str) -> Work:
    return Work(noun, runs_on="runs on to its own end", its="its")


def _many(noun: str) -> Work:
    return Work(noun, runs_on="run on to their own end", its="their")


WORK: dict[str, Work] = {
    Category.BUILD: _one("build"),
    Category.COMPUTE: _many("commands"),
    Category.DEPLOY: _one("deployment"),
    Category.SOURCE: _one("download"),
}


def goes_on(action: ActionPlan) -> str:
    """After "Abandoned;": what goes on, or cannot any more."""
    if asks(action):
        return "it can no longer be answered"
    work = _work(action)
    return f"its {work.noun} {work.runs_on}"


def warning(live: Sequence[ActionPlan]) -> str:
    """What abandoning these actions means; empty when nothing is running."""
    working = [action for action in live if not asks(action)]
    asking = len(live) - len(working)
    sentences = []
    if working:
        works = [f"the {noun} of {listed(names)}" for noun, names in _by_noun(working).items()]
        all_of_it = _work(working[0]) if len(working) == 1 else _many("")
        sentences.append(
            f"Penstock does not tell the provider to stop: {listed(works)} {all_of_it.runs_on}"
            f" and {all_of_it.its} result is ignored."
        )
    if asking:
        sentences.append(f"{counted(asking, 'approval')} can no longer be given.")
    return " ".join(sentences)


def _by_noun(working: Sequence[ActionPlan]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for action in working:
        names.setdefault(_work(action).noun, []).append(action.name)
    return names


def asks(action: ActionPlan) -> bool:
    """Whether the action is a question to a person: nothing goes on anywhere."""
    return dispatch_of(action.type_id) is Dispatch.NOWHERE


def _work(action: ActionPlan) -> Work:
    return WORK.get(action.type_id.category, _one("work"))
