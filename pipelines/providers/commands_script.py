r"""The shell script that runs an action's commands one after the other in one shell.

As AWS CodeBuild does, it says each command before it runs it, and goes on with the next one
after an `exit 0`; `cd` and `export` hold for the commands that follow.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

from pipelines.providers.shell_script import (
    SAY,
    SHOWN,
    env_program,
    left_in,
    number_in,
    read_environment,
)

FINISHED = "yes"  # files that are there and empty say that the disk is full
NUMBER = "%06d"  # always as long: a full disk, too, lets it be written over
FULL = 74  # EX_IOERR: what the script itself writes could not be written
CHECK = f"""\
__penstock_give_up() {{
  __penstock_say 'No file can be written any more: is the disk full?'
  trap - EXIT
  exit {FULL}
}}
"""
CHECK += """\
__penstock_check() {
  if [ "$1" -ne 0 ]; then
    __penstock_say "Command did not exit successfully $2 exit status $1"
    trap - EXIT
    exit "$1"
  fi
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The script, and what it leaves behind in a folder of its own."""

    folder: Path
    shell: str
    commands: tuple[str, ...]

    @property
    def argv(self) -> tuple[str, ...]:
        return (self.shell, str(self.folder / "run"))

    def write(self) -> None:
        """Make the folder and the files in it."""
        self.folder.mkdir()
        (self.folder / "started").write_text(NUMBER % 0 + "\n")
        lines = [SAY + CHECK, self._go_on_after_exit()]
        lines += [self._one(number, text) for number, text in enumerate(self.commands, start=1)]
        lines.append(self._epilogue())
        (self.folder / "run").write_text("\n".join(lines), encoding="utf-8")

    def current(self) -> str:
        """The command that was started last, as far as it could be written down."""
        number = number_in(self.folder / "started")
        return self.commands[max(number, 1) - 1][:SHOWN]

    def is_finished(self) -> bool:
        """Whether the last command was run and the shell came to its end."""
        return left_in(self.folder / "finished").strip() == FINISHED

    def variables(self, names: tuple[str, ...]) -> dict[str, str]:
        """The named variables of the environment after the last command; others are left out."""
        found = read_environment(self.folder / "environment")
        return {name: found[name] for name in names if name in found}

    def _go_on_after_exit(self) -> str:
        """`exit 0` in a command ends only this command: the shell starts anew after it.

        Not when the shell is being ended from outside: then there is no next command.
        """
        again = shlex.join(["exec", *self.argv])
        started = shlex.quote(str(self.folder / "started"))
        return (
            "trap 'trap - EXIT; exit 143' TERM\n"
            f"trap {shlex.quote(f'[ $? -ne 0 ] || {again}')} EXIT\n"
            f"read -r __penstock_started < {started}\n"
        )

    def _one(self, number: int, command: str) -> str:
        quoted = shlex.quote(command)
        started = shlex.quote(str(self.folder / "started"))
        return (
            f'if [ "$__penstock_started" -lt {number} ]; then\n'
            f"printf '{NUMBER}\\n' {number} 1<> {started} || __penstock_give_up\n"
            f"__penstock_say {shlex.quote(f'Running command {command}')}\n"
            f"eval {quoted}\n"
            f"__penstock_check $? {quoted}\n"
            "fi\n"
        )

    def _epilogue(self) -> str:
        env = shlex.quote(env_program())
        environment = shlex.quote(str(self.folder / "environment"))
        finished = shlex.quote(str(self.folder / "finished"))
        return (
            f"trap - EXIT\n{env} -0 >| {environment} && echo {FINISHED} >| {finished}"
            " || __penstock_give_up\n"
        )
