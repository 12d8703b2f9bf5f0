"""StartPipelineExecution: idempotent by its token, with variables and chosen source revisions."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from pipelines import definitions
from pipelines.core.rights import Caller, Role
from pipelines.models import PipelineExecution
from tests.api.asking import ask, refused
from tests.definitions import approval, commands, definition, s3_source, source, stage
from tests.engine_room import ALICE

OPERATION = "StartPipelineExecution"
TOKEN = "11111111-2222-4333-8444-555555555555"
COMMIT = "4f2a9c1d" * 5
FOR = "Source revision override for action"


@pytest.fixture
def pipeline(engine_room):
    """A pipeline of type V1, and its first execution."""
    return engine_room.create(stages=[stage("Source", source()), stage("Approve", approval())])


@pytest.fixture
def modern(engine_room):
    """A pipeline of type V2 with two sources and two variables."""
    stages = [
        stage("Source", source(), s3_source("Upload", output="Data"), s3_source("Free", **FREE)),
        stage("Build", commands()),
    ]
    variables = [{"name": "Level", "defaultValue": "info"}, {"name": "Target"}]
    made = definition("website", stages=stages, pipelineType="V2", variables=variables)
    definitions.create(made, by=ALICE)


FREE: Any = {
    "output": "Other",
    "configuration": {
        "S3Bucket": "uploads",
        "S3ObjectKey": "other.zip",
        "AllowOverrideForS3ObjectKey": "true",
    },
}


def start(**given):
    return PipelineExecution.objects.get(pk=started_id(**given))


def started_id(**given):
    return ask(OPERATION, name="website", **given)["pipelineExecutionId"]


def latest():
    return PipelineExecution.objects.latest("sequence")


def override(action, kind, value):
    return {"actionName": action, "revisionType": kind, "revisionValue": value}


def with_target(*overrides):
    variables = [{"name": "Target", "value": "eu"}]
    return {"name": "website", "variables": variables, "sourceRevisions": list(overrides)}


def test_it_answers_with_the_id_of_a_new_execution(pipeline):
    answer = ask(OPERATION, name="website")

    assert answer == {"pipelineExecutionId": str(latest().pk)}
    assert latest() != pipeline
    assert (latest().trigger_type, latest().trigger_detail) == (OPERATION, ALICE.arn)


def test_the_same_token_starts_nothing_again(pipeline):
    first = started_id(clientRequestToken=TOKEN)

    assert started_id(clientRequestToken=TOKEN) == first
    assert PipelineExecution.objects.count() == 2


def test_another_token_starts_another_execution(pipeline):
    assert started_id(clientRequestToken="a") != started_id(clientRequestToken="b")


def test_a_token_belongs_to_one_pipeline(engine_room, pipeline):
    engine_room.create(stages=[stage("Source", source()), stage("Build", commands())], name="other")

    here = ask(OPERATION, name="website", clientRequestToken=TOKEN)
    there = ask(OPERATION, name="other", clientRequestToken=TOKEN)

    assert here != there


def test_a_token_is_good_for_a_day_and_free_afterwards(pipeline):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        first = started_id(clientRequestToken=TOKEN)
    with time_machine.travel(now + timedelta(hours=23, minutes=59), tick=False):
        assert started_id(clientRequestToken=TOKEN) == first
    with time_machine.travel(now + timedelta(hours=24), tick=False):
        second = started_id(clientRequestToken=TOKEN)
    with time_machine.travel(now + timedelta(hours=47), tick=False):
        assert started_id(clientRequestToken=TOKEN) == second

    assert second != first


def test_variables_get_what_is_given_and_else_their_default(modern):
    execution = start(variables=[{"name": "Target", "value": "eu"}])

    assert execution.variables["variables"] == {"Level": "info", "Target": "eu"}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ([], "The variable Target has no default: give it a value."),
        (
            [{"name": "Target", "value": "eu"}, {"name": "target", "value": "eu"}],
            "The pipeline does not declare the variable target.",
        ),
        (
            [{"name": "Target", "value": "eu"}, {"name": "Target", "value": "us"}],
            "The variable Target is given more than once.",
        ),
    ],
)
def test_variables_that_do_not_fit_are_refused(engine_room, modern, variables, message):
    before = engine_room.digest()

    error = refused(OPERATION, name="website", variables=variables)

    assert (error.code, error.message) == ("ValidationException", message)
    assert engine_room.digest() == before


def test_a_variable_that_no_database_keeps_is_refused(engine_room, modern):
    before = engine_room.digest()

    error = refused(OPERATION, name="website", variables=[{"name": "Target", "value": "e\0u"}])

    assert error.code == "ValidationException"
    assert "'variables'" in error.message
    assert engine_room.digest() == before


def test_the_revisions_asked_for_are_kept_with_the_execution(modern):
    asked = [
        override("Fetch", "COMMIT_ID", COMMIT),
        override("Upload", "S3_OBJECT_VERSION_ID", "abc"),
        override("Free", "S3_OBJECT_KEY", "older.zip"),
        override("Free", "S3_OBJECT_VERSION_ID", "def"),
    ]

    ask(OPERATION, **with_target(*asked))

    assert latest().source_overrides == asked


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            [override("Nobody", "COMMIT_ID", COMMIT)],
            (f"{FOR} 'Nobody': the pipeline has no source action with this name."),
        ),
        (
            [override("Build", "COMMIT_ID", COMMIT)],
            (f"{FOR} 'Build': the pipeline has no source action with this name."),
        ),
        (
            [override("Fetch", "S3_OBJECT_VERSION_ID", "abc")],
            (
                f"{FOR} 'Fetch': revision type S3_OBJECT_VERSION_ID"
                " cannot be used, because its provider CodeCommit takes COMMIT_ID."
            ),
        ),
        (
            [override("Upload", "IMAGE_DIGEST", "sha256:0")],
            (
                f"{FOR} 'Upload': revision type IMAGE_DIGEST cannot be"
                " used, because its provider S3 takes S3_OBJECT_VERSION_ID."
            ),
        ),
        (
            [override("Upload", "S3_OBJECT_KEY", "older.zip")],
            (
                f"{FOR} 'Upload': revision type S3_OBJECT_KEY cannot be"
                " used, because AllowOverrideForS3ObjectKey of the action is not true."
            ),
        ),
        (
            [override("Fetch", "COMMIT_ID", COMMIT), override("Fetch", "COMMIT_ID", "0" * 40)],
            "A source revision can be overridden only once for each action.",
        ),
    ],
)
def test_revisions_that_no_source_can_take_are_refused(engine_room, modern, overrides, message):
    before = engine_room.digest()

    error = refused(OPERATION, **with_target(*overrides))

    assert (error.code, error.message) == ("ValidationException", message)
    assert engine_room.digest() == before


def test_a_revision_that_no_database_keeps_is_refused(modern):
    error = refused(OPERATION, **with_target(override("Fetch", "COMMIT_ID", "\0")))

    assert error.code == "ValidationException"


def test_a_pipeline_of_type_v1_takes_no_revisions(pipeline):
    error = refused(
        OPERATION, name="website", sourceRevisions=[override("Fetch", "COMMIT_ID", COMMIT)]
    )

    assert error.code == "ValidationException"
    assert "only for pipelines of type V2" in error.message


def test_an_empty_list_of_revisions_asks_for_nothing(pipeline):
    assert start(sourceRevisions=[]).source_overrides == []


def test_an_unknown_pipeline_is_said_to_be_unknown(db):
    error = refused(OPERATION, name="nowhere")

    assert error.code == "PipelineNotFoundException"
    assert error.message == "Account '123456789012' does not have a pipeline with name 'nowhere'"


def test_who_may_only_read_starts_nothing(engine_room, pipeline):
    reader = Caller(arn=ALICE.arn, roles=frozenset({Role.READ}))
    before = engine_room.digest()

    assert refused(OPERATION, by=reader, name="website").code == "AccessDeniedException"
    assert engine_room.digest() == before
