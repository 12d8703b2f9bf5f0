"""UpdatePipeline: the next version, and what becomes of the executions of the one before."""

import json

import pytest
from django.conf import settings as site
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pipelines.core.rights import Caller, Role
from pipelines.core.structure import InvalidDefinition
from pipelines.models import Pipeline
from pipelines.models.pipelines import plan_of
from tests.api.calling import call, refused
from tests.core.test_structure import EVERYTHING, JSON, places_in, put
from tests.definitions import (
    approval,
    commands,
    definition,
    source,
    stage,
    with_actions,
)
from tests.engine_room import ALICE


def building(*names):
    return definition(
        stages=[stage("Source", source()), stage("Build", *(commands(name) for name in names))]
    )


@pytest.fixture
def room(engine_room):
    """A pipeline whose first execution is in the stage Build."""
    call("CreatePipeline", pipeline=building("Compile"))
    engine_room.pipeline = Pipeline.objects.get()
    engine_room.settle()
    engine_room.fetch()
    return engine_room


def test_the_version_rises_by_one_whatever_the_input_says(room):
    output = call("UpdatePipeline", pipeline={**building("Pack"), "version": 17})

    assert output["pipeline"]["version"] == 2
    assert call("UpdatePipeline", pipeline=output["pipeline"])["pipeline"]["version"] == 3
    assert Pipeline.objects.get().version == 3


def test_what_the_definition_says_of_the_pipeline_is_taken_over(room):
    v1 = with_actions(approval())

    call("UpdatePipeline", pipeline=v1)

    row = Pipeline.objects.get()
    assert (row.pipeline_type, row.execution_mode) == ("V1", "SUPERSEDED")
    assert row.updated_at > row.created_at


def test_a_pipeline_that_is_unknown_is_refused_as_aws_refuses_it(room):
    code, message = refused("UpdatePipeline", pipeline=definition("nothing"))

    assert code == "ResourceNotFoundException"
    assert message == (
        f"The account with id '{site.PENSTOCK_ACCOUNT_ID}' does not include a pipeline with the"
        " name 'nothing'"
    )


def test_what_is_wrong_with_the_definition_is_said_before_that_the_pipeline_is_unknown(room):
    assert refused("UpdatePipeline", pipeline=definition("nothing", stages=[]))[0] == (
        "InvalidStructureException"
    )


def test_a_definition_that_is_refused_changes_nothing(room):
    before = room.digest()

    refused("UpdatePipeline", pipeline=building())

    assert room.digest() == before


def test_what_is_running_finishes_and_then_its_execution_is_cancelled(room):
    execution = room.pipeline.executions.get()

    call("UpdatePipeline", pipeline=building("Pack"))
    room.settle()
    assert room.status(execution) == "InProgress"
    room.succeed("Compile")

    assert room.status(execution) == "Cancelled"
    following = room.start()
    room.fetch()
    assert room.action_statuses(following) == {"Fetch": "Succeeded", "Pack": "InProgress"}


def test_tags_stay(room):
    arn = call("GetPipeline", name="website")["metadata"]["pipelineArn"]
    call("TagResource", resourceArn=arn, tags=[{"key": "team", "value": "web"}])

    assert "tags" not in call("UpdatePipeline", pipeline=building("Pack"))

    assert call("ListTagsForResource", resourceArn=arn)["tags"] == [{"key": "team", "value": "web"}]


def test_who_may_not_edit_changes_nothing(room):
    operator = Caller(arn=ALICE.arn, roles=frozenset({Role.READ, Role.OPERATE}))

    assert refused("UpdatePipeline", pipeline=building("Pack"), by=operator)[0] == (
        "AccessDeniedException"
    )
    assert Pipeline.objects.get().version == 1


class AnyDefinition(TestCase):
    """Whatever is accepted comes back normalised, and is accepted again as it came back."""

    def setup_example(self):
        super().setup_example()
        plan_of.cache_clear()  # the example before had the same ids

    @settings(deadline=None, max_examples=30)
    @given(st.data())
    def test_what_is_accepted_comes_back_and_can_be_given_back(self, data):
        place = data.draw(st.sampled_from([place for place in places_in(EVERYTHING) if place]))
        changed = put(EVERYTHING, place, data.draw(some_values()))
        try:
            created = call("CreatePipeline", pipeline=changed)["pipeline"]
        except InvalidDefinition:
            return

        got = call("GetPipeline", name=created["name"])["pipeline"]
        assert got == created
        assert call("UpdatePipeline", pipeline=got)["pipeline"] == {**got, "version": 2}
        again = call("GetPipeline", name=created["name"])["pipeline"]
        assert json.dumps(again) == json.dumps({**got, "version": 2})


def some_values():
    """What is often accepted in the place of something else, and what hardly ever is."""
    names = st.text("abcXYZ019._-@", min_size=1, max_size=20)
    return names | st.text(min_size=1, max_size=30) | st.integers(1, 999) | JSON
