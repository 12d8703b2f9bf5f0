"""Definitions in the style of AWS's documentation are accepted, and come back as they went in."""

import copy
import json
from pathlib import Path

import pytest

from pipelines.core.action_types import MASK
from pipelines.models import PipelineExecution
from tests.api.calling import call

FILES = sorted((Path(__file__).parent / "definitions").glob("*.json"))
SECRETS = {"OAuthToken"}


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def given(request):
    return json.loads(request.param.read_text())["pipeline"]


def shown(definition):
    """A definition as it comes back, but for what is filled in."""
    expected = copy.deepcopy(definition)
    for stage in expected["stages"]:
        for action in stage["actions"]:
            hidden = action.get("configuration", {}).keys() & SECRETS
            action.get("configuration", {}).update(dict.fromkeys(hidden, MASK))
    return expected


def is_in(part, whole):
    """Whether everything that is said in one value is said in the other."""
    match part:
        case dict():
            return all(name in whole and is_in(part[name], whole[name]) for name in part)
        case list():
            return len(part) == len(whole) and all(map(is_in, part, whole))
        case _:
            return part == whole


@pytest.mark.usefixtures("engine_room")
def test_it_is_accepted_and_comes_back(given):
    created = call("CreatePipeline", pipeline=given)["pipeline"]

    got = call("GetPipeline", name=given["name"])["pipeline"]
    assert got == created
    assert is_in({**shown(given), "version": 1}, got)
    again = call("UpdatePipeline", pipeline=got)["pipeline"]
    assert again == {**got, "version": 2}


def test_its_first_execution_starts_with_all_source_actions(engine_room, given):
    call("CreatePipeline", pipeline=given)
    engine_room.settle()

    execution = PipelineExecution.objects.get()
    sources = {action["name"] for action in given["stages"][0]["actions"]}
    assert engine_room.action_statuses(execution) == dict.fromkeys(sources, "InProgress")


def test_there_are_definitions():
    assert len(FILES) >= 8
