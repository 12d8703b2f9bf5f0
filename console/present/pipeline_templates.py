"""The templates that a new pipeline may begin with: whole definitions with names to be replaced."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

Definition = dict[str, Any]


class Template(NamedTuple):
    """One of the list, with the stages that it makes."""

    label: str
    description: str
    stages: Callable[[], list[Definition]]


def text_of(chosen: str) -> str:
    """The JSON of the template of that name; nothing for another name."""
    if chosen not in TEMPLATES:
        return ""
    pipeline = {
        "name": f"my-{chosen}-pipeline",
        "roleArn": f"arn:aws:iam::{settings.PENSTOCK_ACCOUNT_ID}:role/penstock",
        "artifactStore": {"type": "S3", "location": "penstock-artifacts"},
        "stages": TEMPLATES[chosen].stages(),
        "executionMode": "QUEUED",
        "pipelineType": "V2",
    }
    return json.dumps({"pipeline": pipeline, "tags": []}, indent=2)


def _s3() -> list[Definition]:
    return [_stage("Source", _s3_source()), _stage("Deploy", _s3_deploy("SourceArtifact"))]


def _codecommit() -> list[Definition]:
    source = _action(
        "Source",
        ("Source", "CodeCommit"),
        {"RepositoryName": "my-repository", "BranchName": "main"},
        outputArtifacts=[{"name": "SourceArtifact"}],
        namespace="SourceVariables",
    )
    build = _action(
        "Build",
        ("Compute", "Commands"),
        commands=["mkdir -p site", "cp README.md site/"],
        inputArtifacts=[{"name": "SourceArtifact"}],
        outputArtifacts=[{"name": "BuildArtifact", "files": ["site/**/*"]}],
        namespace="BuildVariables",
    )
    approval = _action(
        "Approval",
        ("Approval", "Manual"),
        {"CustomData": "Deploy commit #{SourceVariables.CommitId}?"},
    )
    return [
        _stage("Source", source),
        _stage("Build", build),
        _stage("Approve", approval),
        _stage("Deploy", _s3_deploy("BuildArtifact")),
    ]


def _connection() -> list[Definition]:
    arn = (
        f"arn:aws:codeconnections:{settings.PENSTOCK_REGION}:{settings.PENSTOCK_ACCOUNT_ID}"
        ":connection/00000000-0000-0000-0000-000000000000"
    )
    source = _action(
        "Source",
        ("Source", "CodeStarSourceConnection"),
        {"ConnectionArn": arn, "FullRepositoryId": "owner/my-repository", "BranchName": "main"},
        outputArtifacts=[{"name": "SourceArtifact"}],
        namespace="SourceVariables",
    )
    build = _action(
        "Build",
        ("Build", "CodeBuild"),
        {"ProjectName": "my-project"},
        inputArtifacts=[{"name": "SourceArtifact"}],
        outputArtifacts=[{"name": "BuildArtifact"}],
        namespace="BuildVariables",
    )
    return [
        _stage("Source", source),
        _stage("Build", build),
        _stage("Deploy", _s3_deploy("BuildArtifact")),
    ]


def _s3_source() -> Definition:
    return _action(
        "Source",
        ("Source", "S3"),
        {"S3Bucket": "my-source-bucket", "S3ObjectKey": "my-source.zip"},
        outputArtifacts=[{"name": "SourceArtifact"}],
        namespace="SourceVariables",
    )


def _s3_deploy(of: str) -> Definition:
    return _action(
        "Deploy",
        ("Deploy", "S3"),
        {"BucketName": "my-website-bucket", "Extract": "true"},
        inputArtifacts=[{"name": of}],
        namespace="DeployVariables",
    )


def _stage(name: str, *actions: Definition) -> Definition:
    return {"name": name, "actions": list(actions)}


def _action(
    name: str,
    kind: tuple[str, str],
    configuration: dict[str, str] | None = None,
    **members: object,
) -> Definition:
    category, provider = kind
    return {
        "name": name,
        "actionTypeId": {
            "category": category,
            "owner": "AWS",
            "provider": provider,
            "version": "1",
        },
        **({"configuration": configuration} if configuration else {}),
        **members,
    }


TEMPLATES = {
    "s3": Template("S3 to S3", "Unpacks an archive from one bucket into another.", _s3),
    "codecommit": Template(
        "CodeCommit, Commands, manual approval, S3",
        "Runs shell commands on a commit, asks somebody, and deploys what they made.",
        _codecommit,
    ),
    "connection": Template(
        "CodeConnections, CodeBuild, S3",
        "Builds a commit of any git host with a build project, and deploys it.",
        _connection,
    ),
}
