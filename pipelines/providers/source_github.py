"""Source from GitHub with a token of its own (version 1), or from a host that is like GitHub."""

from pathlib import Path

from pipelines import git
from pipelines.core.action_types import ActionType, ActionTypeId, Links
from pipelines.core.catalogue.keys import flag, resource, secret
from pipelines.core.connections import ProviderType, commit_page
from pipelines.providers import git_source
from pipelines.providers.contract import Look, Outcome, Sighting, Site, Succeeded, Work
from pipelines.providers.git_hosts import Host
from pipelines.remotes import Credential

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Source", "ThirdParty", "GitHub", "1"),
        label="GitHub (via OAuth app)",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "Owner": resource("The user or organization that owns the repository."),
            "Repo": resource("The name of the repository."),
            "Branch": resource("The branch whose newest commit is taken."),
            "OAuthToken": secret("A token that may read the repository and its webhooks."),
            "PollForSourceChanges": flag("Whether to poll for new commits; true if left out."),
        },
        output_variables=(
            "AuthorDate",
            "BranchName",
            "CommitId",
            "CommitMessage",
            "CommitterDate",
            "CommitUrl",
            "RepositoryName",
        ),
        links=Links(
            entity="https://github.com/{Config:Owner}/{Config:Repo}/tree/{Config:Branch}",
            execution="https://github.com/{Config:Owner}/{Config:Repo}/tree/{Config:Branch}",
            revision="https://github.com/{Config:Owner}/{Config:Repo}/commit/{RevisionId}",
        ),
    ),
)
ANY_NAME = "x-access-token"  # GitHub looks at the token only


def perform(work: Work) -> Outcome:
    """Take the newest commit of the branch, or the one asked for; the commit is the revision."""
    configuration = work.configuration
    wanted = git_source.Wanted(
        host=_host(work.site, configuration["OAuthToken"]),
        full_id=f"{configuration['Owner']}/{configuration['Repo']}",
        branch=configuration["Branch"],
    )
    return git_source.take(
        work, wanted, lambda commit, artifact: _succeeded(work, wanted, commit, artifact)
    )


def latest_revision(look: Look) -> Sighting:
    """The newest commit of the branch, by `git ls-remote`."""
    said = look.configuration
    host = _host(look.site, said["OAuthToken"])
    return git_source.latest(host, f"{said['Owner']}/{said['Repo']}", said["Branch"], look)


def _host(site: Site, token: str) -> Host:
    return Host(
        base_url=site.github_url,
        called="the action",
        provider_type=ProviderType.GITHUB,
        credential=Credential(username=ANY_NAME, password=token),
    )


def _succeeded(
    work: Work, wanted: git_source.Wanted, commit: git.Commit, artifact: Path
) -> Succeeded:
    page = commit_page(ProviderType.GITHUB, work.site.github_url, wanted.full_id, commit.id)
    return git_source.outcome(
        work,
        commit,
        artifact,
        page=page,
        variables={
            "BranchName": wanted.branch,
            "CommitterDate": git_source.aws_time(commit.committer_date),
            "CommitUrl": page,
            "RepositoryName": work.configuration["Repo"],
        },
    )
