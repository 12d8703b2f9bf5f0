"""Amazon Resource Names of the things here (AWS page "CodePipeline ARN formats")."""


def pipeline_arn(*, region: str, account_id: str, name: str) -> str:
    return f"arn:aws:codepipeline:{region}:{account_id}:{name}"


def build_project_arn(*, region: str, account_id: str, name: str) -> str:
    """AWS page "Identity-based policies for CodeBuild", as are those of builds."""
    return f"arn:aws:codebuild:{region}:{account_id}:project/{name}"


def build_arn(*, region: str, account_id: str, build_id: str) -> str:
    return f"arn:aws:codebuild:{region}:{account_id}:build/{build_id}"


def user_arn(*, account_id: str, username: str) -> str:
    return f"arn:aws:iam::{account_id}:user/{username}"


def user_of(arn: str) -> str:
    """The part of a user's ARN that people call the user by; anything else comes back as it is."""
    return arn.rpartition(":user/")[2] or arn
