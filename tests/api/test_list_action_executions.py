"""ListActionExecutions: every run of every action, newest first, with what went in and came out."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from pipelines import engine
from pipelines.core.action_types import ActionType, ActionTypeId, ConfigurationKey
from pipelines.core.refusals import (
    ExecutionNotFound,
    InvalidNextToken,
    InvalidRequest,
    PipelineNotFound,
)
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models.pipelines import plan_of
from pipelines.providers import Dispatch, approval, registered
from tests.api.asking import ask, every_page
from tests.api.histories import add_executions, is_sorted, plans
from tests.definitions import action, commands, deploy, source, stage
from tests.definitions import approval as asks
from tests.engine_room import ALICE, uuid_of_nothing

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
ABANDON = StopMode.ABANDON
VAULT = ActionType(
    id=ActionTypeId("Deploy", "Custom", "Vault", "1"),
    label="Vault",
    input_artifacts=range(1, 2),
    output_artifacts=range(1),
    configuration={
        "Url": ConfigurationKey(required=True),
        "Password": ConfigurationKey(required=True, secret=True),
    },
)


def stages():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Lint"), commands("Test", run_order=2)),
    ]


@pytest.fixture
def clock():
    """Time that goes by only when it is told to."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def building(engine_room):
    """An execution in which Compile has succeeded and Lint runs; Test has not started."""
    execution = engine_room.create(stages=stages())
    engine_room.fetch()
    engine_room.succeed("Compile")
    return execution


def listed(pipeline="website", **given):
    return ask("ListActionExecutions", pipelineName=pipeline, **given)


def details(**given):
    return listed(**given)["actionExecutionDetails"]


def detail_of(action_name, **given):
    return next(each for each in details(**given) if each["actionName"] == action_name)


def names(found):
    return [each["actionName"] for each in found]


def statuses(**given):
    """(action, status) of every run, in no order: runs of one moment have none."""
    return sorted((each["actionName"], each["status"]) for each in details(**given))


def of(execution):
    return {"filter": {"pipelineExecutionId": str(execution.pk)}}


def artifact(name, key):
    return {"name": name, "s3location": {"bucket": "artifacts", "key": key}}


def latest_in(execution, start_time_range="Latest"):
    latest = {"pipelineExecutionId": str(execution.pk), "startTimeRange": start_time_range}
    return {"filter": {"latestInPipelineExecution": latest}}


def test_a_run_is_told_with_what_went_in_and_what_came_out(engine_room, clock):
    definition = [
        stage("Source", source(namespace="SourceVariables")),
        stage(
            "Build",
            commands(
                "Compile",
                inputs=["Code"],
                outputs=["Site"],
                configuration={"ComputeType": "#{SourceVariables.BranchName}"},
                region="us-east-1",
                roleArn="arn:aws:iam::123456789012:role/builder",
                namespace="Built",
            ),
        ),
    ]
    execution = engine_room.create(stages=definition)
    clock.shift(timedelta(seconds=2))
    engine_room.succeed(
        "Fetch",
        artifacts={"Code": "website/Code/abcdefg"},
        output_variables={"BranchName": "main"},
    )
    run = engine_room.live("Compile")
    clock.shift(timedelta(seconds=7))
    engine_room.succeed(
        "Compile",
        artifacts={"Site": "website/Site/hijklmn"},
        output_variables={"VERSION": "1.2.3"},
        external_execution_id="website:1",
        external_execution_url="https://builds.example/1",
        summary="Build Succeeded",
    )

    assert details()[0] == {
        "pipelineExecutionId": str(execution.pk),
        "actionExecutionId": str(run.pk),
        "pipelineVersion": 1,
        "stageName": "Build",
        "actionName": "Compile",
        "startTime": NOW + timedelta(seconds=2),
        "lastUpdateTime": NOW + timedelta(seconds=9),
        "status": "Succeeded",
        "input": {
            "actionTypeId": {
                "category": "Compute",
                "owner": "AWS",
                "provider": "Commands",
                "version": "1",
            },
            "configuration": {"ComputeType": "#{SourceVariables.BranchName}"},
            "resolvedConfiguration": {"ComputeType": "main"},
            "roleArn": "arn:aws:iam::123456789012:role/builder",
            "region": "us-east-1",
            "inputArtifacts": [
                artifact("Code", "website/Code/abcdefg"),
            ],
            "namespace": "Built",
        },
        "output": {
            "outputArtifacts": [
                artifact("Site", "website/Site/hijklmn"),
            ],
            "executionResult": {
                "externalExecutionId": "website:1",
                "externalExecutionUrl": "https://builds.example/1",
                "externalExecutionSummary": "Build Succeeded",
            },
            "outputVariables": {"VERSION": "1.2.3"},
        },
    }


