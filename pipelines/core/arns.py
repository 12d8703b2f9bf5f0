"""Amazon Resource Names of the things here (AWS page "CodePipeline ARN formats")."""

import re
from typing import NamedTuple

from pipelines.core.action_types import ActionTypeId
from pipelines.core.refusals import InvalidArn

_NAME = r"[A-Za-z0-9.@\-_]{1,100}"
_ARN = re.compile(r"arn:aws(?:-\w+)*:codepipeline:[a-z0-9-]+:[0-9]{12}:(?P<resource>.+)", re.ASCII)
# What can have tags, or belongs to something that can.
_RESOURCES = {
    "pipeline": re.compile(_NAME),
    "stage": re.compile(rf"{_NAME}/{_NAME}"),
    "action": re.compile(rf"{_NAME}/{_NAME}/{_NAME}"),
    # The documentation spells it in both ways.
    "action type": re.compile(r"action[tT]ype:\w+/\w+/[0-9A-Za-z_-]+/[0-9A-Za-z_-]+", re.ASCII),
    "webhook": re.compile(rf"webhook:{_NAME}"),
}


class Arn(NamedTuple):
    """What an ARN of this service names."""

    kind: str
    resource: str  # of a pipeline: its name


def read_arn(arn: str) -> Arn:
    """Raises InvalidArn for what is not an ARN of this service, or of no kind that it has."""
    match = _ARN.fullmatch(arn)
    resource = match["resource"] if match else ""
    for kind, pattern in _RESOURCES.items():
        if pattern.fullmatch(resource):
            return Arn(kind, resource)
    raise InvalidArn(f"The ARN '{arn}' is not valid.")


def pipeline_arn(*, region: str, account_id: str, name: str) -> str:
    return f"arn:aws:codepipeline:{region}:{account_id}:{name}"


def webhook_arn(*, region: str, account_id: str, name: str) -> str:
    return f"arn:aws:codepipeline:{region}:{account_id}:webhook:{name}"


def build_project_arn(*, region: str, account_id: str, name: str) -> str:
    """AWS page "Identity-based policies for CodeBuild", as are those of builds."""
    return f"arn:aws:codebuild:{region}:{account_id}:project/{name}"


def build_arn(*, region: str, account_id: str, build_id: str) -> str:
    return f"arn:aws:codebuild:{region}:{account_id}:build/{build_id}"


def action_type_arn(*, region: str, account_id: str, type_id: ActionTypeId) -> str:
    """Spelled as the list of formats does; `read_arn` also takes actionType."""
    category, owner, provider, version = type_id
    return (
        f"arn:aws:codepipeline:{region}:{account_id}:actiontype"
        f":{owner}/{category}/{provider}/{version}"
    )


def action_type_of(resource: str) -> ActionTypeId:
    """The type that the resource part of an action type's ARN names."""
    owner, category, provider, version = resource.partition(":")[2].split("/")
    return ActionTypeId(category, owner, provider, version)


def user_arn(*, account_id: str, username: str) -> str:
    return f"arn:aws:iam::{account_id}:user/{username}"


def assumed_role_arn(*, role_arn: str, session: str) -> str:
    """Who acts with a role's rights, and as which session of it."""
    account_id = role_arn.split(":")[4]
    return f"arn:aws:sts::{account_id}:assumed-role/{role_arn.rpartition('/')[2]}/{session}"


def root_arn(*, account_id: str) -> str:
    """The account itself: whoever has its database and its files."""
    return f"arn:aws:iam::{account_id}:root"


def user_of(arn: str) -> str:
    """The part of a user's ARN that people call the user by; anything else comes back as it is."""
    return arn.rpartition(":user/")[2] or arn
