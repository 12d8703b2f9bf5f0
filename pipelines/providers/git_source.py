"""What the sources of git hosts have in common: fetch a commit, make the artifact, say how it went.

The limits are AWS's: a repository of 1 GB (page "Quotas in CodePipeline"), unless the site says
otherwise, and the time that the action has.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines import git, remotes
from pipelines.core.refusals import InvalidRequest
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import clone_reference
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Outcome,
    Revision,
    Sighting,
    Succeeded,
    Unseen,
    Work,
)
from pipelines.providers.git_hosts import Host, first_there
from pipelines.providers.log import say
from pipelines.remotes import Bounds, Remote

CODES: dict[type[remotes.RemoteError], FailureCode] = {
    remotes.Denied: FailureCode.PERMISSION_ERROR,
    remotes.Unreachable: FailureCode.SYSTEM_UNAVAILABLE,
}
LEAST_SECONDS = 5.0
REFERENCE = "CODEBUILD_CLONE_REF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which repository and branch of which host, in which form."""

    host: Host
    full_id: str
    branch: str
    reference: clone_reference.Reference | None = None  # instead of the files


def take(work: Work, wanted: Wanted, succeeded: Callable[[git.Commit, Path], Outcome]) -> Outcome:
    """The outcome for the newest commit of the branch, or for the commit that is asked for."""
    asked_for = work.overrides.get(RevisionType.COMMIT_ID)
    try:
        repository, commit = first_there(
            wanted.host, wanted.full_id, lambda remote: _fetched(work, wanted, remote)
        )
        artifact = _artifact(work, wanted, repository, commit)
    except remotes.RemoteError as problem:
        return _failure(wanted, problem, asked_for)
    except (git.GitError, InvalidRequest) as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    except git.Lost:
        return Failed(code=FailureCode.SYSTEM_UNAVAILABLE, message="The work was given up.")
    say(work, f"Got commit {commit.id} of {wanted.full_id}: {commit.subject}")
    return succeeded(commit, artifact)


def latest(host: Host, full_id: str, branch: str, look: Look) -> Sighting:
    """What the host says of a branch, and with filters of all branches and tags."""
    bounds = Bounds(seconds=look.seconds)
    try:
        if look.has_filters:
            return first_there(host, full_id, lambda remote: _all(remote, bounds, look))
        refs = first_there(
            host, full_id, lambda remote: remotes.refs(remote, bounds, f"refs/heads/{branch}")
        )
    except remotes.RemoteError as problem:
        return Unseen(why=host.what_to_do(problem, full_id, branch))
    except InvalidRequest as problem:
        return Unseen(why=problem.message)
    commit = refs.get(f"refs/heads/{branch}")
    if commit is None:
        nothing = remotes.NoSuchRevision("There is no such branch.")
        return Absent(why=host.what_to_do(nothing, full_id, branch))
    return Found(revision=commit)


def _all(remote: Remote, bounds: Bounds, look: Look) -> Found:
    """Every branch and tag, and what changed on those branches that were seen before."""
    refs = remotes.refs(remote, bounds, "refs/heads/*", "refs/tags/*")
    before = look.refs_before or {}
    changed = [
        ref
        for ref, commit in refs.items()
        if ref.startswith("refs/heads/") and before.get(ref, commit) != commit
    ]
    files = {}
    for ref in changed if look.wants_files else ():
        with tempfile.TemporaryDirectory(prefix="penstock-look-") as folder:
            try:
                files[ref] = remotes.changed_files(
                    remote, before[ref], refs[ref], Path(folder, "look.git"), bounds
                )
            except remotes.NoSuchRevision:
                continue  # what was before is gone: a forced push
    return Found(revision="", refs=refs, changed_files=files)


def outcome(
    work: Work, commit: git.Commit, artifact: Path, *, page: str, variables: Mapping[str, str]
) -> Succeeded:
    """The commit as the revision; `variables` are those that not every source has."""
    return Succeeded(
        artifacts={output.name: artifact for output in work.output_artifacts},
        output_variables={
            "AuthorDate": aws_time(commit.author_date),
            "CommitId": commit.id,
            "CommitMessage": commit.message,
            **variables,
        },
        revision=Revision(
            id=commit.id,
            summary=commit.message[:2048],
            url=page,
            change_id=aws_time(commit.committer_date),
            created_at=commit.committer_date,
        ),
        external_execution_id=commit.id,
        external_execution_url=page,
        summary=commit.message,
    )


def bounds_of(work: Work) -> Bounds:
    return Bounds(
        seconds=max(work.timeout.total_seconds() - LEAST_SECONDS, LEAST_SECONDS),
        size=work.site.source_limit,
        is_lost=work.is_lost,
        token=work.action_execution_id,
    )


def aws_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _fetched(work: Work, wanted: Wanted, remote: Remote) -> tuple[Path, git.Commit]:
    into = work.workspace / f"fetched-{len(list(work.workspace.iterdir()))}.git"
    asked_for = work.overrides.get(RevisionType.COMMIT_ID)
    if asked_for is None:
        say(work, f"Fetching branch {wanted.branch} of {remote.url}")
        return into, remotes.fetch_branch(remote, wanted.branch, into, bounds_of(work))
    say(work, f"Source revision override: commit {asked_for} of {remote.url}")
    return into, remotes.fetch_commit(remote, asked_for, into, bounds_of(work))


def _artifact(work: Work, wanted: Wanted, repository: Path, commit: git.Commit) -> Path:
    if wanted.reference:
        return clone_reference.written(work, wanted.reference, commit.id)
    artifact = work.workspace / "source.zip"
    over_at = time.monotonic() + bounds_of(work).seconds

    def is_over() -> bool:
        return work.is_lost() or time.monotonic() > over_at

    git.archive(repository, commit.id, artifact, is_over)
    return artifact


def _failure(wanted: Wanted, problem: remotes.RemoteError, asked_for: str | None) -> Failed:
    code = CODES.get(type(problem), FailureCode.CONFIGURATION_ERROR)
    branch = wanted.branch
    if asked_for is not None and isinstance(problem, remotes.NoSuchRevision):
        code, branch = FailureCode.REVISION_UNAVAILABLE, ""
    return Failed(code=code, message=wanted.host.what_to_do(problem, wanted.full_id, branch))
