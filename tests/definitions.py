"""Builders of pipeline definitions.

Members are named as in Python and come out as AWS spells them: ``run_order=2`` is ``runOrder``.
"""

from collections.abc import Iterable
from typing import Any

from pipelines.core.action_types import ActionTypeId, Category
from pipelines.core.plan import PipelinePlan
from pipelines.core.structure import check, read
from pipelines.providers import ACTION_TYPES

Definition = dict[str, Any]

REGION = "eu-central-1"
ROLE_ARN = "arn:aws:iam::123456789012:role/penstock"

S3_SOURCE = ActionTypeId(Category.SOURCE, "AWS", "S3", "1")
CODECOMMIT = ActionTypeId(Category.SOURCE, "AWS", "CodeCommit", "1")
COMMANDS = ActionTypeId(Category.COMPUTE, "AWS", "Commands", "1")
S3_DEPLOY = ActionTypeId(Category.DEPLOY, "AWS", "S3", "1")
MANUAL = ActionTypeId(Category.APPROVAL, "AWS", "Manual", "1")


def checked(definition: Definition) -> Definition:
    """What is stored of a definition."""
    return check(definition, action_types=ACTION_TYPES, region=REGION)


def planned(definition: Definition) -> PipelinePlan:
    """What the engine follows."""
    return read(checked(definition))


def definition(
    name: str = "website", *, stages: list[Definition] | None = None, **members: Any
) -> Definition:
    """A whole pipeline; without stages, one that fetches, builds, asks and deploys."""
    return {
        "name": name,
        "roleArn": ROLE_ARN,
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": usual_stages() if stages is None else stages,
        **in_aws_spelling(members),
    }


def usual_stages() -> list[Definition]:
    return [
        stage("Source", source()),
        stage("Build", commands(outputs=["Site"])),
        stage("Approve", approval()),
        stage("Deploy", deploy(inputs=["Site"])),
    ]


def with_actions(*actions: Definition, **members: Any) -> Definition:
    """A pipeline with a source stage and one stage with these actions."""
    return definition(stages=[stage("Source", source()), stage("Work", *actions)], **members)


def stage(name: str, *actions: Definition, **members: Any) -> Definition:
    """A stage: ``stage("Build", commands(), commands("Test", run_order=2))``."""
    return {"name": name, "actions": list(actions), **in_aws_spelling(members)}


def source(name: str = "Fetch", *, output: str = "Code", **members: Any) -> Definition:
    """A CodeCommit source."""
    configuration = {"RepositoryName": "website", "BranchName": "main"}
    return action(name, CODECOMMIT, outputs=[output], **{"configuration": configuration, **members})


def s3_source(name: str = "Fetch", *, output: str = "Code", **members: Any) -> Definition:
    """An S3 source."""
    configuration = {"S3Bucket": "uploads", "S3ObjectKey": "website.zip"}
    return action(name, S3_SOURCE, outputs=[output], **{"configuration": configuration, **members})


def commands(
    name: str = "Build", *lines: str, inputs: Iterable[str] = ("Code",), **members: Any
) -> Definition:
    """A shell: ``commands("Test", "make test", run_order=2)``."""
    return action(
        name, COMMANDS, inputs=inputs, **{"commands": list(lines or ("make",)), **members}
    )


def approval(name: str = "Ask", **members: Any) -> Definition:
    """A question to a person."""
    return action(name, MANUAL, **members)


def rule(
    provider: str = "VariableCheck",
    name: str = "Check",
    *lines: str,
    inputs: Iterable[str] = (),
    **members: Any,
) -> Definition:
    """A rule of a condition; without more, one that says whether variable `go` is `yes`."""
    configuration = {"Variable": "#{variables.go}", "Value": "yes", "Operator": "EQ"}
    told: Definition = {"configuration": configuration} if provider == "VariableCheck" else {}
    if lines:
        told = {"commands": list(lines)}
    return {
        "name": name,
        "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"},
        "inputArtifacts": [{"name": artifact} for artifact in inputs],
        **told,
        **in_aws_spelling(members),
    }


def when(result: str, *rules: Definition) -> Definition:
    """What a stage declares of a condition: ``before_entry=when("SKIP", rule())``."""
    return {"conditions": [{"result": result, "rules": list(rules or [rule()])}]}


def deploy(
    name: str = "Publish", *, inputs: Iterable[str] = ("Code",), **members: Any
) -> Definition:
    """A deployment to S3."""
    configuration = {"BucketName": "public", "Extract": "true"}
    return action(name, S3_DEPLOY, inputs=inputs, **{"configuration": configuration, **members})


def action(
    name: str,
    type_id: ActionTypeId,
    *,
    inputs: Iterable[str] = (),
    outputs: Iterable[str] = (),
    **members: Any,
) -> Definition:
    """An action of any type."""
    return {
        "name": name,
        "actionTypeId": {key: str(value) for key, value in type_id._asdict().items()},
        "inputArtifacts": [{"name": artifact} for artifact in inputs],
        "outputArtifacts": [{"name": artifact} for artifact in outputs],
        **in_aws_spelling(members),
    }


def in_aws_spelling(members: Definition) -> Definition:
    return {in_camel_case(name): member for name, member in members.items()}


def in_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
