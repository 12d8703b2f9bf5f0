"""Running the script of a build to its end, with another shell where a command took its own."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pipelines import isolation, processes
from pipelines.processes import Command, End, Result
from pipelines.providers import build_folders
from pipelines.providers.codebuild_script import SUCCEEDING, Kind, Script
from pipelines.providers.contract import Work
from pipelines.providers.log import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Where the script runs, and for how long at most."""

    work: Work
    script: Script
    folder: Path
    environment: Mapping[str, str]
    timeout: timedelta


def run(shell: Shell) -> Result:
    """Exit code 0: the script came to its end, whatever its phases did.  Raises NotIsolated.

    A command that kills its shell or replaces it (`exec`) ends as that ends; the next one has a
    new shell, with the folder and the environment of the beginning.
    """
    script, work = shell.script, shell.work
    give_up_at = time.monotonic() + shell.timeout.total_seconds()
    argv = isolation.wrapped(script.argv, work.site.isolation, folder=work.workspace)
    while True:
        before = script.started()
        result = processes.run(_command(shell, argv, give_up_at), is_lost=work.is_lost)
        if result.leftovers and result.end is End.EXITED:
            say(work, build_folders.leftovers_ended(result.leftovers))
        if result.end is not End.EXITED or script.is_finished():
            return result
        at = script.started()
        if at is None or at == before or at.kind not in (Kind.COMMAND, Kind.FINALLY):
            reason = f"the shell ended between two commands, with exit status {result.exit_code}"
            return Result(end=End.BROKEN, reason=reason)
        if result.exit_code:
            say(work, f"Command did not exit successfully {at.text} exit status {result.exit_code}")
            script.record(at, result.exit_code)
        say(work, "That command ended the shell; the next one begins in a new one")


def _command(shell: Shell, argv: tuple[str, ...], give_up_at: float) -> Command:
    succeeding = "0" if shell.script.failures() else "1"
    return Command(
        argv=argv,
        folder=shell.folder,
        environment={**shell.environment, SUCCEEDING: succeeding},
        token=shell.work.action_execution_id,
        log_file=shell.work.log_file,
        log_limit=shell.work.log_limit,
        timeout=timedelta(seconds=max(0.0, give_up_at - time.monotonic())),
        memory=shell.work.site.command_memory,
    )


def shell_named(tag: str | None) -> str:
    """The program of `env/shell` in a buildspec; empty where this machine has none."""
    if tag is None:
        return processes.shell()
    return processes.program(tag) or ""
