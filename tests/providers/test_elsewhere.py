"""Action types that AWS does and Penstock cannot: what happens when such an action runs."""

import html
import re

import pytest
from django.urls import reverse

from pipelines import definitions, runner
from pipelines.core.statuses import FailureCode
from pipelines.providers import ACTION_TYPES, elsewhere, is_done_here
from tests.action_types import ACTION, fetched, name_of, pipeline_around
from tests.api.asking import ask
from tests.engine_room import ALICE

SECRET = "not-for-everybody"  # what the tests put where a secret goes
of_every_type_elsewhere = pytest.mark.parametrize(
    "action_type", elsewhere.ACTION_TYPES, ids=name_of
)


@pytest.fixture
def reader(client, django_user_model):
    """A browser of somebody who may read."""
    client.force_login(django_user_model.objects.create_superuser("reader"))
    return client


def tried(room, action_type, **changes):
    """The action execution of such an action, after a runner had it."""
    room.pipeline = definitions.create(pipeline_around(action_type, **changes), by=ALICE)
    room.settle()
    for number in range(max(action_type.input_artifacts.start, 1)):
        action_name, artifact = fetched(number)
        room.succeed(action_name, artifacts={artifact: f"website/{artifact}/abc"})
    runner.perform(room.pipeline.pk, room.live(ACTION).pk)
    return room.latest(ACTION)


@of_every_type_elsewhere
def test_it_fails_and_says_what_to_do_instead(action_type, engine_room, reader):
    action = tried(engine_room, action_type)

    assert (action.status, action.error_code) == ("Failed", FailureCode.CONFIGURATION_ERROR)
    assert engine_room.status(action.execution) == "Failed"
    sentence = action.error_message
    assert sentence == elsewhere.refusal_of(action_type.id)
    category, _, provider, _ = action_type.id
    assert sentence.startswith(f"Penstock cannot run actions of the {category} provider {provider}")
    assert " instead" in sentence
    for page in (
        reader.get(reverse("pipeline", args=["website"])),
        reader.get(reverse("action", args=["website", action.execution_id, action.pk])),
    ):
        text = html.unescape(page.content.decode())
        assert page.status_code == 200
        assert action_type.label in text
        assert sentence in text


def test_every_type_has_a_sentence_and_no_sentence_is_left_over():
    assert set(elsewhere.INSTEAD) == {
        (each.id.category, each.id.provider) for each in elsewhere.ACTION_TYPES
    }


def test_what_is_recommended_is_done_here():
    done_here = {each.provider for each in ACTION_TYPES if is_done_here(each)}

    for action_type in elsewhere.ACTION_TYPES:
        recommended = re.findall(r"provider (\w+)", elsewhere.refusal_of(action_type.id))[1:]
        assert recommended
        assert done_here.issuperset(recommended)


@pytest.mark.parametrize(
    ("provider", "configuration"),
    [
        (
            "AlexaSkillsKit",
            {"ClientId": "me", "ClientSecret": SECRET, "RefreshToken": SECRET, "SkillId": "skill"},
        ),
        ("Runscope", {"TheirKey": SECRET}),
    ],
)
def test_secrets_and_unpublished_keys_are_not_shown(engine_room, reader, provider, configuration):
    [action_type] = [each for each in elsewhere.ACTION_TYPES if each.id.provider == provider]
    action = tried(engine_room, action_type, configuration=configuration)

    page = reader.get(reverse("action", args=["website", action.execution_id, action.pk]))

    told = ask("ListActionExecutions", pipelineName="website")
    for said in (page.content.decode(), str(told)):
        assert SECRET not in said
        assert "****" in said
