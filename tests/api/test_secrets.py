"""Secrets in the configuration of actions: the provider gets them, and nobody else sees them."""

import json
import logging
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db import connection
from django.urls import reverse

from pipelines import definitions, keyring, places, providers, runner, sealing, secrets
from pipelines.models import ActionExecution, Pipeline, PipelineVersion
from pipelines.providers import Dispatch
from pipelines.providers.contract import Succeeded
from pipelines.sealing import Unreadable
from tests.api.calling import call, refused
from tests.api.secretive import (
    COURIER,
    LETTERBOX,
    PIGEON,
    SECRET,
    courier,
    letterbox,
    pipeline,
)
from tests.definitions import definition, stage
from tests.engine_room import ALICE

seen: list[str] = []


def work(work):
    seen.append(work.configuration["Token"])
    return Succeeded()


@pytest.fixture(autouse=True)
def room(engine_room):
    seen.clear()
    with (
        providers.registered(LETTERBOX, work, Dispatch.WORKER),
        providers.registered(PIGEON, work, Dispatch.WORKER),
        providers.registered(COURIER, work, Dispatch.WORKER),
    ):
        yield engine_room


def create(room, given=None):
    output = call("CreatePipeline", pipeline=given or pipeline())
    room.pipeline = Pipeline.objects.get()
    room.settle()
    return output


def configuration_of(output):
    return output["pipeline"]["stages"][0]["actions"][0]["configuration"]


def secret_now():
    """The token that is stored for the current version."""
    row = PipelineVersion.objects.latest("version")
    return secrets.secrets_of(row)["Source"]["Fetch"]["Token"]


def test_every_operation_shows_the_mask_and_never_the_secret(room):
    created = create(room)
    updated = call("UpdatePipeline", pipeline=pipeline())
    got = [call("GetPipeline", name="website", version=version) for version in (1, 2)]

    for output in (created, updated, *got):
        assert configuration_of(output) == {"Owner": "alice", "Token": "****"}
        assert SECRET not in json.dumps(output, default=str)


def test_the_provider_gets_it_and_the_row_of_the_action_does_not_have_it(room):
    create(room)
    live = room.live("Fetch")

    runner.perform(room.pipeline.pk, live.pk)

    assert seen == [SECRET]
    done = ActionExecution.objects.get(pk=live.pk)
    assert done.resolved_configuration == {"Owner": "alice", "Token": "****"}


def test_an_execution_works_with_the_secrets_of_its_own_version(room):
    create(room)
    live = room.live("Fetch")
    call("UpdatePipeline", pipeline=pipeline(Token="new"))

    runner.perform(room.pipeline.pk, live.pk)

    assert seen == [SECRET]


def test_a_secret_may_refer_to_variables(room):
    create(room, pipeline(Token="of #{codepipeline.PipelineExecutionId}"))
    live = room.live("Fetch")

    runner.perform(room.pipeline.pk, live.pk)

    assert seen == [f"of {live.execution_id}"]


def test_a_secret_that_refers_to_what_nobody_made_fails_the_action_in_words(room):
    first = stage("Source", {**letterbox(), "namespace": "fetched"})
    second = stage("Work", courier("Send", Token="#{fetched.Token}"))
    create(room, definition(stages=[first, second]))
    room.succeed("Fetch")
    live = room.live("Send")

    runner.perform(room.pipeline.pk, live.pk)

    failed = ActionExecution.objects.get(pk=live.pk)
    assert (failed.status, failed.error_code) == ("Failed", "ConfigurationError")
    assert "has no variable Token" in failed.error_message


def test_no_secret_is_in_the_database_nor_in_any_file(transactional_db, room, caplog):
    caplog.set_level(logging.DEBUG)
    create(room)
    runner.perform(room.pipeline.pk, room.live("Fetch").pk)
    call("UpdatePipeline", pipeline=pipeline(Token=SECRET, Spare=SECRET))
    refused("CreatePipeline", pipeline=pipeline(Token=SECRET))
    refused("UpdatePipeline", pipeline=pipeline(Token=SECRET, Colour="red"))
    room.start()
    runner.perform(room.pipeline.pk, room.live("Fetch").pk)

    assert seen == [SECRET, SECRET]
    assert SECRET not in everything_in_the_database()
    assert SECRET not in caplog.text
    for file in Path(site.PENSTOCK_HOME).rglob("*"):
        assert not (file.is_file() and SECRET.encode() in file.read_bytes()), file


def everything_in_the_database():
    tables = connection.introspection.table_names()
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - ours
            found.append(repr([[_text(value) for value in row] for row in cursor.fetchall()]))
    assert "alice" in "".join(found)
    return "".join(found)


def _text(value):
    return bytes(value) if isinstance(value, memoryview) else value


