"""Rolling a stage back, by hand and by itself (spec/engine.md §10), on real rows."""

import pytest

from pipelines import rollbacks
from pipelines.core.refusals import (
    AccessDenied,
    ExecutionNotFound,
    ExecutionOutdated,
    StageNotFound,
    UnableToRollbackStage,
)
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import StopMode
from pipelines.models import Event, PipelineExecution
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE, uuid_of_nothing


def stages(**of_deploy):
    build = stage("Build", commands("Compile", outputs=["Site"]))
    deploy = stage("Deploy", commands("Ship", inputs=["Site"], namespace="Told"), **of_deploy)
    return [stage("Source", source()), build, deploy]


def run(room, *, site, code="code"):
    """The execution that is in Source now comes into Deploy."""
    room.succeed("Fetch", artifacts={"Code": code})
    room.settle()
    room.succeed("Compile", artifacts={"Site": site})
    room.settle()


@pytest.fixture
def good(engine_room):
    """An execution that went through, with a newer one that failed in Deploy."""
    execution = engine_room.create(stages=stages(), variables=[{"name": "to", "defaultValue": "x"}])
    run(engine_room, site="good")
    engine_room.succeed("Ship")
    bad = engine_room.start()
    run(engine_room, site="bad")
    engine_room.fail("Ship")
    assert engine_room.status(bad) == "Failed"
    return engine_room.again(execution)


def roll_back(room, target, stage_name="Deploy", by=ALICE):
    execution = rollbacks.start("website", stage_name, target.id, by=by)
    room.settle()
    return room.again(execution)


def test_a_rollback_runs_the_stage_with_what_the_target_left(engine_room, good):
    rollback = roll_back(engine_room, good)

    assert rollback.id != good.id
    assert (rollback.execution_type, rollback.rollback_target_id) == ("ROLLBACK", good.id)
    assert (rollback.trigger_type, rollback.trigger_detail) == ("ManualRollback", ALICE.arn)
    assert rollback.artifacts == good.artifacts
    assert rollback.variables == good.variables
    assert rollback.source_revisions == good.source_revisions
    assert engine_room.live("Ship").execution_id == rollback.id
    assert engine_room.live("Ship").input_artifacts == {"Site": "good"}
    assert engine_room.stage("Deploy").latest.execution_id == rollback.id


def test_it_runs_that_stage_only(engine_room):
    execution = engine_room.create(stages=stages())
    run(engine_room, site="good")
    engine_room.succeed("Ship")
    rollback = roll_back(engine_room, execution, "Build")

    engine_room.succeed("Compile", artifacts={"Site": "again"})

    assert engine_room.status(rollback) == "Succeeded"
    assert list(rollback.stage_executions.values_list("stage_name", flat=True)) == ["Build"]
    assert not PipelineExecution.objects.unfinished().exists()


def test_it_waits_for_no_transition_and_supersedes_nobody(engine_room, good):
    waiting = engine_room.start()
    engine_room.disable("Deploy")
    run(engine_room, site="newer")
    assert engine_room.again(waiting).waits_for == "Deploy"

    rollback = roll_back(engine_room, good)
    engine_room.enable("Deploy")
    engine_room.settle()

    assert engine_room.status(waiting) == "InProgress"
    assert engine_room.again(waiting).waits_for == "Deploy"
    engine_room.succeed("Ship")
    assert engine_room.status(rollback) == "Succeeded"
    assert engine_room.live("Ship").execution_id == waiting.id


def test_who_was_stopped_in_front_of_the_stage_is_seen_there_until_it_enters(engine_room, good):
    stopped = engine_room.start()
    engine_room.disable("Deploy")
    run(engine_room, site="newer")
    engine_room.stop(stopped)
    engine_room.settle()
    assert engine_room.stage("Deploy").inbound == stopped

    roll_back(engine_room, good)

    assert engine_room.stage("Deploy").inbound is None


def test_a_rollback_can_be_stopped_and_retried(engine_room, good):
    rollback = roll_back(engine_room, good)
    engine_room.stop(rollback, StopMode.ABANDON)
    engine_room.settle()
    assert engine_room.status(rollback) == "Stopped"
    assert engine_room.stage_status(rollback, "Deploy") == "Stopped"

    engine_room.retry(rollback, "Deploy")
    engine_room.settle()
    engine_room.succeed("Ship")

    assert engine_room.status(rollback) == "Succeeded"


def test_it_is_told_as_an_execution_of_its_own(engine_room, good):
    rollback = roll_back(engine_room, good)

    assert engine_room.events(rollback) == [
        ("pipeline", "STARTED"),
        ("stage Deploy", "STARTED"),
        ("action Ship", "STARTED"),
    ]


def running(room, good):
    room.start()
    run(room, site="newest")
    return good, "Deploy", UnableToRollbackStage


def stopping(room, good):
    execution = room.start()
    run(room, site="newest")
    room.stop(execution, StopMode.WAIT)
    return good, "Deploy", UnableToRollbackStage


