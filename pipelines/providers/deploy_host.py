"""An instance as a deployment sees it: a folder of this machine, in which scripts really run."""

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from pipelines import isolation, processes
from pipelines.processes import Command, End, Result
from pipelines.providers.contract import Instance, Work
from pipelines.providers.deploy_install import EventFailed, Placement, Record, install
from pipelines.providers.deploy_spec import Existing, Script
from pipelines.shim import PART, CappedLog

CHUNK = 1 << 20


class Host(Protocol):
    """What can be done on an instance; each raises EventFailed."""

    def receive(self, bundle: Path, folder: str) -> None:
        """Have the files of the artifact in this folder, absolute as the instance sees it."""

    def install(
        self,
        placed: Sequence[Placement],
        existing: Existing,
        before: Iterable[str],
        record: Record,
    ) -> None:
        """Copy files to where they go (`deploy_install.install`)."""

    def run(self, folder: str, script: Script, variables: Mapping[str, str]) -> None:
        """Run a script of the artifact that was received in this folder."""

    def read(self, path: str) -> str:
        """A file of ours; empty when there is none."""

    def write(self, path: str, text: str) -> None:
        """Keep a file of ours, with the folders that it is in."""

    def remove(self, folder: str) -> None:
        """Remove a folder that was received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the work for one instance is done on this machine, and until when."""

    work: Work
    instance: Instance
    is_alone: bool  # nothing else writes to the log meanwhile
    give_up_at: float  # as time.monotonic() has it

    @property
    def folder(self) -> Path:
        return self.work.workspace / "instances" / self.instance.name

    def prepare(self) -> None:
        """Make the folders that scripts have beside their own."""
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(parents=True)

    def goes_on(self) -> bool:
        return not self.work.is_lost() and time.monotonic() < self.give_up_at

    def patience(self, seconds: float) -> timedelta:
        """So long at most, and never longer than the action has."""
        return timedelta(seconds=max(0.0, min(seconds, self.give_up_at - time.monotonic())))

    def perform(self, command: Command) -> Result:
        """Run it; what it says comes into the log as it says it, or in one piece afterwards."""
        try:
            return processes.run(command, is_lost=self.work.is_lost)
        finally:
            if not self.is_alone and command.log_file.exists():
                _append(self.work, command.log_file)
                command.log_file.unlink()

    def log_file(self) -> Path:
        return self.work.log_file if self.is_alone else self.folder / "log"

    def token(self) -> str:
        return f"{self.work.action_execution_id}{PART}{self.instance.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHost:
    """A folder of this machine stands for the root of the instance."""

    place: Place

    def receive(self, bundle: Path, folder: str) -> None:
        target = self._inside(folder)
        try:
            shutil.rmtree(target, ignore_errors=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(bundle, target, symlinks=True)
        except (OSError, shutil.Error) as error:
            raise EventFailed(f"The artifact cannot be copied to {target}: {error}") from error

    def install(
        self,
        placed: Sequence[Placement],
        existing: Existing,
        before: Iterable[str],
        record: Record,
    ) -> None:
        root, goes_on = self.place.instance.folder, self.place.goes_on
        install(root, placed, existing, before=before, record=record, goes_on=goes_on)

    def run(self, folder: str, script: Script, variables: Mapping[str, str]) -> None:
        place, bundle = self.place, self._inside(folder)
        path = bundle / script.location.lstrip("/")
        if not path.is_file() or not path.resolve().is_relative_to(bundle.resolve()):
            raise not_there(script)
        path.chmod(path.stat().st_mode | 0o700)
        timeout = place.patience(script.timeout)
        try:
            argv = isolation.wrapped(
                _argv(path),
                place.work.site.isolation,
                folder=place.folder / "home",  # not the log beside it, which we read and write
                also=(place.folder / "tmp", place.instance.folder),
            )
        except isolation.NotIsolated as problem:
            level = place.work.site.isolation
            raise EventFailed(f"PENSTOCK_ISOLATION is {level}, but {problem}") from problem
        result = place.perform(
            Command(
                argv=argv,
                folder=bundle,
                environment=self._environment(variables),
                token=place.token(),
                log_file=place.log_file(),
                log_limit=place.work.log_limit,
                timeout=timeout,
                memory=place.work.site.command_memory,
            )
        )
        check(script, result, timeout)

    def read(self, path: str) -> str:
        file = self._inside(path)
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def write(self, path: str, text: str) -> None:
        file = self._inside(path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise EventFailed(f"{file} cannot be written: {error}") from error

    def remove(self, folder: str) -> None:
        shutil.rmtree(self._inside(folder), ignore_errors=True)

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        instance, folder = self.place.instance, self.place.folder
        declared = {"PENSTOCK_INSTANCE_FOLDER": str(instance.folder), **variables}
        return processes.environment(
            home=folder / "home", temporary=folder / "tmp", declared=declared
        )

    def _inside(self, path: str) -> Path:
        """Never outside of the instance's folder, whatever links are in it."""
        root = self.place.instance.folder
        inside = root / path.lstrip("/")
        if not inside.resolve().is_relative_to(root.resolve()):
            raise EventFailed(f"{path} leads out of the instance's folder through a link")
        return inside


def not_there(script: Script) -> EventFailed:
    """In the words of the agent of CodeDeploy, as all of these."""
    return EventFailed(f"Script does not exist at specified location: {script.location}")


def check(script: Script, result: Result, timeout: timedelta) -> None:
    """Raise EventFailed unless the script came to its end and said that all is well."""
    at = f"Script at specified location: {script.location}"
    match result.end:
        case End.EXITED if result.exit_code == 0:
            return
        case End.EXITED:
            raise EventFailed(f"{at} failed with exit code {result.exit_code}")
        case End.TIMED_OUT:
            seconds = timeout.total_seconds()
            raise EventFailed(f"{at} failed to complete in {seconds:g} seconds")
        case End.LOST | End.BROKEN:
            reason = result.reason or "this worker gave it up"
            raise EventFailed(f"{at} could not be run to its end: {reason}")


def _argv(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        says_how = file.read(4).startswith((b"#!", b"\x7fELF"))
    return (str(path),) if says_how else (processes.shell(), str(path))


def _append(work: Work, said: Path) -> None:
    log = CappedLog(str(work.log_file), work.log_limit)
    try:
        with said.open("rb") as source:
            while chunk := source.read(CHUNK):
                log.append(chunk)
    finally:
        log.close()
