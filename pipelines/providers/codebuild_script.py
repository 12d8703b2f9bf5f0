"""The shell script that runs the phases of a buildspec one after the other, all in one shell.

https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html: after a
failed `build` comes `post_build`; after a failed `install` or `pre_build` comes nothing more,
unless `on-failure` says otherwise.

What the shell has done is in files, so that a shell that a command has ended (`exit 3`) starts
anew behind that command, with its folder and environment.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from pathlib import Path

from pipelines.providers.codebuild_buildspec import BUILD, Phase, Phases
from pipelines.providers.shell_script import (
    SAY,
    SHOWN,
    env_program,
    leave_in,
    left_in,
    number_in,
    read_environment,
)

SUCCEEDING = "CODEBUILD_BUILD_SUCCEEDING"
FINISHED = "yes"  # files that are there and empty say that the disk is full


class Kind(Enum):
    """What a step of the script does."""

    ENTER = auto()
    COMMAND = auto()
    FINALLY = auto()
    COMPLETE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; the first has the number 1."""

    number: int
    phase: str  # as in the buildspec: pre_build
    kind: Kind
    text: str = ""

    @property
    def mark(self) -> str:
        """The file that says that this block of this phase has failed, and at which step."""
        return f"{self.phase}.{'finally' if self.kind is Kind.FINALLY else 'commands'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A command that failed, and with it its phase."""

    phase: str
    command: str
    status: int

    @property
    def message(self) -> str:
        return (
            f"Error while executing command: {self.command[:SHOWN]}."
            f" Reason: exit status {self.status}"
        )


