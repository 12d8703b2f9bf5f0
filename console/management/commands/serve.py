"""Run every process of Penstock on this machine, until asked to stop."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connections
from redis import RedisError

from console import health, instance, supervision
from pipelines import isolation

READY_WITHIN = 90.0  # Seconds until all processes must answer; a small machine may need many.
DIRECTORIES = ("run", "logs", "broker", "work", "artifacts", "buckets", "repositories", "secrets")


class Command(BaseCommand):
    """Prepare the home, start the supervisor, say where Penstock is, and wait."""

    help = __doc__
    requires_system_checks: list[str] = []  # migrate makes them.

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until Ctrl-C or TERM, which are the normal way to end."""
        for number in supervision.REQUESTS_TO_STOP:
            signal.signal(number, _interrupt)
        try:
            self.serve(settings.PENSTOCK_HOME)
        except KeyboardInterrupt:
            self.say("Penstock has stopped.")
        except instance.NotStartable as problem:
            sys.exit(f"Penstock cannot run: {problem}")

    def serve(self, home: Path) -> None:
        """Prepare, start, report, wait."""
        for name in DIRECTORIES:
            (home / name).mkdir(mode=0o700, exist_ok=True)
        with instance.hold(home, settings.PENSTOCK_URL) as lock:
            instance.end(instance.leftovers(home), grace=3)
            instance.check_port(settings.HOST, settings.PORT)
            check_isolation(home)
            self.prepare()
            self.say("Starting ...")
            with supervision.supervised(home, lock) as supervisor:
                self.wait_until_ready(home, supervisor)
                self.welcome(first_run(home))
                self.watch(home, supervisor)
                raise instance.NotStartable(f"its supervisor has ended. See {home}/logs.")

    def prepare(self) -> None:
        """Bring the database and the static files up to date."""
        if settings.PENSTOCK_BROKER_EMBEDDED:
            instance.own_directory(settings.PENSTOCK_BROKER_SOCKET.parent)
            settings.PENSTOCK_BROKER_SOCKET.unlink(missing_ok=True)
        else:
            ask_broker()
        self.say("Preparing the database ...")
        migrate()
        collect_static()

    def wait_until_ready(self, home: Path, supervisor: subprocess.Popen[bytes]) -> None:
        """Return when everything answers; give up when a process keeps falling over."""
        deadline = time.monotonic() + READY_WITHIN
        while missing := supervision.not_ready():
            fallen = supervision.given_up(home)
            if fallen or supervisor.poll() is not None:
                name = fallen or "supervisord"
                log = home / "logs" / f"{name}.log"
                self.stderr.write(f"--- the end of {log}\n{supervision.tail(log)}\n---")
                raise instance.NotStartable(f"its {name} process does not stay up (log above).")
            if time.monotonic() > deadline:
                raise instance.NotStartable(f"not ready in {READY_WITHIN:.0f} s: {missing}")
            time.sleep(0.2)

    def watch(self, home: Path, supervisor: subprocess.Popen[bytes]) -> None:
        """Wait while the supervisor lives; say when it gives one of its processes up."""
        mentioned = ""
        while supervisor.poll() is None:
            fallen = supervision.given_up(home)
            if fallen != mentioned:
                self.say(f"The {fallen} process does not stay up: see {home}/logs/{fallen}.log")
                mentioned = fallen
            time.sleep(1)

    def welcome(self, said: str) -> None:
        """Say where Penstock is, how to sign in, and how to point the AWS tools at it."""
        self.say(f"\nPenstock is running at {settings.PENSTOCK_URL}\n")
        if said:
            self.say(said)
        else:
            self.say("Sign in as before (manage.py changepassword NAME gives another password).\n")
        if "AWS_ENDPOINT_URL_CODEPIPELINE" not in said:
            self.say(
                f"\nexport AWS_ENDPOINT_URL_CODEPIPELINE={settings.PENSTOCK_URL}"
                f"\nexport AWS_DEFAULT_REGION={settings.PENSTOCK_REGION}"
            )
        self.say("\nCtrl-C stops it.")

    def say(self, words: str) -> None:
        """Print at once, also into a pipe."""
        self.stdout.write(words)
        self.stdout.flush()


def ask_broker() -> None:
    """Refuse somebody else's broker that does not answer; our own is not started yet."""
    try:
        health.broker()
    except (RedisError, OSError) as problem:
        raise instance.NotStartable(
            f"no broker answers at REDIS_URL ({problem}). "
            "Start it, or leave REDIS_URL out: then an embedded one is used."
        ) from problem


def migrate() -> None:
    """Bring the database up to date; say which setting is wrong when there is none."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as problem:
        said = str(problem).partition("\n")[0]
        raise instance.NotStartable(
            f"the database of DATABASE_URL cannot be used ({said})."
        ) from problem
    finally:
        connections.close_all()


def check_isolation(home: Path) -> None:
    """Say at once that bubblewrap does not work here, not in the log of the first build."""
    level = isolation.Level(settings.PENSTOCK_ISOLATION)
    try:
        isolation.wrapped(("true",), level, folder=home / "work")
    except isolation.NotIsolated as problem:
        raise instance.NotStartable(f"PENSTOCK_ISOLATION is {level}, but {problem}.") from problem


def collect_static() -> None:
    """Collect the static files when they differ from those collected before."""
    files = sorted(
        (path, storage.size(path), storage.get_modified_time(path).timestamp())
        for finder in finders.get_finders()
        for path, storage in finder.list([])
    )
    stamp = Path(settings.PENSTOCK_HOME) / "run" / "collected"
    kept = stamp.read_text() if stamp.exists() and Path(settings.STATIC_ROOT).exists() else ""
    if kept != repr(files):
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(repr(files))


def first_run(home: Path) -> str:
    """Have the first run's data made, now that the demo can run; return what is said only once."""
    words = home / "run" / "welcome"
    words.unlink(missing_ok=True)
    call_command("bootstrap", out=str(words))
    connections.close_all()
    said = words.read_text().strip() if words.exists() else ""
    words.unlink(missing_ok=True)  # It may hold a password: shown once, kept nowhere.
    return said


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
