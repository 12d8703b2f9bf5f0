"""A git host as a source sees it: where its repositories are, and what to do when one is not."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipelines.core.connections import ProviderType, is_ssh, is_web, repository_urls
from pipelines.remotes import (
    NOBODY,
    Credential,
    Denied,
    NoSuchRevision,
    NotThere,
    Remote,
    RemoteError,
    TooLarge,
    Unreachable,
)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where repositories are, and as whom they are asked."""

    base_url: str
    called: str  # what holds address and credential, such as "the connection work"
    provider_type: str = ProviderType.GIT
    credential: Credential = NOBODY

    def what_to_do(self, problem: RemoteError, full_id: str, branch: str = "") -> str:
        """What happened, in a sentence, and what to change."""
        match problem:
            case Denied():
                said = f"{problem} Give {self.called} a credential that may read {full_id}."
            case NotThere():
                said = (
                    f"{problem} Looked for {full_id} at {self.base_url}: check the name, or give"
                    f" {self.called} a credential that may read it."
                )
            case NoSuchRevision() if branch:
                said = (
                    f"[{self.provider_type}] No Branch [{branch}] found for FullRepositoryName"
                    f" [{full_id}]. Push the branch, or name another in the action."
                )
            case NoSuchRevision():
                said = f"{problem} Start the pipeline with the full id of a commit that is there."
            case TooLarge():
                said = f"{problem} Make it smaller, or raise PENSTOCK_SOURCE_LIMIT_BYTES."
            case Unreachable():
                said = f"{self.base_url} cannot be reached. {problem} Check {self.called}."
            case _:
                said = f"{full_id} at {self.base_url} cannot be read. {problem}"
        return said


def first_there(host: Host, full_id: str, ask: Callable[[Remote], Answer]) -> Answer:
    """The answer from the first address that a repository of this id is at.

    Raises RemoteError, and InvalidRequest for what cannot be the id of a repository.
    """
    urls = repository_urls(host.base_url, full_id)
    if not is_web(host.base_url) and not is_ssh(host.base_url):
        urls = tuple(url for url in urls if Path(url).is_dir()) or urls[:1]
    for url in urls[:-1]:
        try:
            return ask(Remote(url=url, credential=host.credential))
        except NotThere:
            continue
    return ask(Remote(url=urls[-1], credential=host.credential))
