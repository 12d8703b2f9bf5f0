"""A whole Penstock of the test's own: every process of `manage.py serve`, on a free port."""

import contextlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import urllib.request
from html import unescape
from http.cookiejar import CookieJar
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import psutil
import psycopg
from django.conf import settings

from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
USERNAME, PASSWORD = "alice", "correct horse battery"
ACCESS_KEY_ID, SECRET_ACCESS_KEY = (
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
PIPELINES = "/codesuite/codepipeline/pipelines"
STARTED_WITHIN = 120  # longer than it takes `serve` to give up, and to say why
READ_STATE = """
import json, os
from pipelines.models import PipelineExecution
executions = PipelineExecution.objects.filter(pipeline__name=os.environ["PIPELINE"])
execution = executions.latest("sequence")
actions = execution.action_executions.filter(is_latest=True)
print(json.dumps({
    "id": str(execution.id),
    "status": execution.status,
    "actions": {
        action.action_name: [action.status, action.error_message, str(action.id)]
        for action in actions
    },
}))
"""
OPTION = re.compile(r'<option value="([0-9a-f-]{36})"')
HIDDEN = re.compile(r'<input type="hidden"[^>]* name="([^"]+)" value="([^"]*)"')
_numbers = count(1)


class Installation:
    """Start it, kill parts of it or all of it, start it again on the same home."""

    def __init__(self, home, *, own_broker=False, **environment):
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Any = None
        self.said = []
        self.environment = {**_inherited(own_broker=own_broker), **environment}

    @property
    def variables(self):
        return {
            **self.environment,
            "PENSTOCK_HOME": str(self.home),
            "PORT": str(self.port),
            "PENSTOCK_ADMIN_USERNAME": USERNAME,
            "PENSTOCK_ADMIN_PASSWORD": PASSWORD,
            "PENSTOCK_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "PENSTOCK_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }

    def start(self):
        self.said = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        listener = Thread(target=self._listen, args=(self.process,), daemon=True)
        listener.start()
        wait_until(lambda: self._is_up() or self.process.poll() is not None, STARTED_WITHIN)
        assert self.process.poll() is None, "\n".join(self.said)
        return self

    def state(self, pipeline):
        """Status of the pipeline's newest execution, and of its latest actions with their errors.

        Read from the database by a process of its own, whatever else is alive.
        """
        reader = [sys.executable, "manage.py", "shell", "--no-imports", "-c", READ_STATE]
        answer = subprocess.run(
            reader,
            cwd=ROOT,
            env={**self.variables, "PIPELINE": pipeline},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(answer.stdout)

    def manage(self, *arguments):
        """What a command of manage.py prints."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.variables, capture_output=True, text=True, check=True
        )
        return done.stdout

    def stop(self):
        """As Ctrl-C does; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def kill_everything(self):
        """kill -9 of every process there is, as a power cut would."""
        family = [self.process_of(self.process.pid), *self.descendants()]
        for process in family:
            _kill(process)
        self.process.wait()

    def kill(self, *words):
        """kill -9 of the processes whose command line has all these words; how many there were."""
        found = [p for p in self.descendants() if all(word in _line(p) for word in words)]
        for process in found:
            _kill(process)
        return len(found)

    def working_on(self, action_id):
        """The processes of an action execution's work: those in its folder."""
        folder = str(self.home / "work" / action_id)
        return [process for process in self.descendants() if _where(process).startswith(folder)]

    def descendants(self):
        return self.process_of(self.process.pid).children(recursive=True)

    @staticmethod
    def process_of(pid):
        return psutil.Process(pid)

    def _listen(self, process):
        with process.stdout as lines:
            for line in lines:
                self.said.append(line.rstrip("\n"))

    def _is_up(self):
        return any("Ctrl-C stops it" in line for line in self.said)


class Visitor:
    """Somebody who is signed in, with a browser that knows neither scripts nor pictures."""

    def __init__(self, installation):
        self.url = installation.url
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        self.post("/sign-in", username=USERNAME, password=PASSWORD)

    def get(self, path):
        """The text of a page, wherever it leads."""
        with self.opener.open(self.url + path, timeout=30) as answer:
            return answer.read().decode()

    def post(self, path, **fields):
        """Send the form of the page at `path`, hidden fields and all; what comes back."""
        page = self.get(path)
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(page)}
        [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        body = urlencode({**hidden, "csrfmiddlewaretoken": token, **fields}).encode()
        address, headers = self.url + path, {"Referer": self.url}
        request = urllib.request.Request(address, body, headers=headers)  # noqa: S310
        with self.opener.open(request, timeout=30) as answer:
            return answer.read().decode()


def stop_everything(visitor, pipeline):
    """Abandon whatever the demo or an earlier test left in progress, until nothing is."""
    page = f"{pipeline}/stop-execution"
    while found := OPTION.findall(visitor.get(page)):
        for execution in found:
            with contextlib.suppress(HTTPError):  # It has ended meanwhile, or ends already.
                address = f"{page}?execution={execution}"
                visitor.post(address, execution=execution, mode="abandon")


def free_port():
    """One that the system gives to nobody by itself, so that it is still free once we listen."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _inherited(*, own_broker):
    """What is set for this run of the tests, but with a database of its own."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "PENSTOCK_", "DJANGO_"))
    }
    if own_broker:
        environment.pop("REDIS_URL", None)
    if "DATABASE_URL" in environment:
        environment["DATABASE_URL"] = _new_database(environment["DATABASE_URL"])
    return environment


def _new_database(url):
    name = f"penstock_live_{os.getpid()}_{next(_numbers)}"
    database: dict[str, Any] = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{url.rpartition('/')[0]}/{name}"


def _kill(process):
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _where(process):
    try:
        return process.cwd()
    except psutil.Error:
        return ""


def _line(process):
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