def test_a_live_run_has_made_nothing_yet(engine_room):
    engine_room.create(stages=stages())

    fetching = details()[0]
    assert fetching["status"] == "InProgress"
    assert fetching["output"] == {"outputArtifacts": [], "outputVariables": {}}
    assert fetching["input"]["inputArtifacts"] == []
    assert fetching["input"]["region"] == "us-east-1"
    assert "roleArn" not in fetching["input"]


def test_artifacts_are_in_the_order_of_the_definition(engine_room):
    made = ["Zebra", "Ant", "Mule", "Bee"]
    engine_room.create(
        stages=[
            stage("Source", *(source(f"Fetch{name}", output=name) for name in made)),
            stage("Build", commands("Compile", inputs=made)),
        ]
    )
    for name in sorted(made):
        engine_room.succeed(f"Fetch{name}", artifacts={name: f"website/{name}/abc"})

    inputs = detail_of("Compile")["input"]["inputArtifacts"]
    assert [artifact["name"] for artifact in inputs] == made


def test_artifacts_are_in_the_bucket_of_the_regions_of_their_actions(engine_room):
    stores = {
        "us-east-1": {"type": "S3", "location": "near"},
        "eu-west-1": {"type": "S3", "location": "far-away"},
    }
    here = [
        stage("Source", source()),
        stage("Build", commands("Compile", region="eu-west-1"), commands("Lint")),
    ]
    engine_room.create(stages=here, artifactStores=stores, artifactStore=None)
    engine_room.fetch()

    def bucket(name):
        return detail_of(name)["input"]["inputArtifacts"][0]["s3location"]["bucket"]

    assert bucket("Compile") == "far-away"
    assert bucket("Lint") == "near"


def test_secrets_are_shown_neither_as_written_nor_as_used(engine_room):
    with registered(VAULT, approval.perform, Dispatch.NOWHERE):
        secret = {"Url": "https://vault.example", "Password": "#{SourceVariables.CommitId}"}
        engine_room.create(
            stages=[
                stage("Source", source(namespace="SourceVariables")),
                stage(
                    "Deploy",
                    action("Store", VAULT.id, inputs=["Code"], configuration=secret),
                ),
            ]
        )
        engine_room.succeed(
            "Fetch",
            artifacts={"Code": "website/Code/abc"},
            output_variables={"CommitId": "open sesame"},
        )
        stored = detail_of("Store")["input"]

    masked = {"Url": "https://vault.example", "Password": "****"}
    assert stored["configuration"] == masked
    assert stored["resolvedConfiguration"] == masked


def test_a_failed_run_tells_why(engine_room, building):
    engine_room.fail("Lint")

    result = detail_of("Lint")["output"]["executionResult"]
    assert result["errorDetails"] == {"code": "JobFailed", "message": "No."}


def test_a_run_whose_variables_cannot_be_resolved_has_no_resolved_configuration(engine_room):
    wanting = deploy(configuration={"BucketName": "#{SourceVariables.Nothing}", "Extract": "true"})
    engine_room.create(
        stages=[stage("Source", source(namespace="SourceVariables")), stage("Deploy", wanting)]
    )
    engine_room.fetch()

    failed = detail_of("Publish")
    assert failed["status"] == "Failed"
    assert failed["input"]["configuration"]["BucketName"] == "#{SourceVariables.Nothing}"
    assert failed["input"]["resolvedConfiguration"] == {}
    assert failed["output"]["executionResult"]["errorDetails"]["code"] == "ConfigurationError"


# Approvals.


