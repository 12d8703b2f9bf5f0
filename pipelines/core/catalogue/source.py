"""Sources of AWS, and of GitHub before connections."""

from pipelines.core.action_types import ActionType, ActionTypeId, Links
from pipelines.core.catalogue.keys import flag, resource, secret, text

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
    ActionType(
        id=ActionTypeId("Source", "AWS", "ECR", "1"),
        label="Amazon ECR",
        input_artifacts=range(1),
        output_artifacts=range(1, 2),
        configuration={
            "RepositoryName": resource("The repository that the image was pushed to."),
            "ImageTag": text("The tag of the image; latest if left out."),
        },
        output_variables=("ImageDigest", "ImageTag", "ImageURI", "RegistryId", "RepositoryName"),
    ),
)
