"""A Penstock for the tests of a tool: started once, emptied after every test."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import boto3
import pytest

PENSTOCK = Path(os.environ.get("PENSTOCK", "penstock")).resolve()  # where you cloned it
FROM_YOURS = ("PATH", "HOME", "TMPDIR", "LANG")  # not, say, a DATABASE_URL: Penstock has its own
READY_WITHIN = 300  # seconds; its very first start installs what it needs


@pytest.fixture(scope="session")
def penstock(tmp_path_factory):
    """A running Penstock: what to set in the environment of a tool that is to talk to it."""
    home, url = tmp_path_factory.mktemp("penstock"), f"http://127.0.0.1:{free_port()}"
    for_tools = {
        "AWS_ENDPOINT_URL_CODEPIPELINE": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "only-for-these-tests",
    }
    for_penstock = {
        "PENSTOCK_HOME": str(home),
        "PORT": url.rpartition(":")[2],
        "PENSTOCK_DEMO": "0",
        "PENSTOCK_ACCESS_KEY_ID": for_tools["AWS_ACCESS_KEY_ID"],
        "PENSTOCK_SECRET_ACCESS_KEY": for_tools["AWS_SECRET_ACCESS_KEY"],
    }
    yours = {name: os.environ[name] for name in FROM_YOURS if name in os.environ}
    process = subprocess.Popen([PENSTOCK / "scripts/run"], env={**yours, **for_penstock})
    try:
        wait_until(lambda: process.poll() is not None or is_ready(url), READY_WITHIN)
        assert process.poll() is None, "Penstock has ended, and has said why."
        yield {**for_tools, "PENSTOCK_HOME": str(home)}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


@pytest.fixture
def codepipeline(penstock, monkeypatch):
    """A client; every pipeline that the test has made is deleted after it."""
    for name, value in penstock.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("codepipeline")
    yield client
    for page in client.get_paginator("list_pipelines").paginate():
        for pipeline in page["pipelines"]:
            client.delete_pipeline(name=pipeline["name"])
    client.close()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_ready(url):
    """Whether everything runs and the access key is there: /readyz answers 503 until then."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait_until(condition, seconds=30):
    """Return the first true answer of the condition."""
    give_up_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up_at, f"It did not come true in {seconds} s."
        time.sleep(0.1)
    return found
