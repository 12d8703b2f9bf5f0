"""An instance that ssh reaches: the same as a folder of this machine, done over there.

ssh is the one of this machine, with the keys, known hosts and configuration of whoever started
Penstock; it is never asked for a password.  The host needs a POSIX shell, tar and timeout.
"""

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pipelines import processes
from pipelines.processes import Command, End, Result
from pipelines.providers.deploy_host import Place, check, not_there
from pipelines.providers.deploy_install import EventFailed, Placement, Record, already_there
from pipelines.providers.deploy_spec import Existing, Script

OPTIONS = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR")
OF_SSH = ("HOME", "SSH_AUTH_SOCK")
FILES = 900.0  # seconds that copying may take
UNREACHABLE = 255  # what ssh exits with when it is its own failure
MISSING = 91  # what our script exits with


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHost:
    """A machine of its own; the folder of the instance is what is prefixed to every path."""

    place: Place

    def receive(self, bundle: Path, folder: str) -> None:
        there = shlex.quote(self._at(folder))
        self._send(bundle, f"rm -rf -- {there} && mkdir -p -- {there} && tar -xpf - -C {there}")

    def install(
        self,
        placed: Sequence[Placement],
        existing: Existing,
        before: Iterable[str],
        record: Record,
    ) -> None:
        """As the agent of CodeDeploy does: remove what was there, look, then copy."""
        taken = self._clear(placed, existing, before)
        wanted = [each for each in placed if self._at(each.destination) not in taken]
        record([each.destination for each in wanted])
        if wanted:
            stage = self._staged(wanted)
            root = shlex.quote(self._at("/"))
            self._send(stage, f"mkdir -p -- {root} && tar -xpf - --no-overwrite-dir -C {root}")
            shutil.rmtree(stage, ignore_errors=True)

    def _staged(self, placed: Sequence[Placement]) -> Path:
        """A folder with the files where they go."""
        stage = self.place.folder / "stage"
        for each in placed:
            target = stage / each.destination.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.source, target)
            target.chmod(each.mode)
        return stage

    def run(self, folder: str, script: Script, variables: Mapping[str, str]) -> None:
        timeout = self.place.patience(script.timeout)
        declared = {"PENSTOCK_INSTANCE_FOLDER": self._at("/"), **variables}
        values = " ".join(shlex.quote(f"{name}={value}") for name, value in declared.items())
        path = shlex.quote("./" + script.location.lstrip("/"))
        seconds = max(1, round(timeout.total_seconds()))
        result = self._ask(
            f"cd -- {shlex.quote(self._at(folder))} || exit {MISSING}\n"
            f"[ -f {path} ] || exit {MISSING}\n"
            f"chmod u+x -- {path}\n"
            f"exec env {values} timeout -k 2 {seconds} {path} < /dev/null",
            timeout=timeout + timedelta(seconds=5),  # it is ended there, if it can be
        )
        if result.exit_code == MISSING:
            raise not_there(script)
        if result.exit_code == 124:
            result = Result(end=End.TIMED_OUT)
        check(script, result, timeout)

    def read(self, path: str) -> str:
        kept = self.place.folder / "read"
        there = shlex.quote(self._at(path))
        self._ask(f"[ ! -f {there} ] || cat -- {there}", output=kept)
        return kept.read_text(encoding="utf-8", errors="replace") if kept.exists() else ""

    def write(self, path: str, text: str) -> None:
        there = shlex.quote(self._at(path))
        folder = shlex.quote(str(Path(self._at(path)).parent))
        source = self.place.folder / "write"
        source.write_text(text, encoding="utf-8")
        self._done(
            self._pipe(f"cat {shlex.quote(str(source))}", f"mkdir -p {folder}; cat > {there}")
        )

    def remove(self, folder: str) -> None:
        self._done(self._ask(f"rm -rf -- {shlex.quote(self._at(folder))}"))

    def _clear(
        self, placed: Sequence[Placement], existing: Existing, before: Iterable[str]
    ) -> set[str]:
        """Remove the files of the deployment before, and say which of ours are there all the same.

        Raises EventFailed where they may not be.
        """
        lines = [f"rm -f -- {shlex.quote(self._at(path))}" for path in before]
        if existing is not Existing.OVERWRITE:
            paths = (shlex.quote(self._at(each.destination)) for each in placed)
            lines += [f"[ ! -e {path} ] || printf '%s\\n' {path}" for path in paths]
        source, found = self.place.folder / "clear", self.place.folder / "found"
        source.write_text("\n".join(["set -e", *lines]) + "\n", encoding="utf-8")
        self._done(self._pipe(f"cat {shlex.quote(str(source))}", "sh -s", output=found))
        taken = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
        if taken and existing is Existing.DISALLOW:
            raise already_there(taken[0])
        return set(taken)

    def _at(self, path: str) -> str:
        root = str(self.place.instance.folder).rstrip("/")
        return f"{root}{path}"

    def _send(self, folder: Path, command: str) -> None:
        here = shlex.quote(str(folder))
        self._done(self._pipe(f"tar -cf - -C {here} .", command))

    def _pipe(self, source: str, command: str, output: Path | None = None) -> Result:
        return self._perform(("sh", "-c", f"{source} | {shlex.join(self._ssh(command))}"), output)

    def _ask(
        self, command: str, output: Path | None = None, timeout: timedelta | None = None
    ) -> Result:
        result = self._perform(self._ssh(command), output, timeout)
        self._check_reached(result)
        return result

    def _ssh(self, command: str) -> tuple[str, ...]:
        return ("ssh", *OPTIONS, "--", self.place.instance.ssh_host, command)

    def _perform(
        self, argv: tuple[str, ...], output: Path | None, timeout: timedelta | None = None
    ) -> Result:
        place = self.place
        ours = {name: os.environ[name] for name in OF_SSH if name in os.environ}
        environment = processes.environment(
            home=place.folder / "home", temporary=place.folder / "tmp", declared=ours
        )
        command = Command(
            argv=argv,
            folder=place.folder,
            environment=environment,
            token=place.token(),
            log_file=output or place.log_file(),
            log_limit=place.work.log_limit,
            timeout=timeout or place.patience(FILES),
        )
        if output:
            output.unlink(missing_ok=True)
            return processes.run(command, is_lost=place.work.is_lost)
        return place.perform(command)

    def _check_reached(self, result: Result) -> None:
        host = self.place.instance.ssh_host
        if result.end is End.EXITED and result.exit_code == UNREACHABLE:
            raise EventFailed(f"ssh could not reach {host}, or lost it; the log says why")

    def _done(self, result: Result) -> None:
        """Raise EventFailed unless it is."""
        self._check_reached(result)
        if result.end is not End.EXITED or result.exit_code:
            told = result.reason or f"exit status {result.exit_code}"
            if result.end is End.TIMED_OUT:
                told = "it took too long"
            raise EventFailed(f"It could not be done on {self.place.instance.ssh_host}: {told}")
