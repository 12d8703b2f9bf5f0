"""The phase DOWNLOAD_SOURCE: inputs unpacked, the buildspec read, the environment put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines import artifacts, processes
from pipelines.core.arns import build_arn, build_project_arn
from pipelines.providers import build_folders, yaml_text
from pipelines.providers.codebuild_buildspec import (
    DEFAULT,
    Artifact,
    Buildspec,
    BuildspecError,
    is_inline,
    parse,
)
from pipelines.providers.codebuild_request import Misconfigured, wanted_artifacts
from pipelines.providers.codebuild_script import SUCCEEDING
from pipelines.providers.codebuild_words import PhaseFailed, build_id, page_of, say_complete
from pipelines.providers.contract import Build, Work
from pipelines.providers.log import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A build whose source is there and whose buildspec has been read."""

    work: Work
    build: Build
    spec: Buildspec
    wanted: Mapping[str, Artifact]
    folders: Mapping[str, Path]  # of the inputs, the primary one first
    environment: Mapping[str, str]

    @property
    def source(self) -> Path:
        return next(iter(self.folders.values()))


def download(work: Work, build: Build, primary: str, overrides: Mapping[str, str]) -> Ready:
    """The phase DOWNLOAD_SOURCE.  Raises PhaseFailed and Misconfigured."""
    say(work, "Phase is DOWNLOAD_SOURCE")
    try:
        folders = build_folders.unpacked_inputs(work, primary)
    except artifacts.ArtifactError as error:
        raise PhaseFailed("DOWNLOAD_SOURCE", "CLIENT_ERROR", str(error)) from error
    try:
        spec = parse(_buildspec(work, build, folders[primary]))
        wanted = wanted_artifacts(work, spec)
    except (BuildspecError, Misconfigured) as error:
        raise PhaseFailed("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", str(error)) from error
    ours = _variables(work, build, folders)
    for name, value in ours.items():
        if name.startswith("CODEBUILD_SRC_DIR"):
            say(work, f"{name}={value}")
    for key, why in spec.without_effect().items():
        say(work, f"No effect here: {key} ({why}).")
    home, temporary = build_folders.home_and_temporary(work)
    declared = {**spec.env.variables, **build.environment, **overrides, **ours}
    environment = processes.environment(home=home, temporary=temporary, declared=declared)
    say(work, f"Moving to directory {folders[primary]}")
    say_complete(work, "DOWNLOAD_SOURCE", "SUCCEEDED")
    return Ready(
        work=work, build=build, spec=spec, wanted=wanted, folders=folders, environment=environment
    )


def _buildspec(work: Work, build: Build, source: Path) -> bytes:
    if is_inline(build.buildspec):
        say(work, f"The buildspec is that of the project {build.project_name}")
        return build.buildspec.encode()
    name = build.buildspec or DEFAULT
    path = source / name
    say(work, f"YAML location is {path}")
    if not path.resolve().is_relative_to(source.resolve()):
        raise BuildspecError(f"YAML file {name} is outside of the source.")
    if not path.is_file():
        raise BuildspecError(
            f"YAML file does not exist: the primary source artifact has no file {name}. Add it, or"
            f" give the project {build.project_name} another buildspec."
        )
    return yaml_text.read(path)


def _variables(work: Work, build: Build, folders: Mapping[str, Path]) -> dict[str, str]:
    """What AWS CodeBuild sets; a revision is known only of what a source action made."""
    site, own_id = work.site, build_id(work, build)
    where = {"region": site.region, "account_id": site.account_id}
    ours = {
        **build_folders.variables(work, own_id, folders),
        "CODEBUILD_BUILD_ARN": build_arn(build_id=own_id, **where),
        "CODEBUILD_BUILD_IMAGE": build.image,
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_URL": page_of(work),
        "CODEBUILD_CI": "true",
        "CODEBUILD_LOG_PATH": work.action_execution_id,
        "CODEBUILD_PROJECT_ARN": build_project_arn(name=build.project_name, **where),
        SUCCEEDING: "1",
    }
    if revision := work.revisions.get(next(iter(folders))):
        ours["CODEBUILD_RESOLVED_SOURCE_VERSION"] = revision
        ours["CODEBUILD_SOURCE_VERSION"] = revision
    return ours
