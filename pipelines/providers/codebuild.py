"""AWS CodeBuild: the buildspec of a project, run for real on this machine.

How it goes: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html
What of a buildspec works here, and what does not: docs/codebuild.md.
"""

from collections.abc import Mapping

from pipelines import artifacts, isolation, room
from pipelines.core.arns import build_project_arn
from pipelines.core.statuses import FailureCode
from pipelines.core.variables import OUTPUT_VARIABLES_BYTES
from pipelines.processes import End, Result
from pipelines.providers import codebuild_artifacts
from pipelines.providers.codebuild_request import (
    ACTION_TYPES,
    Misconfigured,
    check_batch,
    environment_variables,
    primary_source,
)
from pipelines.providers.codebuild_run import Shell, run, shell_named
from pipelines.providers.codebuild_script import Script
from pipelines.providers.codebuild_source import Ready, download
from pipelines.providers.codebuild_words import (
    PhaseFailed,
    build_id,
    page_of,
    say_complete,
    terminated,
)
from pipelines.providers.contract import Build, Failed, Outcome, Succeeded, Work
from pipelines.providers.log import say
from pipelines.providers.shell_script import SHOWN

__all__ = ["ACTION_TYPES", "perform"]


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
        ready = download(work, build, primary, overrides)
        return _built(ready)
    except Misconfigured as problem:
        return _failed(work, build, str(problem), FailureCode.CONFIGURATION_ERROR)
    except PhaseFailed as problem:
        say_complete(work, problem.phase, "FAILED", problem.code, problem.message)
        return _failed(work, build, terminated(problem.phase, problem.code, problem.message))
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
        first, full = failures[0], room.hint(work.workspace)
        told = terminated(first.phase.upper(), "COMMAND_EXECUTION_ERROR", first.message + full)
        return _failed(work, ready.build, told)
    return _uploaded(ready, script.environment())


def _timed_out(ready: Ready, script: Script, message: str) -> Failed:
    at = script.started()
    phase, command = (at.phase.upper(), at.text) if at else ("INSTALL", "")
    running = f" while running: {command[:SHOWN]}" if command else ""
    told = f"{message}{running}"
    say_complete(ready.work, phase, "TIMED_OUT", "BUILD_TIMED_OUT", told)
    return _failed(ready.work, ready.build, terminated(phase, "BUILD_TIMED_OUT", told, "TIMED_OUT"))


def _given_up(ready: Ready, result: Result) -> Failed:
    reason = result.reason or "this worker gave it up"
    told = f"The build could not be run to its end: {reason}{room.hint(ready.work.workspace)}."
    return _failed(ready.work, ready.build, told, FailureCode.SYSTEM_UNAVAILABLE)


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
    say_complete(work, "UPLOAD_ARTIFACTS", "SUCCEEDED")
    return Succeeded(
        artifacts=made,
        output_variables=exported,
        external_execution_id=build_id(work, ready.build),
        external_execution_url=page_of(work),
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


def _failed(
    work: Work, build: Build, message: str, code: FailureCode = FailureCode.JOB_FAILED
) -> Failed:
    return Failed(
        code=code,
        message=message,
        external_execution_id=build_id(work, build),
        external_execution_url=page_of(work),
    )
