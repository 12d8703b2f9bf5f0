"""What the shell scripts of builds have in common: how they speak, and what they leave behind."""

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


def read_environment(written: Path) -> dict[str, str]:
    """The variables that `env -0` wrote to this file."""
    with written.open("rb") as source:
        text = source.read(ENVIRONMENT_LIMIT).decode("utf-8", errors="replace")
    return dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
