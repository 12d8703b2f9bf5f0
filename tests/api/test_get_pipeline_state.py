"""GetPipelineState: every row of the table in spec/stop.md §4, and what is around it."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection

from pipelines import executions
from pipelines.approvals import ApprovalStatus
from pipelines.core.refusals import InvalidApprovalToken, PipelineNotFound
from pipelines.core.results import SourceRevision
from pipelines.core.statuses import RetryMode, StopMode, TransitionType
from tests.api.asking import ask
from tests.definitions import approval, commands, source, stage
from tests.engine.test_costs import add_history
from tests.engine_room import ALICE

WAIT, ABANDON = StopMode.WAIT, StopMode.ABANDON
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def stages():
    return [
        stage("Source", source()),
        stage("Build", commands("Compile"), commands("Lint"), commands("Test", run_order=2)),
        stage("Deploy", commands("Ship")),
    ]


@pytest.fixture
def building(engine_room):
    """An execution in which Compile has succeeded and Lint runs; Test has not started."""
    execution = engine_room.create(stages=stages())
    engine_room.fetch()
    engine_room.succeed("Compile")
    return execution


@pytest.fixture
def inbound(engine_room, building):
    """An execution that waits in front of Deploy, whose transition is disabled."""
    engine_room.disable("Deploy")
    engine_room.succeed("Lint")
    engine_room.succeed("Test")
    return building


def state_of(stage_name):
    states = {each["stageName"]: each for each in ask_for_it()["stageStates"]}
    return states[stage_name]


def ask_for_it():
    return ask("GetPipelineState", name="website")


def latest_of(stage_name):
    return state_of(stage_name).get("latestExecution")


def action_of(stage_name, action_name):
    states = {each["actionName"]: each for each in state_of(stage_name)["actionStates"]}
    return states[action_name]


def statuses(stage_name):
    """Action name -> status; None for what did not run."""
    return {
        each["actionName"]: each.get("latestExecution", {}).get("status")
        for each in state_of(stage_name)["actionStates"]
    }


def of(execution, status):
    return {"pipelineExecutionId": str(execution.pk), "status": status}


# The table of stop.md §4, row by row.


def test_before_a_stop_the_stage_and_its_live_actions_are_in_progress(building):
    assert latest_of("Build") == of(building, "InProgress")
    assert statuses("Build") == {"Compile": "Succeeded", "Lint": "InProgress", "Test": None}


@pytest.mark.parametrize("mode", StopMode)
def test_while_it_is_stopping_the_live_actions_are_still_in_progress(engine_room, building, mode):
    engine_room.stop(building, mode)

    assert latest_of("Build") == of(building, "Stopping")
    assert statuses("Build") == {"Compile": "Succeeded", "Lint": "InProgress", "Test": None}


def test_stopping_lasts_as_long_as_the_actions_that_are_waited_for(engine_room, building):
    engine_room.stop(building, WAIT)
    engine_room.settle()

    assert latest_of("Build") == of(building, "Stopping")


@pytest.mark.parametrize(("end", "status"), [("succeed", "Succeeded"), ("fail", "Failed")])
def test_after_stop_and_wait_what_was_live_has_ended_by_itself(engine_room, building, end, status):
    engine_room.stop(building, WAIT)
    getattr(engine_room, end)("Lint")

    assert latest_of("Build") == of(building, "Stopped")
    assert statuses("Build") == {"Compile": "Succeeded", "Lint": status, "Test": None}


def test_after_stop_and_abandon_what_was_live_is_abandoned(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert latest_of("Build") == of(building, "Stopped")
    assert statuses("Build") == {"Compile": "Succeeded", "Lint": "Abandoned", "Test": None}
    assert "errorDetails" not in action_of("Build", "Lint")["latestExecution"]


def test_a_stage_that_was_not_reached_has_no_execution(building):
    deploy = state_of("Deploy")

    assert "latestExecution" not in deploy
    assert deploy["actionStates"] == [{"actionName": "Ship"}]


def test_the_stages_before_keep_what_happened_in_them(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()

    assert latest_of("Source") == of(building, "Succeeded")


def test_a_later_execution_takes_the_place_of_a_stopped_one(engine_room, building):
    engine_room.stop(building, ABANDON)
    newer = engine_room.start()
    engine_room.fetch()

    assert latest_of("Build") == of(newer, "InProgress")
    assert statuses("Build") == {"Compile": "InProgress", "Lint": "InProgress", "Test": None}


def test_a_retry_resumes_the_stage_and_says_so(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()
    abandoned = action_of("Build", "Lint")["latestExecution"]["actionExecutionId"]
    engine_room.retry(building, "Build")
    engine_room.settle()

    build = state_of("Build")
    assert build["latestExecution"] == of(building, "InProgress")
    assert build["retryStageMetadata"] == {
        "manualStageRetryAttempt": 1,
        "latestRetryTrigger": "ManualStageRetry",
    }
    assert statuses("Build") == {"Compile": "Succeeded", "Lint": "InProgress", "Test": None}
    assert action_of("Build", "Lint")["latestExecution"]["actionExecutionId"] != abandoned


def test_a_retry_of_all_actions_shows_none_until_they_run_again(engine_room, building):
    engine_room.stop(building, ABANDON)
    engine_room.settle()
    engine_room.retry(building, "Build", RetryMode.ALL_ACTIONS)

    assert statuses("Build") == {"Compile": None, "Lint": None, "Test": None}


def test_a_stage_that_was_not_retried_has_no_retry_metadata(building):
    assert "retryStageMetadata" not in state_of("Build")


# In front of a stage.


def test_who_waits_in_front_of_a_stage_is_inbound(inbound):
    deploy = state_of("Deploy")

    assert deploy["inboundExecution"] == of(inbound, "InProgress")
    assert deploy["inboundExecutions"] == [of(inbound, "InProgress")]


def test_an_inbound_execution_that_is_stopping_waits_for_nothing_any_more(engine_room, inbound):
    engine_room.stop(inbound)

    deploy = state_of("Deploy")
    assert deploy["inboundExecution"] == of(inbound, "Stopping")
    assert deploy["inboundExecutions"] == []


def test_an_inbound_execution_that_was_stopped_can_still_be_seen(engine_room, inbound):
    engine_room.stop(inbound)
    engine_room.settle()
    engine_room.enable("Deploy")
    engine_room.settle()

    deploy = state_of("Deploy")
    assert deploy["inboundExecution"] == of(inbound, "Stopped")
    assert deploy["inboundExecutions"] == []
    assert "latestExecution" not in deploy


def test_stopping_an_inbound_execution_leaves_the_stage_behind_it_as_it_is(engine_room, inbound):
    engine_room.enable("Deploy")
    engine_room.settle()
    second = engine_room.start()
    engine_room.fetch()
    for name in ("Compile", "Lint", "Test"):
        engine_room.succeed(name)
    engine_room.stop(second)
    engine_room.settle()

    deploy = state_of("Deploy")
    assert deploy["latestExecution"] == of(inbound, "InProgress")
    assert deploy["inboundExecution"] == of(second, "Stopped")


def test_another_that_comes_to_wait_takes_the_place_of_the_stopped_one(engine_room, inbound):
    engine_room.stop(inbound)
    second = engine_room.start()
    engine_room.fetch()
    for name in ("Compile", "Lint", "Test"):
        engine_room.succeed(name)

    deploy = state_of("Deploy")
    assert deploy["inboundExecution"] == of(second, "InProgress")
    assert deploy["inboundExecutions"] == [of(second, "InProgress")]


def test_who_enters_is_inbound_no_more(engine_room, inbound):
    engine_room.stop(inbound)
    engine_room.enable("Deploy")
    second = engine_room.start()
    engine_room.fetch()
    for name in ("Compile", "Lint", "Test"):
        engine_room.succeed(name)

    deploy = state_of("Deploy")
    assert "inboundExecution" not in deploy
    assert deploy["latestExecution"] == of(second, "InProgress")


def test_all_who_wait_are_listed_until_the_engine_has_superseded_the_older(engine_room, building):
    engine_room.disable("Source")
    waiting = [executions.start("website", trigger_type="PollForSourceChanges") for _ in range(2)]

    in_front = state_of("Source")
    assert in_front["inboundExecutions"] == [of(each, "InProgress") for each in waiting]
    assert in_front["inboundExecution"] == of(waiting[1], "InProgress")

    engine_room.settle()
    assert state_of("Source")["inboundExecutions"] == [of(waiting[1], "InProgress")]


def test_an_inbound_execution_that_an_update_cancelled_reads_so(engine_room, inbound):
    engine_room.update(stages=stages())
    engine_room.settle()

    assert state_of("Deploy")["inboundExecution"] == of(inbound, "Cancelled")


# Approvals.


@pytest.fixture
def asking(engine_room):
    """An execution that waits for an approval."""
    execution = engine_room.create(
        stages=[stage("Source", source()), stage("Approve", approval("Ask"))]
    )
    engine_room.fetch()
    return execution


def asked():
    return action_of("Approve", "Ask")["latestExecution"]


def test_a_live_approval_has_the_token_that_answers_it(engine_room, asking):
    token = asked()["token"]
    assert "externalExecutionId" not in asked()

    engine_room.answer(engine_room.live("Ask"), token=token, summary="Looks good")

    answered = asked()
    assert "token" not in answered
    assert "externalExecutionId" not in answered
    assert answered["summary"] == "Looks good"
    assert answered["lastUpdatedBy"] == ALICE.arn
    assert answered["status"] == "Succeeded"


def test_the_token_stays_while_stop_and_wait_waits_for_the_answer(engine_room, asking):
    engine_room.stop(asking, WAIT)
    engine_room.settle()

    assert latest_of("Approve") == of(asking, "Stopping")
    engine_room.answer(engine_room.live("Ask"), ApprovalStatus.REJECTED, token=asked()["token"])
    engine_room.settle()
    assert latest_of("Approve") == of(asking, "Stopped")
    assert asked()["status"] == "Failed"


def test_the_token_is_gone_as_soon_as_it_would_be_refused(engine_room, asking):
    token = asked()["token"]
    engine_room.stop(asking, ABANDON)

    assert "token" not in asked()
    with pytest.raises(InvalidApprovalToken):
        engine_room.answer(engine_room.live("Ask"), token=token)


def test_an_abandoned_approval_has_no_token(engine_room, asking):
    engine_room.stop(asking, ABANDON)
    engine_room.settle()

    assert asked()["status"] == "Abandoned"
    assert "token" not in asked()


def test_an_approval_that_is_asked_again_has_another_token(engine_room, asking):
    before = asked()["token"]
    engine_room.stop(asking, ABANDON)
    engine_room.settle()
    engine_room.retry(asking, "Approve")
    engine_room.settle()

    assert asked()["token"] not in {"", before}


# Actions.


@time_machine.travel(NOW, tick=False)
def test_an_action_tells_what_its_provider_told(engine_room):
    engine_room.create(stages=stages())
    engine_room.fetch()
    run = engine_room.live("Compile")
    engine_room.succeed(
        "Compile",
        summary="Build Succeeded",
        external_execution_id="website:1",
        external_execution_url="https://builds.example/1",
    )

    assert action_of("Build", "Compile") == {
        "actionName": "Compile",
        "latestExecution": {
            "actionExecutionId": str(run.pk),
            "status": "Succeeded",
            "summary": "Build Succeeded",
            "lastStatusChange": NOW,
            "externalExecutionId": "website:1",
            "externalExecutionUrl": "https://builds.example/1",
        },
    }


def test_a_failed_action_tells_why(engine_room, building):
    engine_room.fail("Lint")

    failed = action_of("Build", "Lint")["latestExecution"]
    assert failed["errorDetails"] == {"code": "JobFailed", "message": "No."}
    assert latest_of("Build") == of(building, "Failed")


def test_texts_that_are_longer_than_aws_allows_are_cut(engine_room, building):
    engine_room.succeed("Lint", summary="s" * 5000, error_message="e" * 9000)

    linted = action_of("Build", "Lint")["latestExecution"]
    assert linted["summary"] == "s" * 2048
    assert linted["errorDetails"]["message"] == "e" * 5000


def test_a_source_action_has_its_revision(engine_room):
    engine_room.create(stages=stages())
    assert "currentRevision" not in action_of("Source", "Fetch")
    revision = SourceRevision(
        revision_id="4f6a1c2e",
        summary="Say something new",
        url="https://console.example/commit/4f6a1c2e",
        change_id="2026-03-14T15:00:00Z",
        created_at=NOW,
    )
    engine_room.succeed("Fetch", revision=revision)

    fetched = action_of("Source", "Fetch")
    assert fetched["currentRevision"] == {
        "revisionId": "4f6a1c2e",
        "revisionChangeId": "2026-03-14T15:00:00Z",
        "created": NOW,
    }
    assert fetched["revisionUrl"] == "https://console.example/commit/4f6a1c2e"


def test_a_revision_of_which_little_is_known_has_what_aws_requires(engine_room):
    engine_room.create(stages=stages())
    engine_room.succeed("Fetch", revision=SourceRevision(revision_id="r" * 200))

    fetched = action_of("Source", "Fetch")
    assert fetched["currentRevision"]["revisionId"] == "r" * 200
    assert fetched["currentRevision"]["revisionChangeId"] == "r" * 100
    assert fetched["currentRevision"]["created"] == fetched["latestExecution"]["lastStatusChange"]
    assert "revisionUrl" not in fetched


# The pipeline, its transitions, its versions.


@time_machine.travel(NOW, tick=False)
def test_a_new_pipeline_shows_every_stage_and_action_in_order(engine_room):
    engine_room.create(stages=stages())

    output = ask_for_it()

    assert output["pipelineName"] == "website"
    assert output["pipelineVersion"] == 1
    assert output["created"] == output["updated"] == NOW
    assert [
        (state["stageName"], [each["actionName"] for each in state["actionStates"]])
        for state in output["stageStates"]
    ] == [("Source", ["Fetch"]), ("Build", ["Compile", "Lint", "Test"]), ("Deploy", ["Ship"])]


def test_a_transition_that_was_never_touched_is_only_enabled(building):
    assert state_of("Source")["inboundTransitionState"] == {"enabled": True}
    assert state_of("Deploy")["inboundTransitionState"] == {"enabled": True}


def test_a_transition_tells_who_changed_it_when_and_why(engine_room):
    engine_room.create(stages=stages())
    with time_machine.travel(NOW, tick=False):
        engine_room.disable("Deploy", reason="Wait for Monday")
    changed = {"lastChangedBy": ALICE.arn, "lastChangedAt": NOW}

    disabled = {"enabled": False, **changed, "disabledReason": "Wait for Monday"}
    assert state_of("Deploy")["inboundTransitionState"] == disabled
    with time_machine.travel(NOW, tick=False):
        engine_room.enable("Deploy")
    assert state_of("Deploy")["inboundTransitionState"] == {"enabled": True, **changed}


def test_the_way_out_of_a_stage_is_not_told(engine_room, building):
    engine_room.disable("Build", transition=TransitionType.OUTBOUND)

    assert state_of("Build")["inboundTransitionState"] == {"enabled": True}
    assert state_of("Deploy")["inboundTransitionState"] == {"enabled": True}


def test_after_an_update_it_is_the_new_version_that_is_shown(engine_room, building):
    renamed = [stage("Source", source()), stage("Build", commands("Lint"), commands("Pack"))]
    engine_room.update(stages=renamed)

    output = ask_for_it()
    assert output["pipelineVersion"] == 2
    assert output["updated"] > output["created"]
    assert [each["stageName"] for each in output["stageStates"]] == ["Source", "Build"]
    assert statuses("Build") == {"Lint": "InProgress", "Pack": None}
    assert latest_of("Build") == of(building, "InProgress")


def test_a_pipeline_that_there_is_not_is_refused(db):
    with pytest.raises(PipelineNotFound, match="does not have a pipeline with name 'website'"):
        ask_for_it()


# What it costs, and that it is of one moment.


@pytest.mark.parametrize("finished", [0, 1000])
def test_it_takes_six_queries_however_long_the_history_and_one_when_nothing_changed(
    engine_room, building, finished, django_assert_num_queries
):
    add_history(engine_room, finished)
    engine_room.disable("Build")
    engine_room.start()
    engine_room.fetch()
    ask_for_it()  # what a process keeps is kept from here on

    engine_room.disable("Build", reason="Not yet")

    with django_assert_num_queries(6):
        first = state_of("Build")
    with django_assert_num_queries(1):
        assert state_of("Build") == first
    assert len(first["inboundExecutions"]) == 1


class Meanwhile:
    """Something happens between the queries of one request, so many times."""

    def __init__(self, happens, *, times):
        self.happens, self.left = happens, times
        self.is_happening = False

    def __call__(self, execute, sql, params, many, context):
        reads_actions = sql.startswith("SELECT") and "pipelines_actionexecution" in sql
        if reads_actions and self.left and not self.is_happening:
            self.left -= 1
            self.is_happening = True
            self.happens()
            self.is_happening = False
        return execute(sql, params, many, context)


def test_it_is_never_half_before_and_half_after_a_change(engine_room, building):
    engine_room.stop(building, ABANDON)
    with connection.execute_wrapper(Meanwhile(engine_room.settle, times=1)):
        output = ask_for_it()

    build = output["stageStates"][1]
    assert build["latestExecution"]["status"] == "Stopped"
    assert build["actionStates"][1]["latestExecution"]["status"] == "Abandoned"


def test_who_is_never_left_in_peace_takes_the_lock(engine_room, building):
    def change():
        engine_room.disable("Deploy")

    meanwhile = Meanwhile(change, times=3)
    with connection.execute_wrapper(meanwhile):
        output = ask_for_it()

    assert meanwhile.left == 0
    assert output["stageStates"][2]["inboundTransitionState"]["enabled"] is False
