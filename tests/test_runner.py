"""Doing an action's work: once, under a lease, whatever becomes of the action meanwhile."""

from pathlib import Path

import pytest

from pipelines import (
    artifact_store,
    buckets,
    definitions,
    engine,
    executions,
    places,
    providers,
    runner,
)
from pipelines.core.action_types import ActionType, ActionTypeId, Category
from pipelines.core.source_overrides import RevisionType, SourceOverride
from pipelines.core.statuses import FailureCode, StopMode
from pipelines.models import ActionExecution, Lease
from pipelines.providers import Dispatch
from pipelines.providers.contract import Failed, Succeeded, Waiting
from tests.definitions import action, commands, definition, s3_source, source, stage
from tests.engine_room import ALICE
from tests.waiting import wait_until

TRIAL = ActionType(
    id=ActionTypeId(Category.BUILD, "AWS", "Trial", "1"),
    label="Trial",
    input_artifacts=range(3),
    output_artifacts=range(2),
)


@pytest.fixture
def room(transactional_db, engine_room):
    """The engine driven by hand, with rows that other threads see."""
    return engine_room


def with_trial(room, perform, *, dispatch=Dispatch.WORKER):
    """A pipeline whose one action in stage Work is done by `perform`; the action execution."""
    with providers.registered(TRIAL, perform, dispatch):
        stages = [stage("Source", source()), stage("Work", action("Try", TRIAL.id))]
        room.pipeline = definitions.create(definition(stages=stages), by=ALICE)
        room.settle()
        room.succeed("Fetch")
        return room.live("Try")


def perform(room, trial, work, *, dispatch=Dispatch.WORKER):
    with providers.registered(TRIAL, work, dispatch):
        return runner.perform(room.pipeline.pk, trial.pk)


def again(trial):
    return ActionExecution.objects.get(pk=trial.pk)


def log_of(trial):
    log = places.log_of(trial.pk)
    return log.read_text() if log.exists() else ""


def test_work_is_done_and_its_outcome_stored(room):
    def work(_):
        return Succeeded(summary="Tried", output_variables={"A": "1"})

    trial = with_trial(room, work)

    perform(room, trial, work)

    done = again(trial)
    assert (done.status, done.summary, done.output_variables) == ("Succeeded", "Tried", {"A": "1"})
    assert done.lease.outcome == "Succeeded"
    assert done.lease.released_at is not None
    assert room.status(done.execution) == "Succeeded"


def test_work_is_never_begun_twice(room):
    calls = []

    def work(work):
        calls.append(work.action_execution_id)
        return Waiting()

    trial = with_trial(room, work)

    perform(room, trial, work)
    perform(room, trial, work)

    assert calls == [str(trial.pk)]


def test_a_message_about_an_ended_action_does_nothing(room):
    def work(_):
        raise AssertionError("nobody should work")

    trial = with_trial(room, work)
    room.fail("Try")

    perform(room, trial, work)

    assert not Lease.objects.exists()


def test_nor_does_one_about_an_action_that_somebody_has_asked_to_abandon(room):
    def work(_):
        raise AssertionError("nobody should work")

    trial = with_trial(room, work)
    room.stop(trial.execution, StopMode.ABANDON)

    perform(room, trial, work)

    assert not Lease.objects.exists()


def test_a_providers_defect_fails_the_action_in_words(room):
    def work(_):
        raise ZeroDivisionError("by zero")

    trial = with_trial(room, work)

    perform(room, trial, work)

    failed = again(trial)
    assert failed.status == "Failed"
    assert failed.error_code == FailureCode.SYSTEM_UNAVAILABLE
    assert failed.error_message == "Penstock could not do this work: ZeroDivisionError: by zero"


def test_an_action_type_that_is_gone_fails_the_action_in_words(room):
    trial = with_trial(room, lambda _: Waiting())

    runner.perform(room.pipeline.pk, trial.pk)

    assert again(trial).error_message == (
        "ActionType (Category: 'Build', Provider: 'Trial', Owner: 'AWS', Version: '1')"
        " is not available here."
    )


def test_the_result_of_an_abandoned_action_goes_to_its_log_only(room):
    def work(_):
        room.stop(trial.execution, StopMode.ABANDON)
        room.settle()
        return Succeeded(summary="Too late", output_variables={"A": "1"})

    trial = with_trial(room, work)

    started = perform(room, trial, work)

    late = again(trial)
    assert started == ()
    assert (late.status, late.summary, late.output_variables) == ("Abandoned", "", {})
    assert late.lease.outcome == "Succeeded"
    assert "after the action had been given up" in log_of(trial)
    assert room.status(trial.execution) == "Stopped"


def test_abandoned_work_is_seen_to_go_on_until_it_ends(room):
    seen: list[bool] = []

    def work(_):
        room.stop(trial.execution, StopMode.ABANDON)
        room.settle()
        seen.append(Lease.objects.unexpired().filter(action=trial).exists())
        return Failed(code=FailureCode.JOB_FAILED, message="exit status 1")

    trial = with_trial(room, work)

    perform(room, trial, work)

    assert seen == [True]
    assert not Lease.objects.unexpired().filter(action=trial).exists()
    assert again(trial).lease.outcome == "Failed: exit status 1"
    assert again(trial).error_message == ""


