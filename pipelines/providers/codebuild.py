"""AWS CodeBuild: the buildspec of a project, run for real on this machine.

How it goes: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
What of a buildspec works here, and what does not: docs/codebuild.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines import artifacts, isolation, processes
from pipelines.core.arns import build_arn, build_project_arn
from pipelines.core.statuses import FailureCode
from pipelines.core.variables import OUTPUT_VARIABLES_BYTES
from pipelines.processes import End, Result
from pipelines.providers import build_folders, codebuild_artifacts
from pipelines.providers.codebuild_buildspec import (
    DEFAULT,
    Artifact,
    Buildspec,
    BuildspecError,
    is_inline,
    parse,
)
from pipelines.providers.codebuild_request import (
    ACTION_TYPES,
    Misconfigured,
    check_batch,
    environment_variables,
    primary_source,
    wanted_artifacts,
)
from pipelines.providers.codebuild_run import Shell, run, shell_named
from pipelines.providers.codebuild_script import SUCCEEDING, Script
from pipelines.providers.contract import Build, Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say

__all__ = ["ACTION_TYPES", "perform"]


class PhaseFailed(Exception):
    """A phase of ours failed: which, with what status code, and why."""

    def __init__(self, phase: str, code: str, message: str) -> None:
        super().__init__(message)
        self.phase, self.code, self.message = phase, code, message


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


def perform(work: Work) -> Outcome:
    """Run the phases of the buildspec; their files are the artifacts, exported variables the rest.

    As in AWS, what is wrong with the build is JobFailed, with the phase and its status code.
    """
    try:
        check_batch(work)
        primary, overrides = primary_source(work), environment_variables(work)
    except Misconfigured as problem:
        return Failed(code=FailureCode.CONFIGURATION_ERROR, message=str(problem))
    build = work.site.start_build(work.configuration["ProjectName"])
    if build is None:
        return _no_such_project(work)
    say(work, isolation.in_words(work.site.isolation))
    try:
        ready = _downloaded(work, build, primary, overrides)
        return _built(ready)
    except Misconfigured as problem:
        return _failed(work, build, str(problem), FailureCode.CONFIGURATION_ERROR)
    except PhaseFailed as problem:
        _say_complete(work, problem.phase, "FAILED", problem.code, problem.message)
        return _failed(work, build, _terminated(problem.phase, problem.code, problem.message))
    except isolation.NotIsolated as problem:
        told = f"The build was not run: PENSTOCK_ISOLATION is {work.site.isolation}, but {problem}."
        return _failed(work, build, told, FailureCode.SYSTEM_UNAVAILABLE)


def _no_such_project(work: Work) -> Failed:
    name = work.configuration["ProjectName"]
    arn = build_project_arn(region=work.site.region, account_id=work.site.account_id, name=name)
    return Failed(
        code=FailureCode.JOB_FAILED,  # as AWS has it
        message=f"Error calling startBuild: Project cannot be found: {arn} (Error Code:"
        " ResourceNotFoundException). Create a build project of that name, at"
        f" {work.site.url}/codesuite/codebuild/projects, or correct ProjectName.",
    )


# Before the commands


def _downloaded(work: Work, build: Build, primary: str, overrides: Mapping[str, str]) -> Ready:
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
    _say_complete(work, "DOWNLOAD_SOURCE", "SUCCEEDED")
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
    return path.read_bytes()


def _variables(work: Work, build: Build, folders: Mapping[str, Path]) -> dict[str, str]:
    """What AWS CodeBuild sets; a revision is known only of what a source action made."""
    site, build_id = work.site, _build_id(work, build)
    where = {"region": site.region, "account_id": site.account_id}
    ours = {
        **build_folders.variables(work, build_id, folders),
        "CODEBUILD_BUILD_ARN": build_arn(build_id=build_id, **where),
        "CODEBUILD_BUILD_IMAGE": build.image,
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_URL": _page(work),
        "CODEBUILD_CI": "true",
        "CODEBUILD_LOG_PATH": work.action_execution_id,
        "CODEBUILD_PROJECT_ARN": build_project_arn(name=build.project_name, **where),
        SUCCEEDING: "1",
    }
    if revision := work.revisions.get(next(iter(folders))):
        ours["CODEBUILD_RESOLVED_SOURCE_VERSION"] = revision
        ours["CODEBUILD_SOURCE_VERSION"] = revision
    return ours


# The commands


def _built(ready: Ready) -> Outcome:
    """The phases INSTALL to UPLOAD_ARTIFACTS.  Raises PhaseFailed, Misconfigured, NotIsolated."""
    work, tag = ready.work, ready.spec.env.shell
    shell = shell_named(tag)
    if not shell:
        raise PhaseFailed("INSTALL", "CLIENT_ERROR", f"env/shell: this machine has no {tag}")
    script = Script(folder=work.workspace / "script", shell=shell, phases=ready.spec.phases)
    script.write()
    timeout = min(work.timeout, ready.build.timeout)
    result = run(
        Shell(
            work=work,
            script=script,
            folder=ready.source,
            environment=ready.environment,
            timeout=timeout,
        )
    )
    if result.end is End.TIMED_OUT:
        minutes = timeout.total_seconds() / 60
        return _timed_out(ready, script, f"Build has timed out after {minutes:g} minutes")
    if result.end is not End.EXITED:
        return _given_up(ready, result)
    if failures := script.failures():
        say(work, "The artifacts are left out: no action takes those of a failed build")
        first = failures[0]
        told = _terminated(first.phase.upper(), "COMMAND_EXECUTION_ERROR", first.message)
        return _failed(work, ready.build, told)
    return _uploaded(ready, script.environment())


def _timed_out(ready: Ready, script: Script, message: str) -> Failed:
    at = script.started()
    phase, command = (at.phase.upper(), at.text) if at else ("INSTALL", "")
    running = f" while running: {command}" if command else ""
    told = f"{message}{running}"
    _say_complete(ready.work, phase, "TIMED_OUT", "BUILD_TIMED_OUT", told)
    return _failed(
        ready.work, ready.build, _terminated(phase, "BUILD_TIMED_OUT", told, "TIMED_OUT")
    )


def _given_up(ready: Ready, result: Result) -> Failed:
    reason = result.reason or "this worker gave it up"
    told = f"The build could not be run to its end: {reason}."
    return _failed(ready.work, ready.build, told, FailureCode.SYSTEM_UNAVAILABLE)


# Behind the commands


def _uploaded(ready: Ready, environment: Mapping[str, str]) -> Succeeded:
    """The phase UPLOAD_ARTIFACTS.  Raises PhaseFailed and Misconfigured."""
    work = ready.work
    left = codebuild_artifacts.Build(
        work=work, folders=list(ready.folders.values()), environment=environment
    )
    try:
        made = {
            name: codebuild_artifacts.pack(left, name, declared)
            for name, declared in ready.wanted.items()
        }
    except artifacts.ArtifactError as error:
        raise PhaseFailed("UPLOAD_ARTIFACTS", "CLIENT_ERROR", str(error).rstrip(".")) from error
    exported = _exported(ready, environment)
    _say_complete(work, "UPLOAD_ARTIFACTS", "SUCCEEDED")
    return Succeeded(
        artifacts=made,
        output_variables=exported,
        external_execution_id=_build_id(work, ready.build),
        external_execution_url=_page(work),
        summary="Build Succeeded",
    )


def _exported(ready: Ready, environment: Mapping[str, str]) -> dict[str, str]:
    exported = {}
    for name in ready.spec.env.exported_variables:
        if name.startswith("AWS_"):
            say(ready.work, f"{name} is not exported: names that start with AWS_ never are")
        elif name in environment:
            exported[name] = environment[name]
        else:
            say(ready.work, f"{name} is not exported: it is not in the environment")
    size = sum(len(text.encode()) for item in exported.items() for text in item)
    if size > OUTPUT_VARIABLES_BYTES:
        raise Misconfigured(
            f"The exported variables are {size} bytes long; at most {OUTPUT_VARIABLES_BYTES} are"
            " allowed."
        )
    return exported


# In AWS's words


def _build_id(work: Work, build: Build) -> str:
    return f"{build.project_name}:{work.action_execution_id}"


def _page(work: Work) -> str:
    pipeline = f"{work.site.url}/codesuite/codepipeline/pipelines/{work.pipeline_name}"
    return f"{pipeline}/executions/{work.pipeline_execution_id}/actions/{work.action_execution_id}"


def _terminated(phase: str, code: str, message: str, state: str = "FAILED") -> str:
    return f"Build terminated with state: {state}. Phase: {phase}, Code: {code}, Message: {message}"


def _say_complete(work: Work, phase: str, state: str, code: str = "", message: str = "") -> None:
    say(work, f"Phase complete: {phase} State: {state}")
    say(work, f"Phase context status code: {code} Message: {message}")


def _failed(
    work: Work, build: Build, message: str, code: FailureCode = FailureCode.JOB_FAILED
) -> Failed:
    return Failed(
        code=code,
        message=message,
        external_execution_id=_build_id(work, build),
        external_execution_url=_page(work),
    )
