"""Amazon ECR build and publish: build an image with this machine's tool and push it to a registry.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECRBuildAndPublish.html
"""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from pipelines import artifacts, processes
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import resource, text
from pipelines.core.statuses import FailureCode
from pipelines.processes import End
from pipelines.providers import build_folders
from pipelines.providers.commands_script import Script
from pipelines.providers.contract import Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say

ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Build", "AWS", "ECRBuildAndPublish", "1"),
        label="Amazon ECR build and publish",
        input_artifacts=range(1, 2),
        output_artifacts=range(1),
        configuration={
            "ECRRepositoryName": resource("The repository that the image is pushed to."),
            "DockerFilePath": text("The Dockerfile or its folder; the root if left out."),
            "ImageTags": text("Tags of the image, with commas between; latest if left out."),
            "RegistryType": text("private if left out.", "private", "public"),
        },
        output_variables=("ECRImageDigestId", "ECRRepositoryName"),
        needs_v2=True,
    ),
)
TOOLS = ("docker", "podman", "buildah")
# Where a tool finds its daemon and the key to the registry, as whoever started Penstock set it up.
OF_THE_TOOL = ("DOCKER_HOST", "DOCKER_CONFIG", "CONTAINER_HOST", "REGISTRY_AUTH_FILE")
REPOSITORY = re.compile(r"[a-z0-9]+([._/-]+[a-z0-9]+)*")  # of ECR
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
FOUND = "__PENSTOCK_DIGEST"  # the variable in which the script leaves the digest


class _Misconfigured(Exception):
    """The image cannot be built as it is asked for; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """What is built, and where it goes."""

    tool: str
    repository: str
    tags: tuple[str, ...]
    registry: str

    @property
    def references(self) -> list[str]:
        return [f"{self.registry}/{self.repository}:{tag}" for tag in self.tags]


def perform(work: Work) -> Outcome:
    """Build the image of the artifact's Dockerfile, and push it with each of its tags."""
    try:
        image = _image(work)
        primary = next(iter(work.input_artifacts))
        source = build_folders.unpacked_inputs(work, primary)[primary]
        script = Script(
            folder=work.workspace / "script",
            shell=processes.shell(),
            commands=_commands(image, _dockerfile(work, source)),
        )
    except (_Misconfigured, artifacts.ArtifactError) as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    say(work, f"Building with {image.tool}; it keeps what the Dockerfile runs in its containers")
    script.write()
    result = processes.run(_command(work, script, source), is_lost=work.is_lost)
    if failure := _failure(work, script, result):
        return failure
    return _published(image, script)


def _image(work: Work) -> _Image:
    repository = work.configuration["ECRRepositoryName"]
    if not REPOSITORY.fullmatch(repository):
        raise _Misconfigured(f"ECRRepositoryName {repository!r} cannot be a repository's name.")
    written = work.configuration.get("ImageTags") or "latest"
    tags = tuple(tag.strip() for tag in written.split(","))
    if wrong := [tag for tag in tags if not TAG.fullmatch(tag)]:
        raise _Misconfigured(f"ImageTags: {wrong[0]!r} cannot be the tag of an image.")
    if not work.site.registry:
        raise _Misconfigured(
            "This Penstock has no registry to push images to. Set PENSTOCK_REGISTRY to its"
            " address, such as 127.0.0.1:5000, and start Penstock again."
        )
    tool = next((each for each in TOOLS if processes.program(each)), "")
    if not tool:
        raise _Misconfigured(
            f"No image can be built on this machine: none of {', '.join(TOOLS)} is installed."
            " Install one of them where the workers run."
        )
    return _Image(tool=tool, repository=repository, tags=tags, registry=work.site.registry)


def _dockerfile(work: Work, source: Path) -> Path:
    """Never outside of the source, also not through a link."""
    asked = work.configuration.get("DockerFilePath", "").strip("/") or "."
    path = source / asked
    file = path / "Dockerfile" if path.is_dir() else path
    if ".." in path.parts or not file.resolve().is_relative_to(source.resolve()):
        raise _Misconfigured(f"DockerFilePath {asked!r} leads out of the input artifact.")
    if not file.is_file():
        where = file.relative_to(source)
        raise _Misconfigured(
            f"The input artifact has no file {where}: DockerFilePath has to name the Dockerfile,"
            " or the folder that it is in."
        )
    return file


def _commands(image: _Image, dockerfile: Path) -> tuple[str, ...]:
    """One after the other; the last one finds out what the registry now calls the image."""
    tool, references = image.tool, image.references
    tags = [option for reference in references for option in ("--tag", reference)]
    build = [tool, "build", *tags, "--file", str(dockerfile), str(dockerfile.parent)]
    first = shlex.quote(references[0])
    if tool == "docker":
        pushes = [f"docker push {shlex.quote(each)}" for each in references]
        named = "'{{range .RepoDigests}}{{println .}}{{end}}'"
        digest = f"export {FOUND}=$(docker image inspect --format {named} {first})"
    else:
        pushes = [f"{tool} push --digestfile ../digest {shlex.quote(each)}" for each in references]
        digest = f"export {FOUND}=$(cat ../digest)"
    return (shlex.join(build), *pushes, digest)


def _command(work: Work, script: Script, source: Path) -> processes.Command:
    home, temporary = build_folders.home_and_temporary(work)
    declared = {name: os.environ[name] for name in OF_THE_TOOL if name in os.environ}
    return processes.Command(
        argv=script.argv,
        folder=source,
        environment=processes.environment(home=home, temporary=temporary, declared=declared),
        token=work.action_execution_id,
        log_file=work.log_file,
        log_limit=work.log_limit,
        timeout=work.timeout,
    )


def _failure(work: Work, script: Script, result: processes.Result) -> Failed | None:
    match result.end:
        case End.EXITED if result.exit_code == 0 and script.is_finished():
            return None
        case End.EXITED:
            code, told = FailureCode.JOB_FAILED, f"ended with exit status {result.exit_code}"
        case End.TIMED_OUT:
            minutes = work.timeout.total_seconds() / 60
            code, told = FailureCode.JOB_FAILED, f"did not end within {minutes:g} minutes"
        case End.LOST | End.BROKEN:
            reason = result.reason or "this worker gave it up"
            code, told = FailureCode.SYSTEM_UNAVAILABLE, f"could not be run to its end: {reason}"
    return Failed(
        code=code, message=f"The image is not published: {script.current()} {told}. See the log."
    )


def _published(image: _Image, script: Script) -> Outcome:
    told = script.variables((FOUND,)).get(FOUND, "")
    ours = f"{image.registry}/{image.repository}@"  # others may have pulled it from elsewhere
    told = "\n".join(x for x in told.splitlines() if "@" not in x or x.startswith(ours))
    digest = DIGEST.search(told)
    if digest is None:
        return Failed(
            code=FailureCode.JOB_FAILED,
            message=f"The image was pushed, but {image.tool} does not say what its digest is.",
        )
    return Succeeded(
        output_variables={
            "ECRImageDigestId": digest[0],
            "ECRRepositoryName": image.repository,
        },
        external_execution_id=digest[0],
        summary=f"Pushed {', '.join(image.references)}",
    )
