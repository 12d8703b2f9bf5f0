"""Fixtures that every test may use."""

import pytest

from pipelines import patience, tasks
from pipelines.api.unchanged import answers
from pipelines.models.pipelines import plan_of
from tests.engine_room import EngineRoom
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def forgotten_plans():
    """A database that was emptied gives the same ids to other pipelines."""
    plan_of.cache_clear()
    answers.cache_clear()


@pytest.fixture(autouse=True)
def patient_requests(monkeypatch):
    """A machine that is slow for a moment is no pipeline that is busy."""
    monkeypatch.setattr(patience, "SECONDS", PATIENCE)


@pytest.fixture
def engine_room(db, monkeypatch):
    """The engine driven by hand: what would wake it or start work is noted instead."""
    room = EngineRoom()
    monkeypatch.setattr(tasks, "wake", room.wake)
    monkeypatch.setattr(tasks, "hurry", room.wake)
    return room
