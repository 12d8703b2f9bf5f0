"""Every wrong setting ends the start at once, with one sentence that says what to do."""

import os
import socket
import subprocess
import sys

import pytest

from tests.end_to_end.installation import ROOT, free_port

NOBODY_THERE = "127.0.0.1:1"


def start(home, **environment):
    """What `manage.py serve` says when it ends by itself, and how it ends."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    return subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env={**inherited, "PENSTOCK_HOME": str(home), "PORT": str(free_port()), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def sentence(ended):
    """The one line of the error: neither a traceback nor a second opinion."""
    assert ended.returncode == 1
    [line] = ended.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PORT": "abc"}, "PORT must be a whole number from 1 to 65535; it is 'abc'."),
        ({"HOST": "no.such.host.invalid"}, "HOST=no.such.host.invalid is no address of this"),
        ({"PENSTOCK_DEMO": "maybe"}, "PENSTOCK_DEMO must be 1 or 0; it is 'maybe'."),
        ({"PENSTOCK_ABANDONED_WORK": "kill"}, "PENSTOCK_ABANDONED_WORK must be one of leave,"),
        ({"PENSTOCK_ABANDONED_WORK": "cleanup"}, "PENSTOCK_ABANDONED_WORK_COMMAND must say what"),
        ({"PENSTOCK_SWEEP_SECONDS": "0"}, "PENSTOCK_SWEEP_SECONDS must be a number of seconds"),
        ({"PENSTOCK_URL": "example.com"}, "PENSTOCK_URL must be an address such as"),
        ({"DATABASE_URL": "mysql://user:hush@db/x"}, "DATABASE_URL must begin with sqlite:///"),
        ({"DATABASE_URL": f"postgres://u:hush@{NOBODY_THERE}/x"}, "the database of DATABASE_URL"),
        ({"REDIS_URL": "http://:hush@broker"}, "REDIS_URL must begin with redis://"),
        ({"REDIS_URL": f"redis://:hush@{NOBODY_THERE}/0"}, "no broker answers at REDIS_URL"),
    ],
)
def test_a_wrong_setting_is_named(environment, said, tmp_path):
    line = sentence(start(tmp_path / "home", **environment))

    assert line.startswith(f"Penstock cannot run: {said}")
    assert "hush" not in line


def test_a_port_that_is_taken_is_named_with_the_next_one(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = sentence(start(tmp_path, PORT=str(port)))

    assert line.startswith(f"Penstock cannot run: port {port} on 127.0.0.1 is taken.")


def test_a_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").touch()

    line = sentence(start(tmp_path / "file"))

    assert line.startswith("Penstock cannot run: PENSTOCK_HOME must be a directory")
