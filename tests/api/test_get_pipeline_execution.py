"""GetPipelineExecution: one execution, without times and without who stopped it."""

from datetime import UTC, datetime

import pytest

from pipelines import executions
from pipelines.core.refusals import ExecutionNotFound, PipelineNotFound
from pipelines.core.results import SourceRevision
from pipelines.core.statuses import StopMode
from tests.api.asking import ask
from tests.definitions import commands, s3_source, source, stage
from tests.engine_room import ALICE, uuid_of_nothing

MADE = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def stages():
    return [stage("Source", source()), stage("Build", commands("Compile"))]


def get(execution, pipeline="website"):
    id_ = str(getattr(execution, "pk", execution))
    output = ask("GetPipelineExecution", pipelineName=pipeline, pipelineExecutionId=id_)
    return output["pipelineExecution"]


def test_it_says_what_it_is_and_how_it_began(engine_room):
    execution = engine_room.create(stages=stages())

    assert get(execution) == {
        "pipelineName": "website",
        "pipelineVersion": 1,
        "pipelineExecutionId": str(execution.pk),
        "status": "InProgress",
        "artifactRevisions": [],
        "trigger": {"triggerType": "CreatePipeline", "triggerDetail": ALICE.arn},
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    }


@pytest.mark.parametrize("mode", StopMode)
def test_a_stop_shows_in_the_status_and_nowhere_else(engine_room, mode):
    execution = engine_room.create(stages=stages())
    before = get(execution)
    engine_room.stop(execution, mode, reason="Wrong commit")

    assert get(execution) == {**before, "status": "Stopping"}
    if mode is StopMode.WAIT:
        engine_room.fetch()
    engine_room.settle()
    assert get(execution)["status"] == "Stopped"
    assert get(execution).keys() == before.keys()


def test_a_retry_makes_it_in_progress_again(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.fail("Fetch")
    assert get(execution)["status"] == "Failed"

    engine_room.retry(execution, "Source")

    assert get(execution)["status"] == "InProgress"


def test_a_superseded_execution_reads_so(engine_room):
    engine_room.create(stages=stages())
    older = engine_room.start()
    engine_room.start()

    assert get(older)["status"] == "Superseded"


def test_it_keeps_its_version_when_the_pipeline_is_updated(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.update(stages=stages())
    newer = engine_room.start()

    assert get(execution)["pipelineVersion"] == 1
    assert get(newer)["pipelineVersion"] == 2


def test_every_source_artifact_has_its_revision_in_the_order_of_the_definition(engine_room):
    execution = engine_room.create(
        stages=[
            stage("Source", source("Fetch"), s3_source("Assets", output="Pictures")),
            stage("Build", commands("Compile")),
        ]
    )
    engine_room.succeed(
        "Assets",
        artifacts={"Pictures": "website/Pictures/abc"},
        revision=SourceRevision(revision_id="v7", summary="s" * 3000, change_id="e" * 300),
    )
    engine_room.succeed(
        "Fetch",
        artifacts={"Code": "website/Code/abc"},
        revision=SourceRevision(
            revision_id="4f6a1c2e",
            summary="Say something new",
            url="https://console.example/commit/4f6a1c2e",
            change_id="2026-03-14T15:00:00Z",
            created_at=MADE,
        ),
    )

    assert get(execution)["artifactRevisions"] == [
        {
            "name": "Code",
            "revisionId": "4f6a1c2e",
            "revisionSummary": "Say something new",
            "revisionUrl": "https://console.example/commit/4f6a1c2e",
            "revisionChangeIdentifier": "2026-03-14T15:00:00Z",
            "created": MADE,
        },
        {
            "name": "Pictures",
            "revisionId": "v7",
            "revisionSummary": "s" * 2048,
            "revisionChangeIdentifier": "e" * 100,
        },
    ]


def test_a_source_that_runs_again_has_one_revision(engine_room):
    execution = engine_room.create(
        stages=[
            stage("Source", source("Fetch"), s3_source("Assets", output="Pictures")),
            stage("Build", commands("Compile")),
        ]
    )
    engine_room.succeed("Fetch", revision=SourceRevision(revision_id="first"))
    engine_room.stop(execution, StopMode.ABANDON)
    engine_room.settle()
    engine_room.retry(execution, "Source", "ALL_ACTIONS")
    engine_room.settle()
    engine_room.succeed("Fetch", revision=SourceRevision(revision_id="second"))

    assert [each["revisionId"] for each in get(execution)["artifactRevisions"]] == ["second"]


def test_variables_are_resolved_and_in_the_order_of_the_definition(engine_room):
    declared = [
        {"name": "Zone", "defaultValue": "eu"},
        {"name": "Audience", "defaultValue": "all"},
    ]
    engine_room.create(stages=stages(), variables=declared, pipelineType="V2")
    execution = executions.release("website", by=ALICE, variables={"Audience": "staff"})

    assert get(execution)["variables"] == [
        {"name": "Zone", "resolvedValue": "eu"},
        {"name": "Audience", "resolvedValue": "staff"},
    ]


def test_an_execution_that_could_not_begin_says_why(engine_room):
    engine_room.create(stages=stages(), variables=[{"name": "Zone"}], pipelineType="V2")
    execution = executions.start("website", trigger_type="PollForSourceChanges")

    told = get(execution)
    assert told["status"] == "Failed"
    assert "Zone" in told["statusSummary"]
    assert told["variables"] == []
    assert told["trigger"] == {"triggerType": "PollForSourceChanges"}


def test_what_triggered_it_is_cut_to_what_aws_allows(engine_room):
    engine_room.create(stages=stages())
    execution = executions.start("website", trigger_type="Webhook", trigger_detail="d" * 2000)

    assert get(execution)["trigger"]["triggerDetail"] == "d" * 1024


def test_an_execution_that_there_is_not_is_refused(engine_room):
    engine_room.create(stages=stages())

    with pytest.raises(ExecutionNotFound, match="does not have an execution with id"):
        get(uuid_of_nothing())


def test_an_execution_of_another_pipeline_is_refused(engine_room):
    execution = engine_room.create(stages=stages())
    engine_room.create(stages=stages(), name="shop")

    with pytest.raises(ExecutionNotFound, match="for pipeline 'shop'"):
        get(execution, pipeline="shop")


def test_a_pipeline_that_there_is_not_is_refused(db):
    with pytest.raises(PipelineNotFound):
        get(uuid_of_nothing())


def test_it_takes_two_queries(engine_room, django_assert_num_queries):
    execution = engine_room.create(stages=stages())
    get(execution)  # what a process keeps is kept from here on

    with django_assert_num_queries(2):
        get(execution)
