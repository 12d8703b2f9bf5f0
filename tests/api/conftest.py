"""Tools that ask the API, and what it does when they ask."""

import pytest

from pipelines.api import operations, signature
from tests.api.tool import Tool
from tests.engine_room import ALICE


@pytest.fixture
def signed_by(monkeypatch):
    """Lets a test say who is calling."""

    def say(caller):
        monkeypatch.setattr(signature, "authenticate", lambda _received, *, now: caller)

    return say


@pytest.fixture
def tool(client, signed_by):
    """A tool of alice's, who may do everything."""
    signed_by(ALICE)
    return Tool(client)


@pytest.fixture
def answering(monkeypatch):
    """Lets a test say what an operation does."""

    def say(name, answer):
        monkeypatch.setitem(operations.OPERATIONS, name, answer)

    return say
