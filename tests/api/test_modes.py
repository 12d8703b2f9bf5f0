"""What is read of a pipeline in each execution mode, and where the limits are."""

import pytest

from pipelines import engine
from pipelines.core.results import ActionResult
from pipelines.core.statuses import ActionStatus, StopMode
from tests.api.asking import ask, refused
from tests.definitions import approval, commands, source, stage

LIMIT = "ConcurrentPipelineExecutionsLimitExceededException"
FETCHED = ActionResult(status=ActionStatus.SUCCEEDED, artifacts={"Code": "website/Code/abcdefg"})


def stages():
    return [stage("Source", source()), stage("Gate", approval()), stage("Build", commands())]


def created(room, mode):
    return room.create(stages=stages(), execution_mode=mode)


def states():
    return {
        each["stageName"]: each for each in ask("GetPipelineState", name="website")["stageStates"]
    }


def of(execution, status="InProgress"):
    return {"pipelineExecutionId": str(execution.pk), "status": status}


def test_a_queue_is_listed_in_its_order_and_its_head_is_the_inbound_execution(engine_room):
    first = created(engine_room, "QUEUED")
    second, third = engine_room.start(), engine_room.start()

    source_state = states()["Source"]

    assert source_state["latestExecution"] == of(first)
    assert source_state["inboundExecution"] == of(second)
    assert source_state["inboundExecutions"] == [of(second), of(third)]


def test_who_was_stopped_in_the_queue_is_not_in_it_any_more(engine_room):
    created(engine_room, "QUEUED")
    second, third = engine_room.start(), engine_room.start()
    engine_room.stop(second, StopMode.WAIT)
    engine_room.settle()

    assert states()["Source"]["inboundExecutions"] == [of(third)]

    engine_room.stop(third, StopMode.WAIT)
    engine_room.settle()

    assert states()["Source"]["inboundExecutions"] == []
    assert states()["Source"]["inboundExecution"] == of(third, "Stopped")


def test_a_parallel_pipeline_has_no_state_of_its_own(engine_room):
    first = created(engine_room, "PARALLEL")
    engine_room.start()
    engine.finish(first.action_executions.get(action_name="Fetch"), FETCHED)
    engine_room.disable("Build")

    shown = states()

    assert [set(each) for each in shown.values()] == [
        {"stageName", "inboundTransitionState", "actionStates"}
    ] * 3
    assert shown["Gate"]["actionStates"] == [{"actionName": "Ask"}]
    assert not shown["Build"]["inboundTransitionState"]["enabled"]


def test_after_parallel_mode_the_state_is_what_it_was_before(engine_room):
    """https://docs.aws.amazon.com/codepipeline/latest/userguide/execution-modes.html"""
    first = created(engine_room, "SUPERSEDED")
    engine_room.fail("Fetch")
    engine_room.update(stages=stages(), execution_mode="PARALLEL")
    engine_room.start()
    engine_room.update(stages=stages(), execution_mode="QUEUED")
    engine_room.settle()

    assert states()["Source"]["latestExecution"] == of(first, "Failed")
    assert "latestExecution" not in states()["Gate"]


def test_after_parallel_mode_those_that_go_on_wait_in_nobodys_line(engine_room):
    created(engine_room, "PARALLEL")
    engine_room.disable("Gate")
    engine_room.fetch()
    engine_room.update(stages=stages(), execution_mode="QUEUED")
    engine_room.settle()

    assert states()["Gate"]["inboundExecutions"] == []
    assert "inboundExecution" not in states()["Gate"]


def test_in_parallel_mode_the_token_of_an_approval_is_its_external_execution_id(engine_room):
    first = created(engine_room, "PARALLEL")
    second = engine_room.start()
    for each in (first, second):
        engine.finish(each.action_executions.get(action_name="Fetch"), FETCHED)

    asked = {
        each["pipelineExecutionId"]: each["output"]["executionResult"]["externalExecutionId"]
        for each in ask("ListActionExecutions", pipelineName="website")["actionExecutionDetails"]
        if each["actionName"] == "Ask"
    }
    ask(
        "PutApprovalResult",
        pipelineName="website",
        stageName="Gate",
        actionName="Ask",
        token=asked[str(second.pk)],
        result={"status": "Approved", "summary": ""},
    )
    engine_room.settle()

    assert engine_room.action_statuses(first)["Ask"] == "InProgress"
    assert engine_room.action_statuses(second)["Ask"] == "Succeeded"


@pytest.mark.parametrize("mode", ["SUPERSEDED", "QUEUED", "PARALLEL"])
def test_the_mode_of_an_execution_is_that_of_the_pipeline_when_it_started(engine_room, mode):
    execution = created(engine_room, mode)
    engine_room.update(stages=stages(), execution_mode="QUEUED")

    (listed,) = ask("ListPipelineExecutions", pipelineName="website")["pipelineExecutionSummaries"]
    one = ask("GetPipelineExecution", pipelineName="website", pipelineExecutionId=str(execution.pk))

    assert listed["executionMode"] == one["pipelineExecution"]["executionMode"] == mode


@pytest.mark.parametrize("mode", ["QUEUED", "PARALLEL"])
def test_beyond_the_limit_starts_revisions_and_retries_are_refused(engine_room, settings, mode):
    settings.PENSTOCK_CONCURRENT_EXECUTIONS = 1
    first = created(engine_room, mode)
    engine_room.fail("Fetch")
    engine_room.start()
    revision = {"revisionId": "1", "revisionChangeId": "1", "created": 0}

    assert refused("StartPipelineExecution", name="website").code == LIMIT
    told = refused(
        "PutActionRevision",
        pipelineName="website",
        stageName="Source",
        actionName="Fetch",
        actionRevision=revision,
    )
    assert told.code == LIMIT
    if mode == "PARALLEL":
        retried = refused(
            "RetryStageExecution",
            pipelineName="website",
            stageName="Source",
            pipelineExecutionId=str(first.pk),
            retryMode="FAILED_ACTIONS",
        )
        assert retried.code == LIMIT
