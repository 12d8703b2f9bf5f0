"""Connections to git hosts: which addresses they may have, and what is found below them.

The AWS pages are "CodeStarSourceConnection" and API_Connection of AWS CodeConnections.
"""

from __future__ import annotations

import re
from enum import StrEnum
from uuid import UUID

from pipelines.core.refusals import InvalidRequest

URL_LIMIT = 1024  # characters
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]*)|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
_WEB = re.compile(rf"https?://{_HOST}(?:/[^\s?#@\\]*)?", re.ASCII)
_SSH = re.compile(rf"ssh://(?:[A-Za-z0-9_][A-Za-z0-9_.\-]*@)?{_HOST}(?:/[^\s?#@\\]*)?", re.ASCII)
_PATH = re.compile(r"/[^\x00-\x1f\x7f]*")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.~][A-Za-z0-9_.~\-]*(?:/[A-Za-z0-9_.~][A-Za-z0-9_.~\-]*)*")
# AWS has called the service by both names, and takes the ARNs of either.
_ARN = re.compile(
    r"arn:aws(?:-\w+)*:(?:codestar-connections|codeconnections):[a-z0-9-]+:[0-9]{12}"
    r":connection/(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    re.ASCII,
)


class ProviderType(StrEnum):
    """API type ProviderType of AWS CodeConnections, and any other host."""

    GITHUB = "GitHub"
    GITHUB_ENTERPRISE = "GitHubEnterpriseServer"
    GITLAB = "GitLab"
    GITLAB_SELF_MANAGED = "GitLabSelfManaged"
    BITBUCKET = "Bitbucket"
    GIT = "Git"


_COMMIT_PAGES = {
    ProviderType.GITLAB: "-/commit",
    ProviderType.GITLAB_SELF_MANAGED: "-/commit",
    ProviderType.BITBUCKET: "commits",
}


def connection_arn(*, region: str, account_id: str, connection_id: UUID) -> str:
    return f"arn:aws:codestar-connections:{region}:{account_id}:connection/{connection_id}"


def connection_id_of(arn: str) -> UUID | None:
    """What the ARN of a connection ends with; region and account do not tell connections apart.

    So the connections of a definition that was made for AWS can be made here with their own ids.
    """
    match = _ARN.fullmatch(arn)
    return UUID(match["id"]) if match else None


def read_base_url(text: str) -> str:
    """The address below which repositories are, as it is kept.  Raises InvalidRequest."""
    url = text.strip().rstrip("/")
    if url.startswith("file://") and "%" not in url:
        url = url.removeprefix("file://")
    if len(url) > URL_LIMIT:
        raise InvalidRequest(f"Invalid base URL: at most {URL_LIMIT} characters are allowed.")
    if "@" in url.partition("://")[2].partition("/")[0] and is_web(url):
        raise InvalidRequest(
            "Invalid base URL: the user and the token have fields of their own and cannot be part"
            " of the address."
        )
    is_path = _PATH.fullmatch(url) and ".." not in url.split("/")
    if not (is_path or _WEB.fullmatch(url) or _SSH.fullmatch(url)):
        raise InvalidRequest(
            f"Invalid base URL: {url[:200]!r}. It is an address such as https://github.com or"
            " ssh://git@example.com, or an absolute path of this machine such as /srv/git."
        )
    return url


def is_web(base_url: str) -> bool:
    """Whether a user and a token are asked for, and a browser can look."""
    return base_url.startswith(("http://", "https://"))


def is_ssh(base_url: str) -> bool:
    """Whether a private key is asked for."""
    return base_url.startswith("ssh://")


def is_repository_id(full_id: str) -> bool:
    """Whether this can be the FullRepositoryId of a repository, such as owner/name."""
    parts = full_id.split("/")
    return bool(_REPOSITORY.fullmatch(full_id)) and not any(not p.strip(".") for p in parts)


def repository_urls(base_url: str, full_id: str) -> tuple[str, ...]:
    """Where the repository may be, likeliest first: some hosts want `.git`, some must not have it.

    Raises InvalidRequest for what cannot be the id of a repository.
    """
    if not is_repository_id(full_id):
        raise InvalidRequest(
            f"{full_id[:200]!r} is not the id of a repository, which is like owner/name."
        )
    url = f"{base_url}/{full_id}"
    return (url,) if url.endswith(".git") else (f"{url}.git", url)


def commit_page(provider_type: str, base_url: str, full_id: str, commit_id: str) -> str:
    """Where the host shows a commit; empty when no browser can go there."""
    if not is_web(base_url) or not is_repository_id(full_id):
        return ""
    folder = _COMMIT_PAGES.get(ProviderType(provider_type), "commit")
    return f"{base_url}/{full_id.removesuffix('.git')}/{folder}/{commit_id}"
