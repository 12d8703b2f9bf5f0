"""Source from any git host through a connection (AWS CodeConnections, CodeStarSourceConnection)."""

from pathlib import Path
from urllib.parse import urlencode

from pipelines import git
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import flag, resource, text
from pipelines.core.connections import is_web
from pipelines.core.statuses import FailureCode
from pipelines.providers import git_source
from pipelines.providers.clone_reference import Reference
from pipelines.providers.contract import Failed, Look, Outcome, Sighting, Succeeded, Unseen, Work
from pipelines.providers.git_hosts import Host

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Source", "AWS", "CodeStarSourceConnection", "1"),
        label="AWS CodeConnections",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "ConnectionArn": resource("The ARN of the connection to the git provider."),
            "FullRepositoryId": resource("Owner and name of the repository, as owner/name."),
            "BranchName": resource("The branch whose newest commit is taken."),
            "OutputArtifactFormat": text(
                "CODE_ZIP: the files; CODEBUILD_CLONE_REF: a reference that CodeBuild clones.",
                "CODE_ZIP",
                "CODEBUILD_CLONE_REF",
            ),
            "DetectChanges": flag("Whether a new commit starts the pipeline; true if left out."),
        },
        output_variables=(
            "AuthorDate",
            "BranchName",
            "CommitId",
            "CommitMessage",
            "ConnectionArn",
            "FullRepositoryName",
        ),
    ),
)


def perform(work: Work) -> Outcome:
    """Take the newest commit of the branch, or the one asked for; the commit is the revision."""
    configuration = work.configuration
    arn, full_id = configuration["ConnectionArn"], configuration["FullRepositoryId"]
    host = work.site.connection(arn)
    if host is None:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=_no_connection(arn))
    branch, reference = configuration["BranchName"], None
    if configuration.get("OutputArtifactFormat") == git_source.REFERENCE:
        reference = Reference(repository=full_id, branch=branch, connection_arn=arn)
    wanted = git_source.Wanted(host=host, full_id=full_id, branch=branch, reference=reference)
    return git_source.take(
        work, wanted, lambda commit, artifact: _succeeded(work, host, commit, artifact)
    )


def latest_revision(look: Look) -> Sighting:
    """The newest commit of the branch, by `git ls-remote`."""
    arn = look.configuration["ConnectionArn"]
    host = look.site.connection(arn)
    if host is None:
        return Unseen(why=_no_connection(arn))
    full_id, branch = look.configuration["FullRepositoryId"], look.configuration["BranchName"]
    return git_source.latest(host, full_id, branch, look)


def _no_connection(arn: str) -> str:
    return (
        f"There is no connection {arn}. Create it on the page Connections, or with"
        " manage.py connections create --arn to keep its ARN, or change ConnectionArn."
    )


def _succeeded(work: Work, host: Host, commit: git.Commit, artifact: Path) -> Succeeded:
    configuration = work.configuration
    return git_source.outcome(
        work,
        commit,
        artifact,
        page=_commit_page(work, host, commit),
        variables={
            "BranchName": configuration["BranchName"],
            "ConnectionArn": configuration["ConnectionArn"],
            "FullRepositoryName": configuration["FullRepositoryId"],
        },
    )


def _commit_page(work: Work, host: Host, commit: git.Commit) -> str:
    """As AWS has it, a page of the console that knows where the host shows the commit."""
    if not is_web(host.base_url):
        return ""
    asked = {
        "connectionArn": work.configuration["ConnectionArn"],
        "referenceType": "COMMIT",
        "FullRepositoryId": work.configuration["FullRepositoryId"],
        "Commit": commit.id,
    }
    return f"{work.site.url}/codesuite/settings/connections/redirect?{urlencode(asked)}"