def test_no_page_of_the_console_shows_it(room, client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("alice"))
    create(room)
    live = room.live("Fetch")
    pages = [
        reverse("pipelines"),
        reverse("pipeline", args=["website"]),
        reverse("history", args=["website"]),
        reverse("execution-timeline", args=["website", live.execution_id]),
        reverse("action", args=["website", live.execution_id, live.pk]),
    ]

    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert SECRET not in answer.content.decode()
    assert "****" in answer.content.decode()  # on the action's page, where it would be


def test_the_mask_keeps_the_value_that_is_stored(room):
    create(room)

    updated = call("UpdatePipeline", pipeline=pipeline(Token="****", Owner="bob"))

    assert configuration_of(updated) == {"Owner": "bob", "Token": "****"}
    assert secret_now() == SECRET


def test_another_value_replaces_it_and_leaving_it_out_forgets_it(room):
    create(room, pipeline(Spare="spare"))

    call("UpdatePipeline", pipeline=pipeline(Token="new"))

    row = PipelineVersion.objects.latest("version")
    assert secrets.secrets_of(row) == {"Source": {"Fetch": {"Token": "new"}}}


def test_a_value_is_kept_over_many_versions(room):
    create(room)

    for _ in range(3):
        got = call("GetPipeline", name="website")["pipeline"]
        call("UpdatePipeline", pipeline=got)

    assert secret_now() == SECRET


@pytest.mark.parametrize(
    "changed",
    [
        pipeline(Token="****", name="Renamed"),
        pipeline(Token="****", stage_name="Renamed"),
        pipeline(Token="****", of=PIGEON),
        pipeline(Spare="****"),
    ],
)
def test_a_mask_that_stands_for_nothing_is_refused(room, changed):
    create(room)
    before = room.digest()

    code, message = refused("UpdatePipeline", pipeline=changed)

    assert code == "InvalidActionDeclarationException"
    assert "has the mask **** as" in message
    assert room.digest() == before


def test_a_copy_of_another_pipeline_needs_its_secrets_again(room):
    create(room)
    got = call("GetPipeline", name="website")["pipeline"]

    code, message = refused("CreatePipeline", pipeline={**got, "name": "copy"})

    assert code == "InvalidActionDeclarationException"
    assert message == (
        "Action configuration for action 'Fetch' has the mask **** as 'Token', and no value is"
        " stored that it could stand for. Give the value."
    )


def test_a_mask_where_nothing_is_secret_is_a_value_like_any_other(room):
    output = create(room, pipeline(Owner="****"))

    assert configuration_of(output)["Owner"] == "****"
    live = room.live("Fetch")
    runner.perform(room.pipeline.pk, live.pk)
    assert seen == [SECRET]


def test_a_pipeline_without_secrets_has_nothing_sealed(room):
    row = definitions.create(definition(), by=ALICE).versions.get()

    assert row.sealed_secrets == ""
    assert secrets.secrets_of(row) == {}


def test_a_sealed_secret_opens_for_its_own_version_only(room):
    create(room)
    call("UpdatePipeline", pipeline=pipeline(Token="new"))
    first, second = PipelineVersion.objects.order_by("version")

    second.sealed_secrets = first.sealed_secrets

    with pytest.raises(Unreadable, match="belongs to something else"):
        secrets.secrets_of(second)


def test_a_sealed_secret_does_not_open_with_another_key_file(room, settings, tmp_path):
    create(room)
    row = PipelineVersion.objects.get()
    settings.PENSTOCK_HOME = tmp_path
    sealing.make(places.sealing_keys())

    with pytest.raises(Unreadable, match="a key that is not in"):
        secrets.secrets_of(row)


def test_a_lost_key_fails_the_action_and_leaves_the_pipeline_to_be_mended(room, settings, tmp_path):
    create(room)
    live = room.live("Fetch")
    settings.PENSTOCK_HOME = tmp_path
    sealing.make(places.sealing_keys())

    runner.perform(room.pipeline.pk, live.pk)

    failed = ActionExecution.objects.get()
    assert failed.status == "Failed"
    assert "a key that is not in" in failed.error_message
    code, message = refused("UpdatePipeline", pipeline=pipeline(Token="****"))
    assert code == "InvalidActionDeclarationException"
    assert "Give the secrets of the pipeline again." in message
    call("UpdatePipeline", pipeline=pipeline(Token="new"))
    assert secret_now() == "new"


def test_all_can_be_sealed_with_a_new_key(room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    create(room)
    keys = places.sealing_keys()
    old = keys.read_bytes().split()[0]

    assert keyring.rotate() == 1

    new, kept = keys.read_bytes().split()
    assert kept == old
    keys.write_bytes(new)
    assert secret_now() == SECRET
