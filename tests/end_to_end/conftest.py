"""One running Penstock for all tests that only use it, and a browser to use it with."""

import os
import shutil

import pytest
from playwright.sync_api import expect
from storytelling.functions import functions

from tests.end_to_end.aws_tools import make_cbor_model
from tests.end_to_end.installation import PASSWORD, USERNAME, Installation

# Workers and pages act when a busy machine lets them: only a test that fails waits so long.
PATIENCE = 60_000  # ms
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def decisions():
    """What the rules of stories call."""
    with functions() as ours:
        yield ours


@pytest.fixture(scope="session")
def penstock(tmp_path_factory, decisions):
    """The product as `scripts/run` starts it, with its demo, and with a place for functions."""
    installation = Installation(
        tmp_path_factory.mktemp("penstock"),
        PENSTOCK_SWEEP_SECONDS="1",
        PENSTOCK_POLL_SECONDS="2",
        PENSTOCK_ENDPOINT_LAMBDA=decisions.url,
    )
    installation.start()
    yield installation
    assert installation.stop() == 0


@pytest.fixture(scope="session")
def cbor_model(tmp_path_factory):
    """AWS's description of the service, for tools that are to speak CBOR."""
    return make_cbor_model(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    chromium = os.environ.get("PENSTOCK_CHROMIUM") or shutil.which("chromium")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": ["--disable-gpu", "--disable-quic", "--no-first-run", *quiet, *as_root],
    }


@pytest.fixture
def signed_in(page, penstock):
    """A browser page, signed in, at the list of pipelines."""
    sign_in(page, penstock)
    return page


def sign_in(page, penstock):
    page.set_default_timeout(PATIENCE)
    page.goto(f"{penstock.url}/sign-in")
    page.get_by_label("Username").fill(USERNAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{penstock.url}/codesuite/codepipeline/pipelines*")
