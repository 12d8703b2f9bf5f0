"""Whose pushes and pull requests start a pipeline: its triggers, or its sources' own branches.

https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-triggers.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipelines.core import globs
from pipelines.core.action_types import Category
from pipelines.core.connections import connection_id_of
from pipelines.core.structure_trigger_rules import CONNECTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.core.plan import ActionPlan

FILES_LOOKED_AT = 100
FILES_NOT_KNOWN = "its filePaths need the changed files, which are not known"


class PullRequestEvent(StrEnum):
    """What became of a pull request; CLOSED is AWS's word for merged."""

    OPEN = "OPEN"
    UPDATED = "UPDATED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A branch or a tag that points to a commit now."""

    commit: str
    branch: str = ""
    tag: str = ""
    changed_files: Sequence[str] | None = None  # None: whoever told of the push does not know
    is_new_branch: bool = False

    @property
    def revision(self) -> str:
        """What makes it the same change as another one that is told of later."""
        return f"{self} {self.commit}"

    @property
    def name(self) -> dict[str, str]:
        """As AWS's events call what triggered an execution."""
        return {"tag-name": self.tag} if self.tag else {"branch-name": self.branch}

    def __str__(self) -> str:
        return f"tag {self.tag}" if self.tag else f"branch {self.branch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request that was opened, got new commits, or was merged."""

    commit: str  # of its source branch
    event: PullRequestEvent
    source_branch: str
    target_branch: str
    number: str = ""
    changed_files: Sequence[str] | None = None

    @property
    def revision(self) -> str:
        return f"pull {self.number or self.source_branch} {self.event} {self.commit}"

    @property
    def name(self) -> dict[str, str]:
        return {"branch-name": self.source_branch}

    def __str__(self) -> str:
        event = self.event.lower()
        return f"pull request into {self.target_branch} ({event})"


GitChange = Push | PullRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a change starts the pipeline from one of its source actions, and why (not)."""

    action: str
    starts: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """What a source action watches: a repository, as a connection names it."""

    connection_arn: str
    full_id: str

    @property
    def key(self) -> str:
        """The same for all the ARNs that a connection may be called by: its id tells it apart."""
        return f"{connection_id_of(self.connection_arn) or self.connection_arn} {self.full_id}"


def connected_actions(
    sources: Iterable[ActionPlan], repository: Repository
) -> tuple[ActionPlan, ...]:
    """The source actions that take the repository through the connection."""
    return tuple(
        action
        for action in sources
        if action.type_id.category == Category.SOURCE
        and action.type_id.provider == CONNECTION
        and _watched(action) == repository.key
    )


def _watched(action: ActionPlan) -> str:
    said = action.configuration
    return Repository(
        connection_arn=said.get("ConnectionArn", ""), full_id=said.get("FullRepositoryId", "")
    ).key


def verdicts(
    change: GitChange, actions: Iterable[ActionPlan], triggers: Sequence[Mapping[str, Any]]
) -> tuple[Verdict, ...]:
    """What the change means to each of the source actions that watch its repository.

    `triggers` are those of the pipeline's definition.  Any of them turns off what source actions
    detect by themselves (spec/engine.md §16).
    """
    filters = {
        each["gitConfiguration"]["sourceActionName"]: each["gitConfiguration"] for each in triggers
    }
    return tuple(
        _by_trigger(change, action.name, filters.get(action.name))
        if triggers
        else _by_detection(change, action)
        for action in actions
    )


def _by_detection(change: GitChange, action: ActionPlan) -> Verdict:
    """A source action without triggers detects new commits of its own branch."""
    branch = action.configuration.get("BranchName", "")
    if action.configuration.get("DetectChanges") == "false":
        return _no(action.name, "DetectChanges is false")
    if not isinstance(change, Push):
        return _no(action.name, "without triggers, pull requests start nothing")
    if change.tag:
        return _no(action.name, "without triggers, tags start nothing")
    if change.branch != branch:
        return _no(action.name, f"its BranchName is {branch}")
    return Verdict(action=action.name, starts=True, why=f"BranchName is {branch}")


def _by_trigger(change: GitChange, name: str, trigger: Mapping[str, Any] | None) -> Verdict:
    """Between filters it is OR; inside one it is AND."""
    if trigger is None:
        return _no(name, "the pipeline has triggers, but none for this action")
    kind = "push" if isinstance(change, Push) else "pullRequest"
    declared = trigger.get(kind, [])
    if not declared:
        return _no(name, f"its trigger has no {kind} filter")
    problems = [_problem(change, each) for each in declared]
    if "" in problems:
        number = problems.index("") + 1
        return Verdict(action=name, starts=True, why=f"{kind} filter {number} matches")
    return _no(name, "; ".join(dict.fromkeys(problems)))


def _problem(change: GitChange, declared: Mapping[str, Any]) -> str:
    """Why one filter does not let the change through; empty when it does."""
    ref = _push_problem(change, declared) if isinstance(change, Push) else ""
    if isinstance(change, PullRequest):
        ref = _pull_request_problem(change, declared)
    return ref or _files_problem(change, declared.get("filePaths"))


def _push_problem(push: Push, declared: Mapping[str, Any]) -> str:
    """A push is of a branch or of a tag; a filter that has patterns for both takes either."""
    kind, name = ("tags", push.tag) if push.tag else ("branches", push.branch)
    criteria = declared.get(kind)
    if not criteria:
        return f"the filter is not for {kind}"
    return "" if selects(criteria, name) else f"its {kind} do not match {name}"


def _pull_request_problem(pull: PullRequest, declared: Mapping[str, Any]) -> str:
    """The branch that counts is the one that it is to be merged into."""
    if pull.event not in declared.get("events", tuple(PullRequestEvent)):
        return f"its events do not include {pull.event}"
    if not selects(declared.get("branches", {}), pull.target_branch):
        return f"its branches do not match {pull.target_branch}"
    return ""


def _files_problem(change: GitChange, criteria: Mapping[str, Any] | None) -> str:
    """Any file that is selected is enough; AWS looks at the first hundred."""
    if not criteria:
        return ""
    if isinstance(change, Push) and change.is_new_branch:
        return "a filter of filePaths does not start for a new branch"
    if change.changed_files is None:
        return FILES_NOT_KNOWN
    if any(selects(criteria, path) for path in change.changed_files[:FILES_LOOKED_AT]):
        return ""
    return "its filePaths match none of the changed files"


def selects(criteria: Mapping[str, Any], name: str) -> bool:
    """Whether a pattern includes the name and none excludes it; without includes, all are in."""
    included = criteria.get("includes", ())
    if included and not any(_matches(pattern, name) for pattern in included):
        return False
    return not any(_matches(pattern, name) for pattern in criteria.get("excludes", ()))


def _matches(pattern: str, name: str) -> bool:
    """A pattern that is none matches nothing: AWS takes it in a definition, too."""
    try:
        return globs.matches(pattern, name)
    except globs.NotAGlob:
        return False


def _no(action: str, why: str) -> Verdict:
    return Verdict(action=action, starts=False, why=why)