def test_work_whose_lease_ran_out_is_told_so_and_its_result_dropped(room, settings):
    settings.PENSTOCK_LEASE_SECONDS = 0.2

    def work(work):
        Lease.objects.filter(action=trial).update(expires_at=trial.started_at)
        engine.run(room.pipeline.pk)
        wait_until(work.is_lost)
        return Succeeded(summary="Too late")

    trial = with_trial(room, work)

    perform(room, trial, work)

    lost = again(trial)
    assert lost.status == "Failed"
    assert lost.error_message.startswith("The runner of this action was lost")
    assert lost.summary == ""
    assert "its result dropped" in log_of(trial)


def test_a_long_action_keeps_its_lease(room, settings):
    settings.PENSTOCK_LEASE_SECONDS = 6  # much longer than a busy machine makes us wait

    def work(work):
        first = Lease.objects.get(action=trial).expires_at
        wait_until(lambda: Lease.objects.get(action=trial).expires_at != first or work.is_lost())
        assert not work.is_lost()
        return Succeeded()

    trial = with_trial(room, work)

    perform(room, trial, work)

    assert again(trial).status == "Succeeded"


def test_inline_work_needs_no_lease(room):
    def work(_):
        return Succeeded()

    trial = with_trial(room, work, dispatch=Dispatch.INLINE)

    perform(room, trial, work, dispatch=Dispatch.INLINE)

    assert again(trial).status == "Succeeded"
    assert not Lease.objects.exists()


def kept(key):
    """An artifact in the store; its key."""
    artifact_store.configured().keep(key, Path(__file__))
    return key


def test_an_input_that_has_gone_from_the_store_fails_the_action(room):
    def read(work):
        work.input_artifacts["Code"].read_bytes()
        return Succeeded()

    with providers.registered(TRIAL, read):
        trial = action("Try", TRIAL.id, inputs=["Code"])
        stages = [stage("Source", source()), stage("Work", trial)]
        room.pipeline = definitions.create(definition(stages=stages), by=ALICE)
        room.settle()
        room.succeed("Fetch", artifacts={"Code": "website/Code/gone"})
        runner.perform(room.pipeline.pk, room.live("Try").pk)

    assert room.latest("Try").error_message == (
        "The artifact website/Code/gone is not in the artifact store."
    )


def test_input_artifacts_come_in_the_order_of_the_definition(room):
    seen = []

    def work(work):
        seen.append(list(work.input_artifacts))
        return Succeeded()

    with providers.registered(TRIAL, work):
        sources = stage("Source", source(output="Zebra"), s3_source("Get", output="A"))
        trial = action("Try", TRIAL.id, inputs=["Zebra", "A"])
        stages = [sources, stage("Work", trial)]
        room.pipeline = definitions.create(definition(stages=stages), by=ALICE)
        room.settle()
        room.succeed("Fetch", artifacts={"Zebra": kept("website/Zebra/abc")})
        room.succeed("Get", artifacts={"A": kept("website/A/abc")})
        runner.perform(room.pipeline.pk, room.live("Try").pk)

    assert seen == [["Zebra", "A"]]


def test_the_workspace_is_empty_and_removed(room):
    seen = []

    def work(work):
        seen.append((work.workspace, list(work.workspace.iterdir())))
        (work.workspace / "rubbish").write_text("x")
        return Succeeded()

    trial = with_trial(room, work)

    perform(room, trial, work)

    [(workspace, content)] = seen
    assert content == []
    assert not workspace.exists()


def test_a_source_is_told_which_revision_was_asked_for_and_so_is_its_retry(room):
    bucket = buckets.create(places.buckets(), "uploads")
    (bucket / "website.zip").write_bytes(b"older")
    older = buckets.head(places.buckets(), "uploads", "website.zip").version_id
    (bucket / "website.zip").write_bytes(b"the newest one")
    stages = [stage("Source", s3_source(), s3_source("Too", output="B")), stage("Go", commands())]
    room.create(stages=stages, pipelineType="V2")
    for each in ("Fetch", "Too"):
        room.fail(each)
    asked = SourceOverride("Fetch", RevisionType.S3_OBJECT_VERSION_ID, older)
    execution = executions.release("website", by=ALICE, source_overrides=[asked])
    room.settle()
    room.fail("Too")
    room.fail("Fetch")
    room.retry(execution, "Source")
    room.settle()

    for each in ("Fetch", "Too"):
        runner.perform(room.pipeline.pk, room.live(each).pk)

    assert room.latest("Fetch").output_variables["VersionId"] == older
    assert room.latest("Too").output_variables["VersionId"] != older
    [first, second] = room.again(execution).source_revisions
    assert (first["actionName"], first["revisionId"]) == ("Fetch", older)
    assert second["actionName"] == "Too"