def test_an_approval_can_be_answered_with_what_is_listed(engine_room):
    engine_room.create(stages=[stage("Source", source()), stage("Approve", asks("Ask"))])
    engine_room.fetch()
    token = detail_of("Ask")["output"]["executionResult"]["externalExecutionId"]

    engine_room.answer(engine_room.live("Ask"), token=token, summary="Looks good")

    answered = detail_of("Ask")
    assert answered["status"] == "Succeeded"
    assert answered["updatedBy"] == ALICE.arn
    assert answered["output"]["executionResult"] == {
        "externalExecutionId": token,
        "externalExecutionSummary": "Looks good",
    }


# Stops.


@pytest.mark.parametrize("mode", StopMode)
def test_while_it_is_stopping_nothing_is_abandoned_yet(engine_room, building, mode):
    before = statuses()
    engine_room.stop(building, mode)

    assert statuses() == before
    assert before == [("Compile", "Succeeded"), ("Fetch", "Succeeded"), ("Lint", "InProgress")]


def test_actions_that_did_not_start_are_not_listed(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert statuses() == [
        ("Compile", "Succeeded"),
        ("Fetch", "Succeeded"),
        ("Lint", "Abandoned"),
    ]


def test_an_abandoned_run_has_no_error(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert "executionResult" not in detail_of("Lint")["output"]


def test_a_stage_that_a_stopped_inbound_execution_did_not_enter_has_no_runs(engine_room, building):
    engine_room.disable("Build")
    waiting = engine_room.start()
    engine_room.fetch()
    engine_room.stop(waiting)
    engine_room.settle()

    assert names(details(**of(waiting))) == ["Fetch"]


def test_runs_from_before_a_retry_are_kept(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()
    engine_room.retry(building, "Build")
    engine_room.settle()

    assert statuses() == [
        ("Compile", "Succeeded"),
        ("Fetch", "Succeeded"),
        ("Lint", "Abandoned"),
        ("Lint", "InProgress"),
    ]


# Filters.


def test_the_newest_comes_first(engine_room, clock):
    execution = engine_room.create(stages=stages())
    clock.shift(timedelta(seconds=5))
    engine_room.fetch()
    clock.shift(timedelta(seconds=5))
    engine_room.start()

    assert names(details())[0] == "Fetch"
    assert sorted(names(details())[1:3]) == ["Compile", "Lint"]
    assert details()[3]["pipelineExecutionId"] == str(execution.pk)


def test_one_execution_can_be_asked_for(engine_room, building):
    newer = engine_room.start()

    assert names(details(**of(newer))) == ["Fetch"]
    assert sorted(names(details(**of(building)))) == ["Compile", "Fetch", "Lint"]
    assert len(details()) == 4
    assert len(details(filter={})) == 4


def test_the_latest_attempt_begins_with_the_retry(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()
    engine_room.retry(building, "Build")
    engine_room.settle()

    assert statuses(**latest_in(building)) == [("Lint", "InProgress")]
    assert statuses(**latest_in(building, "All")) == statuses(**of(building))


def test_without_a_retry_the_latest_attempt_is_all_there_is(building):
    assert statuses(**latest_in(building)) == statuses()
    assert len(statuses()) == 3


def test_only_the_last_of_several_retries_counts(engine_room, building):
    for _ in range(2):
        engine_room.stop(building, ABANDON)
        engine_room.settle()
        engine_room.retry(building, "Build")
        engine_room.settle()

    assert statuses(**latest_in(building)) == [("Lint", "InProgress")]
    assert len(details()) == 5


def test_two_filters_at_once_are_refused(building):
    both = {**of(building)["filter"], **latest_in(building)["filter"]}

    with pytest.raises(InvalidRequest, match="not both"):
        details(filter=both)


@pytest.mark.parametrize("chosen", [of, latest_in])
def test_an_execution_that_the_pipeline_has_not_is_refused(engine_room, chosen):
    elsewhere = engine_room.create(stages=stages(), name="shop")
    engine_room.create(stages=stages())

    with pytest.raises(ExecutionNotFound, match="for pipeline 'website'"):
        details(**chosen(elsewhere))
    elsewhere.pk = uuid_of_nothing()
    with pytest.raises(ExecutionNotFound):
        details(**chosen(elsewhere))


def test_it_lists_runs_of_no_other_pipeline(engine_room):
    engine_room.create(stages=stages(), name="shop")
    engine_room.create(stages=stages())

    assert len(details()) == 1


def test_a_pipeline_that_there_is_not_is_refused(db):
    with pytest.raises(PipelineNotFound):
        listed()


# Pages.


def pages_of(**given):
    pages = every_page(
        "ListActionExecutions", "actionExecutionDetails", pipelineName="website", **given
    )
    return [[each["actionExecutionId"] for each in page] for page in pages]


def two_stages():
    return [stage("Source", source()), stage("Build", commands("Compile"))]


def test_the_pages_follow_one_another_to_the_end(engine_room):
    """Through runs that started at the very same moment, too."""
    engine_room.create(stages=two_stages())
    add_executions(engine_room, 6)  # all at one time, with two runs each
    (everything,) = pages_of()

    found = pages_of(maxResults=5)

    assert [len(page) for page in found] == [5, 5, 3]
    assert [id_ for page in found for id_ in page] == everything
    assert len(set(everything)) == 13


def test_after_a_last_page_that_is_full_there_is_no_token(engine_room):
    engine_room.create(stages=two_stages())
    history = add_executions(engine_room, 3)

    assert [len(page) for page in pages_of(maxResults=1, **of(history[0]))] == [1, 1]


def test_runs_that_start_meanwhile_neither_hide_nor_repeat_any(engine_room):
    engine_room.create(stages=two_stages())
    add_executions(engine_room, 4)
    (known,) = pages_of()

    seen = []
    more: dict[str, str] = {}
    while True:
        output = listed(maxResults=2, **more)
        seen += [each["actionExecutionId"] for each in output["actionExecutionDetails"]]
        add_executions(engine_room, 2)
        if "nextToken" not in output:
            break
        more = {"nextToken": output["nextToken"]}

    assert seen == known


def test_a_token_is_of_one_filter_only(engine_room):
    engine_room.create(stages=two_stages())
    first, second = add_executions(engine_room, 2)
    token = listed(maxResults=1, **of(first))["nextToken"]

    assert listed(nextToken=token, **of(first))["actionExecutionDetails"]
    with pytest.raises(InvalidNextToken):
        listed(nextToken=token)
    with pytest.raises(InvalidNextToken):
        listed(nextToken=token, **of(second))
    with pytest.raises(InvalidNextToken):
        listed(nextToken=token, **latest_in(first))
    with pytest.raises(InvalidNextToken):
        listed(nextToken="next", **of(first))


def test_what_is_older_than_twelve_months_is_not_listed(engine_room):
    engine_room.create(stages=two_stages())
    old = add_executions(engine_room, 2, days_ago=366)
    recent = add_executions(engine_room, 2, days_ago=364)

    assert len(details()) == 1 + 2 * len(recent)
    assert details(**of(old[0])) == []


# What it costs.


@pytest.mark.parametrize("finished", [0, 1000])
def test_it_takes_two_queries_however_long_the_history(
    engine_room, finished, django_assert_num_queries
):
    engine_room.create(stages=two_stages())
    add_executions(engine_room, finished)
    listed()  # what a process keeps is kept from here on

    with django_assert_num_queries(2):
        listed()


def test_versions_that_were_not_looked_at_yet_cost_one_query(
    engine_room, django_assert_num_queries
):
    engine_room.create(stages=two_stages())
    for _ in range(5):
        engine_room.update(stages=two_stages())
        engine_room.settle()
        add_executions(engine_room, 3)
    plan_of.cache_clear()

    with django_assert_num_queries(3):
        listed()


@pytest.mark.parametrize("chosen", [False, True], ids=["all", "of an execution"])
def test_a_page_is_read_from_an_index_in_its_order(engine_room, chosen):
    engine_room.create(stages=two_stages())
    history = add_executions(engine_room, 9)
    among = of(history[3]) if chosen else {}
    token = listed(maxResults=1, **among)["nextToken"]

    (plan,) = plans(lambda: listed(maxResults=1, nextToken=token, **among))

    assert ("action_timeline" if chosen else "action_history") in plan
    assert chosen or not is_sorted(plan)


def test_a_late_result_of_an_abandoned_run_is_not_listed(engine_room, building):
    lint = engine_room.live("Lint")
    engine_room.stop(building, ABANDON)
    engine_room.settle()
    before = details()

    late = ActionResult(status=ActionStatus.SUCCEEDED, output_variables={"LATE": "yes"})
    assert not engine.finish(lint, late).counted

    assert details() == before
