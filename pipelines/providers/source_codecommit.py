"""Source from AWS CodeCommit: the head of a branch of a local bare git repository, or a commit."""

import re
from pathlib import Path
from urllib.parse import quote

from pipelines import git
from pipelines.core.action_types import ActionType, ActionTypeId, Links
from pipelines.core.catalogue.keys import flag, resource, text
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import clone_reference, git_source
from pipelines.providers.clone_reference import Reference
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Outcome,
    Sighting,
    Unseen,
    Work,
)
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
    repository = work.site.repositories / f"{name}.git"
    try:
        commit = _commit(work, repository, branch)
        artifact = _artifact(work, repository, commit)
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
    return git_source.outcome(
        work,
        commit,
        artifact,
        page=_commit_page(work, name, commit),
        variables={
            "RepositoryName": name,
            "BranchName": branch,
            "CommitterDate": git_source.aws_time(commit.committer_date),
        },
    )


def latest_revision(look: Look) -> Sighting:
    """The newest commit of the branch."""
    name, branch = look.configuration["RepositoryName"], look.configuration["BranchName"]
    if not REPOSITORY_NAME.fullmatch(name):
        return Unseen(why=f"{name!r} cannot be the name of a repository.")
    repository = look.site.repositories / f"{name}.git"
    try:
        return Found(revision=git.head(repository, branch).id)
    except (git.BranchNotFound, git.RepositoryNotFound) as problem:
        return Absent(why=_what_to_do(problem, repository, branch))
    except git.GitError as problem:
        return Unseen(why=_what_to_do(problem, repository, branch))


def _artifact(work: Work, repository: Path, commit: git.Commit) -> Path:
    configuration = work.configuration
    if configuration.get("OutputArtifactFormat") == git_source.REFERENCE:
        reference = Reference(repository=repository.stem, branch=configuration["BranchName"])
        return clone_reference.written(work, reference, commit.id)
    artifact = work.workspace / "source.zip"
    git.archive(repository, commit.id, artifact, work.is_lost)
    return artifact


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


def _commit_page(work: Work, name: str, commit: git.Commit) -> str:
    site = work.site
    path = f"/codesuite/codecommit/repositories/{quote(name)}/commit/{commit.id}"
    return f"{site.url}{path}?region={quote(site.region)}"


def _misconfigured(message: str) -> Failed:
    return Failed(code=FailureCode.CONFIGURATION_ERROR, message=message)
