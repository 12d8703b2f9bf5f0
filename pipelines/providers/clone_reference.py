"""The artifact CODEBUILD_CLONE_REF: which commit of which repository a build is to clone.

It names the connection and never has its credential in it: whoever clones asks for that again.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines import git, remotes
from pipelines.core.refusals import InvalidRequest
from pipelines.providers.contract import Work
from pipelines.providers.git_hosts import Host, first_there
from pipelines.providers.log import say

MARK = "clone_reference"  # first in the file, as `artifacts.REFERENCE` says
LIMIT = 65536  # bytes


class NotCloned(Exception):
    """The repository could not be cloned; the message says why and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A repository: of a connection, or without one of this Penstock's own CodeCommit."""

    repository: str  # FullRepositoryId, or RepositoryName
    branch: str
    connection_arn: str = ""


def written(work: Work, reference: Reference, commit_id: str) -> Path:
    """The artifact: not a zip file, as in AWS, so that nobody takes it for the files."""
    path = work.workspace / "clone-reference.json"
    said = {**asdict(reference), "commit_id": commit_id}
    path.write_text(json.dumps({MARK: said}))
    return path


def clone(work: Work, artifact: Path, folder: Path) -> None:
    """Clone what the artifact names, with all of its history, and check its commit out.

    Raises NotCloned, or git.Lost.
    """
    said = json.loads(artifact.read_text()[:LIMIT])[MARK]
    commit_id = said.pop("commit_id")
    reference = Reference(**said)
    bounds = remotes.Bounds(
        seconds=work.timeout.total_seconds(),
        size=work.site.source_limit,
        is_lost=work.is_lost,
        token=work.action_execution_id,
    )
    host = _host(work, reference)
    say(work, f"Cloning {reference.repository} at commit {commit_id}")
    try:
        first_there(
            host,
            reference.repository,
            lambda remote: remotes.clone(remote, commit_id, folder, bounds),
        )
    except remotes.RemoteError as problem:
        raise NotCloned(host.what_to_do(problem, reference.repository)) from problem
    except (git.GitError, InvalidRequest) as problem:
        raise NotCloned(str(problem)) from problem


def _host(work: Work, reference: Reference) -> Host:
    if not reference.connection_arn:
        return Host(base_url=str(work.site.repositories.absolute()), called="the repository")
    host = work.site.connection(reference.connection_arn)
    if host is None:
        raise NotCloned(
            f"There is no connection {reference.connection_arn} any more. Make it again on the"
            " page Connections, and start the pipeline anew."
        )
    return host
