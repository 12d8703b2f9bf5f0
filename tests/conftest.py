"""Fixtures that every test may use."""

import pytest

from pipelines import tasks
from tests.engine_room import EngineRoom


@pytest.fixture
def engine_room(db, monkeypatch):
    """The engine driven by hand: what would wake it or start work is noted instead."""
    room = EngineRoom()
    monkeypatch.setattr(tasks, "wake", room.wake)
    monkeypatch.setattr(tasks, "hurry", room.wake)
    return room
