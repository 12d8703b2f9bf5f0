"""Source from AWS CodeCommit: the head of a branch of a local bare git repository, or a commit."""

import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from pipelines import git
from pipelines.core.action_types import ActionType, ActionTypeId, Links
from pipelines.core.catalogue.keys import flag, resource, text
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers.contract import Failed, Outcome, Revision, Succeeded, Work
from pipelines.providers.log import say

COMMITS = "/codesuite/codecommit/repositories/{Config:RepositoryName}/commit"
ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Source", "AWS", "CodeCommit", "1"),
        label="AWS CodeCommit",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "RepositoryName": resource("The name of the repository."),
            "BranchName": resource("The branch whose newest commit is taken."),
            "PollForSourceChanges": flag("Whether to poll for new commits; true if left out."),
            "OutputArtifactFormat": text(
                "CODE_ZIP: the files; CODEBUILD_CLONE_REF: a reference that CodeBuild clones.",
                "CODE_ZIP",
                "CODEBUILD_CLONE_REF",
            ),
        },
        output_variables=(
            "AuthorDate",
            "BranchName",
            "CommitId",
            "CommitMessage",
            "CommitterDate",
            "RepositoryName",
        ),
        links=Links(
            execution=f"{COMMITS}/{{ExternalExecutionId}}",
            revision=f"{COMMITS}/{{RevisionId}}",
        ),
    ),
)
REPOSITORY_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")  # AWS's rule; no slash: it names a folder


def perform(work: Work) -> Outcome:
    """Take the files of the newest commit, or of the one asked for; the commit is the revision."""
    configuration = work.configuration
    name, branch = configuration["RepositoryName"], configuration["BranchName"]
    if not REPOSITORY_NAME.fullmatch(name):
        return _misconfigured(f"{name!r} cannot be the name of a repository.")
    if configuration.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF":
        return _misconfigured(
            "OutputArtifactFormat CODEBUILD_CLONE_REF is not supported yet; use CODE_ZIP."
        )
    repository = work.site.repositories / f"{name}.git"
    artifact = work.workspace / "source.zip"
    try:
        commit = _commit(work, repository, branch)
        git.archive(repository, commit.id, artifact, work.is_lost)
    except git.CommitNotFound as error:
        return Failed(
            code=FailureCode.REVISION_UNAVAILABLE,
            message=f"{error} Start the pipeline with the full id of a commit that is there.",
        )
    except git.GitError as error:
        return _misconfigured(_what_to_do(error, repository, branch))
    except git.Lost:
        return Failed(code=FailureCode.SYSTEM_UNAVAILABLE, message="The work was given up.")
    say(work, f"Got commit {commit.id} of {name}, branch {branch}: {commit.subject}")
    return Succeeded(
        artifacts={output.name: artifact for output in work.output_artifacts},
        output_variables={
            "RepositoryName": name,
            "BranchName": branch,
            "CommitId": commit.id,
            "CommitMessage": commit.message,
            "AuthorDate": _aws_time(commit.author_date),
            "CommitterDate": _aws_time(commit.committer_date),
        },
        revision=_revision(work, name, commit),
        external_execution_id=commit.id,
        external_execution_url=_commit_page(work, name, commit),
        summary=commit.message,
    )


def _commit(work: Work, repository: Path, branch: str) -> git.Commit:
    """A commit that is asked for need not be on the branch: AWS looks in the whole repository."""
    asked_for = work.overrides.get(RevisionType.COMMIT_ID)
    if asked_for is None:
        return git.head(repository, branch)
    say(work, f"Source revision override: commit {asked_for}")
    return git.commit(repository, asked_for)


def _what_to_do(error: git.GitError, repository: Path, branch: str) -> str:
    match error:
        case git.RepositoryNotFound():
            return (
                f"There is no repository {repository.stem}."
                f" To make it, make a bare git repository {repository}."
            )
        case git.BranchNotFound():
            return (
                f"The action failed because no branch named {branch} was found in the selected AWS"
                f" CodeCommit repository {repository.stem}. Make sure you are using the correct"
                " branch name, and then try again."
            )
        case _:
            return f"The repository {repository} cannot be read: {error}"


def _revision(work: Work, name: str, commit: git.Commit) -> Revision:
    return Revision(
        id=commit.id,
        summary=commit.message[:2048],
        url=_commit_page(work, name, commit),
        change_id=_aws_time(commit.committer_date),
        created_at=commit.committer_date,
    )


def _commit_page(work: Work, name: str, commit: git.Commit) -> str:
    site = work.site
    path = f"/codesuite/codecommit/repositories/{quote(name)}/commit/{commit.id}"
    return f"{site.url}{path}?region={quote(site.region)}"


def _aws_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _misconfigured(message: str) -> Failed:
    return Failed(code=FailureCode.CONFIGURATION_ERROR, message=message)