@dataclass(frozen=True, kw_only=True)
class Script:
    """The script, and what it leaves behind in a folder of its own."""

    folder: Path
    shell: str
    phases: Phases

    @property
    def argv(self) -> tuple[str, ...]:
        return (self.shell, str(self.folder / "run"))

    def write(self) -> None:
        """Make the folder and the files in it."""
        self.folder.mkdir()
        self._started.write_text("0\n")
        text = "\n".join([SAY, self._functions(), self._start(), *self._blocks(), self._end()])
        (self.folder / "run").write_text(text, encoding="utf-8")

    def started(self) -> Step | None:
        """The step that was begun last; None before the first, or if it could not be written."""
        number = number_in(self._started)
        return self._steps[number - 1] if number else None

    def is_finished(self) -> bool:
        """Whether the shell came to its end."""
        return left_in(self.folder / "finished").strip() == FINISHED

    def failures(self) -> list[Failure]:
        """The phases that failed, in order, each with the command that failed first."""
        found = {}
        for step in self._steps:
            if step.phase not in found and (text := left_in(self.folder / step.mark)):
                number, status = text.split()
                command = self._steps[int(number) - 1].text
                found[step.phase] = Failure(phase=step.phase, command=command, status=int(status))
        return list(found.values())

    def record(self, step: Step, status: int) -> None:
        """What the shell could not write itself, because this step ended it."""
        leave_in(self.folder / step.mark, f"{step.number} {status}\n")

    def environment(self) -> dict[str, str]:
        """The environment after the last command."""
        return read_environment(self.folder / "environment")

    @property
    def _started(self) -> Path:
        return self.folder / "started"

    @cached_property
    def _steps(self) -> list[Step]:
        return [
            Step(number=number, phase=phase, kind=kind, text=text)
            for number, (phase, kind, text) in enumerate(_parts(self.phases), start=1)
        ]

    def _path(self, name: str) -> str:
        return shlex.quote(str(self.folder / name))

    def _functions(self) -> str:
        texts = "\n".join(
            f"{step.number}) __penstock_command={shlex.quote(step.text)};;"
            for step in self._steps
            if step.text
        )
        return f"""\
__penstock_text() {{
case $1 in
{texts}
*) __penstock_command=;;
esac
}}
__penstock_begin() {{
  __penstock_step=$1 __penstock_mark=$2
  echo "$1" >| {self._path("started")} || __penstock_give_up
  __penstock_text "$1"
}}
__penstock_give_up() {{
  __penstock_say 'No file can be written any more: is the disk full?'
  trap - EXIT
  exit 74
}}
__penstock_ended() {{
  if [ "$1" -ne 0 ]; then
    __penstock_say "Command did not exit successfully $__penstock_command exit status $1"
    export {SUCCEEDING}=0
    echo "$__penstock_step $1" >| "$__penstock_mark" || __penstock_give_up
  fi
}}
__penstock_failed() {{
  __penstock_say "Phase complete: $1 State: FAILED"
  IFS=' ' read -r __penstock_step __penstock_status < "$2"
  __penstock_text "$__penstock_step"
  __penstock_say "Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while\\
 executing command: $__penstock_command. Reason: exit status $__penstock_status"
}}
"""

    def _start(self) -> str:
        """Who leaves the shell leaves only the command: the shell starts anew behind it.

        Not when the shell is being ended from outside: then there is no next command.
        """
        again = shlex.join(["exec", *self.argv])
        left = f'__penstock_ended "$?"; {again}'
        return (
            "trap 'trap - EXIT; exit 143' TERM\n"
            f"trap {shlex.quote(left)} EXIT\n"
            f"read -r __penstock_before < {self._path('started')}\n"
        )

    def _blocks(self) -> Iterator[str]:
        for step in self._steps:
            conditions = [f'[ "$__penstock_before" -lt {step.number} ]']
            conditions += [f"[ ! -e {self._path(mark)} ]" for mark in self._in_the_way(step)]
            yield f"if {' && '.join(conditions)}; then\n{self._block(step)}fi\n"

    def _in_the_way(self, step: Step) -> list[str]:
        """The marks that keep this step from being taken."""
        marks = []
        for phase, declared in self.phases.items():
            if phase == step.phase:
                break
            if _stops(phase, declared):
                marks += [f"{phase}.commands", f"{phase}.finally"]
        own = [step.mark] if step.kind in (Kind.COMMAND, Kind.FINALLY) else []
        return marks + own

    def _block(self, step: Step) -> str:
        name = step.phase.upper()
        begin = f"__penstock_begin {step.number} {self._path(step.mark)}\n"
        match step.kind:
            case Kind.ENTER:
                return f"{begin}__penstock_say 'Entering phase {name}'\n"
            case Kind.COMMAND | Kind.FINALLY:
                return (
                    f'{begin}__penstock_say "Running command $__penstock_command"\n'
                    'eval "$__penstock_command"\n'
                    '__penstock_ended "$?"\n'
                )
            case Kind.COMPLETE:
                return begin + self._complete(step, name)

    def _complete(self, step: Step, name: str) -> str:
        commands, finally_ = (
            self._path(f"{step.phase}.{block}") for block in ("commands", "finally")
        )
        return (
            f"if [ -e {commands} ]; then __penstock_failed {name} {commands}\n"
            f"elif [ -e {finally_} ]; then __penstock_failed {name} {finally_}\n"
            f"else __penstock_say 'Phase complete: {name} State: SUCCEEDED'\n"
            "__penstock_say 'Phase context status code:  Message: '\nfi\n"
        )

    def _end(self) -> str:
        return (
            f"trap - EXIT\n{shlex.quote(env_program())} -0 >| {self._path('environment')}"
            f" && echo {FINISHED} >| {self._path('finished')}\n"
        )


def _parts(phases: Phases) -> Iterator[tuple[str, Kind, str]]:
    for name, phase in phases.items():
        yield name, Kind.ENTER, ""
        yield from ((name, Kind.COMMAND, text) for text in (phase.commands if phase else ()))
        yield from ((name, Kind.FINALLY, text) for text in (phase.finally_ if phase else ()))
        yield name, Kind.COMPLETE, ""


def _stops(name: str, phase: Phase | None) -> bool:
    """Whether nothing comes after this phase when it has failed."""
    if phase and phase.on_failure:
        return phase.on_failure == "ABORT"
    return name != BUILD
