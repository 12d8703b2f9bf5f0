"""What goes on outside once an action is abandoned: its provider is told nothing, or its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.present.sentences import counted, listed
from pipelines.core.action_types import Category
from pipelines.core.rule_types import RULE
from pipelines.providers import Dispatch, dispatch_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.core.abandoned_work import Treatment
    from pipelines.core.plan import ActionPlan


class Work(NamedTuple):
    """What a provider does for an action, as one speaks of it."""

    noun: str
    runs_on: str
    is_ended: str
    its: str


def _one(noun: str) -> Work:
    return Work(noun, runs_on="runs on to its own end", is_ended="is ended", its="its")


def _many(noun: str) -> Work:
    return Work(noun, runs_on="run on to their own end", is_ended="are ended", its="their")


WORK: dict[str, Work] = {
    Category.BUILD: _one("build"),
    Category.COMPUTE: _many("commands"),
    Category.DEPLOY: _one("deployment"),
    Category.SOURCE: _one("download"),
}
OTHER_WORK = _one("work")
# Of rules, by provider; the others start nothing.
RULE_WORK: dict[str, Work] = {
    "CodeBuild": WORK[Category.BUILD],
    "Commands": WORK[Category.COMPUTE],
    "LambdaInvoke": OTHER_WORK,
}


def rule_works(rule: ActionPlan) -> bool:
    """Whether checking the rule starts something that can go on without it."""
    return rule.type_id.provider in RULE_WORK


def goes_on(action: ActionPlan, treatment: Treatment) -> str:
    """After "Abandoned;": what goes on, or is ended, or cannot be any more."""
    if asks(action):
        return "it can no longer be answered"
    work = _work(action)
    if not _is_ended(action, treatment):
        return f"its {work.noun} {work.runs_on}"
    clean_up = ", then its clean-up runs" if treatment.clean_up else ""
    return f"its {work.noun} {work.is_ended}{clean_up}"


def warning(live: Sequence[tuple[ActionPlan, Treatment]]) -> str:
    """What abandoning these actions means; empty when nothing is running."""
    working = [(action, how) for action, how in live if not asks(action)]
    left = [action for action, how in working if not _is_ended(action, how)]
    ended = [action for action, how in working if _is_ended(action, how)]
    asking = len(live) - len(working)
    sentences = []
    if left:
        works, all_of_it = _of(left)
        sentences.append(
            f"Penstock does not tell the provider to stop: {works} {all_of_it.runs_on}"
            f" and {all_of_it.its} result is ignored."
        )
    if ended:
        works, all_of_it = _of(ended)
        sentences.append(f"As the policy says, {works} {all_of_it.is_ended} within seconds.")
    if cleaned := [action.name for action, how in working if how.clean_up and action in ended]:
        sentences.append(f"Then the clean-up of {listed(cleaned)} runs.")
    if asking:
        sentences.append(f"{counted(asking, 'approval')} can no longer be given.")
    return " ".join(sentences)


def _of(actions: Sequence[ActionPlan]) -> tuple[str, Work]:
    """The works in words, and how one speaks of all of them."""
    works = [f"the {noun} of {listed(names)}" for noun, names in _by_noun(actions).items()]
    return listed(works), _work(actions[0]) if len(actions) == 1 else _many("")


def _is_ended(action: ActionPlan, treatment: Treatment) -> bool:
    """Nobody here can end what a job worker does."""
    return treatment.ends_it and dispatch_of(action.type_id) is Dispatch.WORKER


def _by_noun(working: Sequence[ActionPlan]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for action in working:
        names.setdefault(_work(action).noun, []).append(action.name)
    return names


def asks(action: ActionPlan) -> bool:
    """Whether the action is a question to a person: nothing goes on anywhere."""
    return dispatch_of(action.type_id) is Dispatch.NOWHERE


def _work(action: ActionPlan) -> Work:
    if action.type_id.category == RULE:
        return RULE_WORK.get(action.type_id.provider, OTHER_WORK)
    return WORK.get(action.type_id.category, OTHER_WORK)