def of_the_source(room, good):
    return good, "Source", UnableToRollbackStage


def that_failed(room, good):
    return good.pipeline.executions.latest("sequence"), "Deploy", UnableToRollbackStage


def that_is_a_rollback(room, good):
    rollback = roll_back(room, good)
    room.succeed("Ship")
    return rollback, "Deploy", UnableToRollbackStage


def of_another_version(room, good):
    room.update(stages=stages())
    return good, "Deploy", ExecutionOutdated


def nobody(room, good):
    return PipelineExecution(pk=uuid_of_nothing()), "Deploy", ExecutionNotFound


def nowhere(room, good):
    return good, "Nowhere", StageNotFound


@pytest.mark.parametrize(
    "case",
    [
        *(running, stopping, of_the_source, that_failed, that_is_a_rollback),
        *(of_another_version, nobody, nowhere),
    ],
)
def test_what_is_refused_changes_nothing(engine_room, good, case):
    target, stage_name, refusal = case(engine_room, good)
    engine_room.settle()
    before = engine_room.digest()

    with pytest.raises(refusal):
        rollbacks.start("website", stage_name, target.id, by=ALICE)

    assert engine_room.digest() == before


def test_it_needs_the_right_to_operate(engine_room, good):
    reader = Caller(arn="arn:aws:iam::123456789012:user/rita", roles=frozenset({Role.READ}))

    with pytest.raises(AccessDenied):
        rollbacks.start("website", "Deploy", good.id, by=reader)


def test_the_targets_are_the_successes_of_this_version_most_recent_first(engine_room, good):
    rollback = roll_back(engine_room, good)
    engine_room.succeed("Ship")
    newest = engine_room.start()
    run(engine_room, site="newest")
    engine_room.succeed("Ship")
    pipeline = engine_room.pipeline

    found = rollbacks.targets(pipeline, engine_room.stage("Deploy"), most=10)

    assert [stay.execution_id for stay in found] == [newest.id, good.id]
    assert rollback.id not in {stay.execution_id for stay in found}


def failed_with_rollback(room):
    room.create(stages=stages(on_failure={"result": "ROLLBACK"}))
    run(room, site="good")
    room.succeed("Ship")
    failed = room.start()
    run(room, site="bad")
    room.fail("Ship")
    return room.again(failed)


def test_a_stage_rolls_itself_back_to_the_last_success(engine_room):
    failed = failed_with_rollback(engine_room)

    rollback = engine_room.live("Ship").execution
    assert failed.status == "Failed"
    assert (rollback.trigger_type, rollback.execution_type) == ("AutomatedRollback", "ROLLBACK")
    assert rollback.trigger_detail == f"FailedPipelineExecutionId: {failed.id}"
    assert engine_room.live("Ship").input_artifacts == {"Site": "good"}


def test_what_failed_is_told_before_the_rollback_that_follows(engine_room):
    failed = failed_with_rollback(engine_room)

    told = Event.objects.filter(stage_name="Deploy").order_by("id")
    of_both = told.exclude(execution__sequence=1).values_list("execution", "action_name", "state")
    rollback = engine_room.live("Ship").execution_id
    assert list(of_both)[2:] == [
        (failed.id, "Ship", "FAILED"),
        (failed.id, "", "FAILED"),
        (rollback, "", "STARTED"),
        (rollback, "Ship", "STARTED"),
    ]


def test_the_failure_of_a_rollback_starts_no_other(engine_room):
    failed_with_rollback(engine_room)
    engine_room.fail("Ship")

    assert not PipelineExecution.objects.unfinished().exists()
    assert PipelineExecution.objects.filter(execution_type="ROLLBACK").count() == 1


def test_without_an_earlier_success_nothing_is_rolled_back(engine_room):
    engine_room.create(stages=stages(on_failure={"result": "ROLLBACK"}))
    run(engine_room, site="bad")
    engine_room.fail("Ship")

    assert PipelineExecution.objects.count() == 1


def test_a_success_of_an_older_version_is_not_gone_back_to(engine_room):
    declared = stages(on_failure={"result": "ROLLBACK"})
    engine_room.create(stages=declared)
    run(engine_room, site="good")
    engine_room.succeed("Ship")
    engine_room.update(stages=declared)
    engine_room.start()
    run(engine_room, site="bad")

    engine_room.fail("Ship")

    assert not PipelineExecution.objects.filter(execution_type="ROLLBACK").exists()


def test_a_stage_that_was_stopped_is_not_rolled_back(engine_room):
    engine_room.create(stages=stages(on_failure={"result": "ROLLBACK"}))
    run(engine_room, site="good")
    engine_room.succeed("Ship")
    stopped = engine_room.start()
    run(engine_room, site="bad")
    engine_room.stop(stopped)
    engine_room.settle()
    engine_room.fail("Ship")

    assert engine_room.status(stopped) == "Stopped"
    assert not PipelineExecution.objects.unfinished().exists()
