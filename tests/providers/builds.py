"""Builds of CodeBuild projects, with real files and real shells."""

import re
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

from pipelines.core.action_types import ActionTypeId
from pipelines.providers import codebuild
from pipelines.providers.contract import Build, Failed, Outcome, OutputArtifact, Succeeded, Work
from tests.providers.work import log_of, make_artifact, make_site, make_work

BUILD = ActionTypeId("Build", "AWS", "CodeBuild", "1")
TIME = r"\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} "


def build_of(folder: Path, buildspec: str, **changes: Any) -> tuple[Work, Outcome]:
    """A build of the project `website`, whose source has this buildspec.

    `files` are in the source as well; `project` is what the project says beside its name.
    """
    project: dict[str, Any] = {
        "project_name": "website",
        "number": 7,
        "timeout": timedelta(minutes=2),
        **changes.pop("project", {}),
    }
    files = {"buildspec.yml": dedent(buildspec), **changes.pop("files", {})}
    outputs = changes.pop("outputs", ())
    values = {
        "type_id": BUILD,
        "configuration": {"ProjectName": "website", **changes.pop("configuration", {})},
        "input_artifacts": {"Source": make_artifact(folder, files)},
        "output_artifacts": tuple(OutputArtifact(name=name) for name in outputs),
        **changes,
    }
    site = make_site(folder, start_build=Projects(Build(**project)), **values.pop("site", {}))
    work = make_work(folder, site=site, **values)
    return work, codebuild.perform(work)


class Projects:
    """A site with one project."""

    def __init__(self, build: Build) -> None:
        self.build = build

    def __call__(self, name: str) -> Build | None:
        return self.build if name == self.build.project_name else None


def commands(**phases: list[str]) -> str:
    """A buildspec of these commands: ``commands(build=["make"])``."""
    return (
        f"version: 0.2\nphases: { ({name: {'commands': each} for name, each in phases.items()}) }"
    )


def said(work: Work) -> list[str]:
    """The log without its times."""
    return re.sub(f"^{TIME}", "@ ", log_of(work), flags=re.MULTILINE).splitlines()


def ran(work: Work) -> list[str]:
    """What the commands wrote."""
    return [line for line in said(work) if not line.startswith("@")]


def phases_of(work: Work) -> list[str]:
    """The phases that were completed and how: `BUILD SUCCEEDED`."""
    found = re.findall(r"Phase complete: (\S+) State: (\S+)", log_of(work))
    return [" ".join(each) for each in found]


def failed(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed), outcome
    return outcome


def succeeded(outcome: Outcome) -> Succeeded:
    assert isinstance(outcome, Succeeded), outcome
    return outcome
