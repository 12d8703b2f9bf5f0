"""What a provider itself says in the log of its action, in the form of AWS CodeBuild's logs."""

from datetime import UTC, datetime

from pipelines.providers.contract import Work
from pipelines.shim import CappedLog


def say(work: Work, text: str) -> None:
    """Append one line with the time; nothing once the log is full."""
    now = datetime.now(UTC).strftime("%Y/%m/%d %H:%M:%S.%f")
    line = f"[Container] {now} {text}\n"
    log = CappedLog(str(work.log_file), work.log_limit)
    try:
        log.append(line.encode("utf-8", errors="replace"))
    finally:
        log.close()


def say_no_effect(work: Work, keys: tuple[str, ...], why: str) -> None:
    """Name the configuration keys that are accepted as AWS does, but change nothing here."""
    given = [key for key in keys if work.configuration.get(key)]
    if given:
        say(work, f"No effect here: {', '.join(given)} ({why}).")
