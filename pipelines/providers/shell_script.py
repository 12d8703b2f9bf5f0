"""What the shell scripts of builds have in common: how they speak, and what they leave behind."""

import os
import shutil
from pathlib import Path

ENVIRONMENT_LIMIT = 8 * 1024 * 1024  # bytes; more than an operating system passes on
SHOWN = 1000  # characters of a command in a message

# Everything that the commands could collide with begins with __penstock.  File descriptor 9 is
# the log even where a command has redirected the output of the shell, and stays it when the shell
# starts anew.
SAY = """\
{ true >&9; } 2>/dev/null || exec 9>&1
__penstock_say() {
  if [ -n "${EPOCHREALTIME-}" ]; then
    __penstock_now=$EPOCHREALTIME
    TZ=UTC0 printf '[Container] %(%Y/%m/%d %H:%M:%S)T.%s %s\\n' \\
      "${__penstock_now%[.,]*}" "${__penstock_now#*[.,]}" "$1" >&9
  else
    printf '[Container] %s %s\\n' "$(date -u '+%Y/%m/%d %H:%M:%S').000000" "$1" >&9
  fi
}
"""


def env_program() -> str:
    """Where `env` is: commands may have changed the PATH."""
    return shutil.which("env") or "env"


def left_in(written: Path) -> str:
    """What the commands left in this file of the script's; empty for what is no file of the build.

    They may have put a link to outside or a pipe there, and we, who read it, are not kept in.
    """
    real = Path(os.path.realpath(written))
    if not real.is_relative_to(_build_of(written)) or not real.is_file():
        return ""
    with real.open("rb") as source:
        return source.read(ENVIRONMENT_LIMIT).decode("utf-8", errors="replace")


def number_in(written: Path) -> int:
    """The number that is left there; 0 for what is none."""
    text = left_in(written).strip()[:9]
    return int(text) if text.isascii() and text.isdigit() else 0


def leave_in(written: Path, text: str) -> None:
    """Write the file anew, through no link that the commands have put there."""
    if Path(os.path.realpath(written.parent)).is_relative_to(_build_of(written)):
        written.unlink(missing_ok=True)
        with written.open("x", encoding="utf-8") as file:
            file.write(text)


def read_environment(written: Path) -> dict[str, str]:
    """The variables that `env -0` wrote to this file."""
    text = left_in(written)
    return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)


def _build_of(written: Path) -> str:
    """The folder of the build, which no command can replace; the script's is right below it."""
    return os.path.realpath(written.parent.parent)
