"""The demo that the first start prepares: a repository with a website, buckets, three pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from pipelines import buckets, definitions, git, places

if TYPE_CHECKING:
    from pipelines.core.rights import Caller

REPOSITORY = "website"
BRANCH = "main"
BUCKETS = ("website-staging", "website-production")
SOAK_SECONDS = 120
_FILES = Path(__file__).parent / "website"


def prepare(*, by: Caller) -> list[str]:
    """Make all of it and return the names of the pipelines, whose first executions then run.

    Raises PipelineNameInUse when a pipeline of one of these names is there already.
    """
    for bucket in BUCKETS:
        buckets.create(places.buckets(), bucket)
    repository = places.repositories() / f"{REPOSITORY}.git"
    if not repository.exists():
        _make_repository(repository)
    pipelines = (quick(), release(), production())
    return [definitions.create(pipeline, by=by).name for pipeline in pipelines]


def quick() -> dict[str, Any]:
    """Fetched and built in a few seconds."""
    return _pipeline("website-quick", _stage("Source", _source()), _stage("Build", _build()))


def release() -> dict[str, Any]:
    """Actions side by side and one after the other, and one that takes long enough to stop."""
    return _pipeline(
        "website-release",
        _stage("Source", _source()),
        _stage(
            "Build",
            _build(),
            _commands("UnitTests", "sh scripts/test.sh", of="Site", run_order=2),
            _commands("Lint", "sh scripts/lint.sh", of="Site", run_order=2),
            _commands("SoakTest", f"sh scripts/soak.sh {SOAK_SECONDS}", of="Site", run_order=2),
            _commands(
                "Package",
                "mkdir package",
                "cp site/*.html package/",
                "ls -l package",
                of="Site",
                run_order=3,
                outputs=[{"name": "Package", "files": ["package/**/*"]}],
            ),
        ),
        _stage(
            "Staging",
            _deploy("Deploy", "website-staging"),
            _commands(
                "SmokeTest", "ls -l package", "grep -l h1 package/*.html", of="Package", run_order=2
            ),
        ),
    )


def production() -> dict[str, Any]:
    """Asks somebody before it deploys."""
    return _pipeline(
        "website-production",
        _stage("Source", _source()),
        _stage("Build", _build(outputs=[{"name": "Site", "files": ["site/*.html"]}])),
        _stage(
            "Approve",
            {
                "name": "Review",
                "actionTypeId": _type("Approval", "Manual"),
                "configuration": {
                    "CustomData": "#{BuildVariables.PAGES} pages, built from commit"
                    " #{SourceVariables.CommitId}: #{SourceVariables.CommitMessage}",
                },
            },
        ),
        _stage("Production", _deploy("Deploy", "website-production", of="Site")),
    )


def _pipeline(name: str, *stages: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "roleArn": f"arn:aws:iam::{settings.PENSTOCK_ACCOUNT_ID}:role/penstock",
        "artifactStore": {"type": "S3", "location": "penstock-artifacts"},
        "pipelineType": "V2",
        "executionMode": "SUPERSEDED",
        "stages": list(stages),
    }


def _stage(name: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "actions": list(actions)}


def _source() -> dict[str, Any]:
    return {
        "name": "Source",
        "actionTypeId": _type("Source", "CodeCommit"),
        "namespace": "SourceVariables",
        "configuration": {
            "RepositoryName": REPOSITORY,
            "BranchName": BRANCH,
            "PollForSourceChanges": "false",
        },
        "outputArtifacts": [{"name": "Source"}],
    }


def _build(*, outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    everything = ["site/**/*", "pages/**/*", "scripts/**/*"]
    return {
        **_commands(
            "Compile",
            ". scripts/build.sh",
            of="Source",
            outputs=outputs or [{"name": "Site", "files": everything}],
        ),
        "namespace": "BuildVariables",
        "environmentVariables": [
            {"name": "COMMIT_ID", "value": "#{SourceVariables.CommitId}", "type": "PLAINTEXT"}
        ],
        "outputVariables": ["PAGES"],
    }


def _commands(
    name: str,
    *lines: str,
    of: str,
    run_order: int = 1,
    outputs: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": _type("Compute", "Commands"),
        "runOrder": run_order,
        "commands": list(lines),
        "inputArtifacts": [{"name": of}],
        "outputArtifacts": outputs or [],
    }


def _deploy(name: str, bucket: str, *, of: str = "Package") -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": _type("Deploy", "S3"),
        "configuration": {"BucketName": bucket, "Extract": "true"},
        "inputArtifacts": [{"name": of}],
    }


def _type(category: str, provider: str) -> dict[str, str]:
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}


def _make_repository(repository: Path) -> None:
    git.init_bare(repository, BRANCH)
    files = {
        path.relative_to(_FILES).as_posix(): git.File(
            content=path.read_bytes(), executable=path.suffix == ".sh"
        )
        for path in sorted(_FILES.rglob("*"))
        if path.is_file()
    }
    git.commit_files(
        repository,
        BRANCH,
        files,
        message="Start the website",
        author=("Penstock", "penstock@example.com"),
        at=timezone.now(),
    )
