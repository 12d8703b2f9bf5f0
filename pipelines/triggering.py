"""What a push or a pull request does: it starts the pipelines that watch its repository."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F

from pipelines import patience, starting
from pipelines.core.refusals import Throttled
from pipelines.core.source_overrides import RevisionType, SourceOverride, source_actions
from pipelines.core.storable import readable
from pipelines.core.triggers import Repository, connected_actions, verdicts
from pipelines.models import Pipeline, PipelineVersion, UsedChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipelines.core.triggers import GitChange, PullRequest, Push, Verdict
    from pipelines.models import PipelineExecution

TRIGGER = "WebhookV2"
DETAIL_LIMIT = 1024  # characters, as the API has it
ABOUT = (  # as AWS's events call what is known of the commit, and how much of it is kept
    ("author-display-name", 100),
    ("author-email", 100),
    ("author-date", 40),
    ("author-id", 100),
    ("provider-type", 40),
    ("commit-message", 200),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a change meant to one source action, and the execution that is there because of it."""

    pipeline: str
    action: str
    why: str
    execution: PipelineExecution | None = None
    is_new: bool = False  # False with an execution: the change had started it before


def pushed(
    *, repository: Repository, push: Push, about: Mapping[str, str] | None = None
) -> list[Outcome]:
    """Start the pipelines that the push is for, each once, pinned to its commit.

    Telling of the same commit on the same branch or tag again starts nothing, whoever tells of it
    and whenever.  `about` is what is known of the commit, by the names of ABOUT.  One outcome for
    each source action that watches the repository.

    Raises Throttled when a pipeline is busy; telling again then starts those that are missing.
    """
    return _started_by(push, repository, about or {})


def found(
    *,
    pipeline_id: int,
    repository: Repository,
    push: Push,
    about: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """The same for one pipeline, by whoever looked at its repository himself."""
    return _start(pipeline_id, push, repository, detail_of(push, repository, about or {}))


def pull_request(
    *, repository: Repository, pull: PullRequest, about: Mapping[str, str] | None = None
) -> list[Outcome]:
    """The same for a pull request; what runs is the commit of its source branch."""
    return _started_by(pull, repository, about or {})


def detail_of(
    change: GitChange, repository: Repository, about: Mapping[str, str]
) -> dict[str, str]:
    """What AWS's events say of the change that triggered an execution."""
    known = {name: readable(about[name])[:most] for name, most in ABOUT if about.get(name)}
    return {
        "full-repository-name": repository.full_id,
        "connection-arn": repository.connection_arn,
        "commit-id": change.commit,
        **change.name,
        **known,
    }


def _started_by(
    change: GitChange, repository: Repository, about: Mapping[str, str]
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for row in _watching(repository):
        found = _judged(change, repository, row)
        if any(each.starts for each in found):
            detail = detail_of(change, repository, about)
            outcomes += _start(row.pipeline_id, change, repository, detail)
        else:
            outcomes += [_unstarted(row.pipeline.name, each) for each in found]
    return outcomes


def _watching(repository: Repository) -> list[PipelineVersion]:
    """Current definitions that say the name of the repository, in one query."""
    rows = PipelineVersion.objects.filter(
        version=F("pipeline__version"), definition__contains=repository.full_id
    )
    return list(rows.select_related("pipeline").order_by("pipeline__name"))


def _judged(change: GitChange, repository: Repository, row: PipelineVersion) -> tuple[Verdict, ...]:
    sources = connected_actions(source_actions(row.pipeline.plan), repository)
    return verdicts(change, sources, row.definition.get("triggers", []))


@patience.limited(Throttled)
def _start(
    pipeline_id: int, change: GitChange, repository: Repository, detail: dict[str, str]
) -> list[Outcome]:
    """Under the pipeline's lock, by the definition that it has then."""
    pipeline = Pipeline.objects.select_for_update(no_key=True).filter(pk=pipeline_id).first()
    if pipeline is None:
        return []
    row = pipeline.versions.get(version=pipeline.version)
    row.pipeline = pipeline
    found = _judged(change, repository, row)
    revision = f"{repository.key} {change.revision}"
    names = [each.action for each in found if each.starts]
    before = {name: UsedChange.objects.user_of(pipeline, name, revision) for name in names}
    execution = None
    if new := [name for name in names if before[name] is None]:
        trigger = starting.Trigger(TRIGGER, _text(detail))
        overrides = _pinned(pipeline, new, change.commit)
        execution = starting.begin(pipeline, trigger, source_overrides=overrides)
        for name in new:
            UsedChange.objects.note(execution, name, revision)
    return [_outcome(pipeline.name, each, before.get(each.action), execution) for each in found]


def _pinned(pipeline: Pipeline, names: Sequence[str], commit: str) -> list[SourceOverride]:
    """Only V2 pipelines have overrides; a V1 pipeline takes the head of the branch pushed to."""
    if pipeline.pipeline_type != "V2":
        return []
    return [SourceOverride(name, RevisionType.COMMIT_ID, commit) for name in names]


def _text(detail: dict[str, str]) -> str:
    """As the trigger's detail: what does not fit is left out, the message first."""
    kept: dict[str, Any] = dict(detail)
    for name, _ in reversed(ABOUT):
        if len(json.dumps(kept, ensure_ascii=False)) <= DETAIL_LIMIT:
            break
        kept.pop(name, None)
    return json.dumps(kept, ensure_ascii=False)


def _outcome(
    pipeline: str,
    verdict: Verdict,
    before: PipelineExecution | None,
    started: PipelineExecution | None,
) -> Outcome:
    if not verdict.starts:
        return _unstarted(pipeline, verdict)
    why = "it has started an execution before" if before else verdict.why
    return Outcome(
        pipeline=pipeline,
        action=verdict.action,
        why=why,
        execution=before or started,
        is_new=before is None,
    )


def _unstarted(pipeline: str, verdict: Verdict) -> Outcome:
    return Outcome(pipeline=pipeline, action=verdict.action, why=verdict.why)
