"""Amazon Resource Names of the things here (AWS page "CodePipeline ARN formats")."""


def pipeline_arn(*, region: str, account_id: str, name: str) -> str:
    return f"arn:aws:codepipeline:{region}:{account_id}:{name}"


def user_arn(*, account_id: str, username: str) -> str:
    return f"arn:aws:iam::{account_id}:user/{username}"


def root_arn(*, account_id: str) -> str:
    """The account itself: whoever has its database and its files."""
    return f"arn:aws:iam::{account_id}:root"


def user_of(arn: str) -> str:
    """The part of a user's ARN that people call the user by; anything else comes back as it is."""
    return arn.rpartition(":user/")[2] or arn
