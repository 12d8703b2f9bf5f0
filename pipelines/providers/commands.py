"""AWS Commands: shell commands in the unzipped input artifact, run for real on this machine."""

from pathlib import Path

from pipelines import artifacts, isolation, processes, room
from pipelines.core.action_types import ActionType, ActionTypeId
from pipelines.core.catalogue.keys import text
from pipelines.core.statuses import FailureCode
from pipelines.processes import End
from pipelines.providers import build_folders
from pipelines.providers.commands_script import Script
from pipelines.providers.contract import Failed, Outcome, OutputArtifact, Succeeded, Work
from pipelines.providers.log import say, say_no_effect

COMPUTE = {
    "EnvironmentType": text(
        "The system to run on; LINUX_CONTAINER if left out.",
        "LINUX_CONTAINER",
        "WINDOWS_SERVER_2022_CONTAINER",
    ),
    "ComputeType": text("The size of the machine; BUILD_GENERAL1_SMALL if left out."),
    "VpcId": text("The network to run in."),
    "Subnets": text("Subnets of the network, with commas between."),
    "SecurityGroupIds": text("Security groups of the network, with commas between."),
}
ACTION_TYPES = (
    ActionType(
        id=ActionTypeId("Compute", "AWS", "Commands", "1"),
        label="AWS Commands",
        input_artifacts=range(1, 11),
        output_artifacts=range(2),
        configuration=COMPUTE,
        timeout_minutes=55,
        takes_commands=True,
        takes_environment=True,
        needs_v2=True,
    ),
)
EVERYTHING = ("**/*",)
VARIABLES_LIMIT = 122_880  # bytes of names and values; AWS's limit


def perform(work: Work) -> Outcome:
    """Run the commands one after the other in one shell; the first that fails ends the work."""
    if refusal := _refusal(work):
        return _misconfigured(refusal)
    say(work, isolation.in_words(work.site.isolation))
    say_no_effect(work, tuple(COMPUTE), "there is no container and no network of its own")
    primary = next(iter(work.input_artifacts))
    try:
        folders = build_folders.unpacked_inputs(work, primary)
    except artifacts.ArtifactError as error:
        return _misconfigured(str(error))
    source = folders[primary]
    script = Script(
        folder=work.workspace / "script", shell=processes.shell(), commands=work.commands
    )
    script.write()
    try:
        argv = isolation.wrapped(script.argv, work.site.isolation, folder=work.workspace)
    except isolation.NotIsolated as problem:
        return _not_isolated(work, problem)
    say(work, "Entering phase BUILD")
    result = processes.run(
        processes.Command(
            argv=argv,
            folder=source,
            environment=_environment(work, folders),
            token=work.action_execution_id,
            log_file=work.log_file,
            log_limit=work.log_limit,
            timeout=work.timeout,
            memory=work.site.command_memory,
        ),
        is_lost=work.is_lost,
    )
    if failure := _failure(work, script, result):
        say(work, "Phase complete: BUILD State: FAILED")
        say(work, failure.message)
        return failure
    say(work, "Phase complete: BUILD State: SUCCEEDED")
    return _outcome(work, script, source)


def _refusal(work: Work) -> str:
    """Why these commands cannot be run, if so."""
    if not work.commands:
        return "There are no commands to run: give the action at least one."
    if not work.input_artifacts:
        return "The action needs an input artifact: the commands run in its files."
    if work.configuration.get("EnvironmentType", "").startswith("WINDOWS"):
        return "EnvironmentType names Windows; commands run on this machine, with its own shell."
    texts = [*work.commands, *work.environment, *work.environment.values()]
    if any("\0" in text for text in texts):
        return "A command or an environment variable has a NUL character in it."
    if wrong := [name for name in work.environment if not name or "=" in name]:
        return f"{wrong[0]!r} cannot be the name of an environment variable."
    return ""


def _environment(work: Work, folders: dict[str, Path]) -> dict[str, str]:
    home, temporary = build_folders.home_and_temporary(work)
    declared = {**build_folders.variables(work, _build_id(work), folders), **work.environment}
    return processes.environment(home=home, temporary=temporary, declared=declared)


def _build_id(work: Work) -> str:
    return f"{work.pipeline_name}:{work.action_execution_id}"


def _failure(work: Work, script: Script, result: processes.Result) -> Failed | None:
    if result.leftovers and result.end is End.EXITED:
        say(work, build_folders.leftovers_ended(result.leftovers))
    match result.end:
        case End.EXITED if result.exit_code == 0 and script.is_finished():
            return None
        case End.EXITED if result.exit_code == 0:
            return _job_failed(
                work,
                f"Build terminated with state: FAILED. The command {script.current()} replaced"
                " the shell, so the commands after it were not run.",
            )
        case End.EXITED:
            return _job_failed(
                work,
                "Build terminated with state: FAILED. Phase: BUILD, Code:"
                " COMMAND_EXECUTION_ERROR, Message: Error while executing command:"
                f" {script.current()}. Reason: exit status {result.exit_code}"
                f"{room.hint(work.workspace)}",
            )
        case End.TIMED_OUT:
            minutes = work.timeout.total_seconds() / 60
            return _job_failed(
                work,
                "Build terminated with state: TIMED_OUT. The commands did not end within"
                f" {minutes:g} minutes and were ended while running: {script.current()}.",
            )
        case End.LOST | End.BROKEN:
            reason = result.reason or "this worker gave them up"
            return Failed(
                code=FailureCode.SYSTEM_UNAVAILABLE,
                message=f"The commands could not be run to their end: {reason}.",
                external_execution_id=_build_id(work),
            )


def _outcome(work: Work, script: Script, source: Path) -> Outcome:
    variables = script.variables(work.output_variables)
    for name in work.output_variables:
        if name not in variables:
            say(work, f"Output variable {name} is not in the environment; it is left out")
    size = sum(len(text.encode()) for item in variables.items() for text in item)
    if size > VARIABLES_LIMIT:
        return _misconfigured(
            f"The output variables are {size} bytes long; at most {VARIABLES_LIMIT} are allowed."
        )
    try:
        made = {output.name: _packed(work, output, source) for output in work.output_artifacts}
    except artifacts.ArtifactError as error:
        return _misconfigured(f"The output artifact cannot be made. {error}")
    return Succeeded(
        artifacts=made,
        output_variables=variables,
        external_execution_id=_build_id(work),
        summary="Build Succeeded",
    )


def _packed(work: Work, output: OutputArtifact, source: Path) -> Path:
    zip_file = work.workspace / f"{output.name}.zip"
    build_folders.check_own(work, source)
    packed = artifacts.pack(source, output.files or EVERYTHING, zip_file)
    for name in packed.left_out[:20]:
        say(work, f"Left out of {output.name}: {name} (it leads outside or is no file)")
    say(work, f"Packed {packed.files} files into {output.name}")
    return zip_file


def _job_failed(work: Work, message: str) -> Failed:
    return Failed(
        code=FailureCode.JOB_FAILED, message=message, external_execution_id=_build_id(work)
    )


def _not_isolated(work: Work, problem: isolation.NotIsolated) -> Failed:
    told = f"The commands were not run: PENSTOCK_ISOLATION is {work.site.isolation}, but {problem}."
    return Failed(code=FailureCode.SYSTEM_UNAVAILABLE, message=told)


def _misconfigured(message: str) -> Failed:
    return Failed(code=FailureCode.CONFIGURATION_ERROR, message=message)
