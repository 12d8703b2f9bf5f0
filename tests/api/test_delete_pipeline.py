"""DeletePipeline: everything of it is gone, and whatever still works for it is harmless."""

import os
import threading
import time
import uuid

import pytest
from django.db import connection
from django.db.models import Model, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines import engine, places, providers, runner, sweeping, tasks
from pipelines.core.action_types import ActionType, ActionTypeId, Category
from pipelines.core.refusals import PipelineNotFound
from pipelines.core.results import ActionResult, SourceRevision
from pipelines.core.rights import Caller, Role
from pipelines.core.statuses import ActionStatus, StopMode
from pipelines.models import (
    AbandonedWorkPolicy,
    ActionExecution,
    ConditionExecution,
    Event,
    Job,
    Lease,
    Pipeline,
    PipelineVersion,
)
from pipelines.models.erasing import belonging_to
from pipelines.models.pipelines import plan_of
from pipelines.providers import Dispatch
from pipelines.providers.contract import Succeeded
from tests.api.calling import call, refused
from tests.definitions import action, approval, commands, definition, source, stage
from tests.engine_room import ALICE

TRIAL = ActionType(
    id=ActionTypeId(Category.BUILD, "AWS", "Trial", "1"),
    label="Trial",
    input_artifacts=range(3),
    output_artifacts=range(2),
)


def create(room, *, name="website", work=None):
    """A pipeline whose first execution is in the stage Work."""
    stages = [stage("Source", source()), stage("Work", work or commands("Try"), approval("Ask"))]
    call(
        "CreatePipeline", pipeline=definition(name, stages=stages), tags=[{"key": "a", "value": ""}]
    )
    room.pipeline = Pipeline.objects.get(name=name)
    room.settle()
    room.succeed(
        "Fetch",
        artifacts={"Code": "website/Code/abcdefg"},
        revision=SourceRevision(revision_id="4b1a9e2"),
    )
    return room.pipeline.executions.get()


@pytest.fixture
def execution(engine_room):
    return create(engine_room)


def delete(name="website"):
    assert call("DeletePipeline", name=name) is None


# What the pipeline of these tests has; tables that were made later empty by the same rule.
OF_A_PIPELINE = {
    *("Pipeline", "PipelineVersion", "Stage", "PipelineExecution", "StageExecution"),
    *("ActionExecution", "Lease", "Job", "StopRequest", "Event"),
}


def rows():
    """How many rows every table has whose rows belong to a pipeline."""
    tables: list[type[Model]] = [Pipeline, *belonging_to(Pipeline)]
    return {model.__name__: QuerySet(model).count() for model in tables}


def test_everything_of_the_pipeline_is_gone(engine_room, execution):
    engine_room.stop(execution, StopMode.WAIT, reason="Enough")
    lease(engine_room.live("Try"))
    Job.objects.create(
        action=engine_room.live("Try"), category="Build", provider="Try", version="1"
    )
    stay = execution.stage_executions.latest("id")
    ConditionExecution.objects.create(execution=execution, stage_execution=stay, kind="onSuccess")
    AbandonedWorkPolicy.objects.create(
        pipeline=engine_room.pipeline, stage_name="Work", action_name="Try", policy="leave"
    )
    assert {name for name, number in rows().items() if number} >= OF_A_PIPELINE

    delete()

    assert not any(rows().values())


def test_every_table_that_belongs_to_a_pipeline_is_known():
    names = {model.__name__ for model in belonging_to(Pipeline)}

    assert names >= OF_A_PIPELINE - {"Pipeline"}


def test_other_pipelines_lose_nothing(engine_room):
    create(engine_room, name="other")
    before = engine_room.digest()
    create(engine_room, name="website")
    engine_room.woken.clear()

    delete()

    assert engine_room.digest() == before


def test_an_unknown_name_is_no_error(engine_room, execution):
    before = engine_room.digest()

    delete("nothing")

    assert engine_room.digest() == before


def test_deleting_twice_is_no_error(execution):
    delete()
    delete()

    assert refused("GetPipeline", name="website")[0] == "PipelineNotFoundException"


def test_who_may_not_edit_deletes_nothing(execution):
    operator = Caller(arn=ALICE.arn, roles=frozenset({Role.READ, Role.OPERATE}))

    assert refused("DeletePipeline", name="website", by=operator)[0] == "AccessDeniedException"
    assert refused("DeletePipeline", name="nothing", by=operator)[0] == "AccessDeniedException"
    assert Pipeline.objects.exists()


def test_the_name_is_free_at_once_and_the_new_pipeline_has_nothing_of_the_old(
    engine_room, execution
):
    old = engine_room.pipeline
    engine_room.disable("Work")
    delete()

    stages = [stage("Other", source()), stage("Work", approval("Answer"))]
    call("CreatePipeline", pipeline=definition(stages=stages))
    engine_room.pipeline = new = Pipeline.objects.get()
    engine_room.settle()
    engine_room.fetch()

    assert new.pk != old.pk
    assert [stage.name for stage in new.plan.stages] == ["Other", "Work"]
    assert call("GetPipeline", name="website")["pipeline"]["version"] == 1
    assert (new.tags, new.executions.count(), new.last_sequence) == ({}, 1, 1)
    assert engine_room.stage("Work").inbound_enabled
    assert engine_room.action_statuses(new.executions.get()) == {
        "Fetch": "Succeeded",
        "Answer": "InProgress",
    }


@pytest.mark.parametrize("mode", StopMode)
def test_an_execution_that_is_being_stopped_goes_with_it(engine_room, execution, mode):
    engine_room.stop(execution, mode)

    delete()
    engine_room.settle()

    assert not any(rows().values())


def test_nudges_about_a_deleted_pipeline_do_nothing(engine_room, execution):
    live, pipeline_id = engine_room.live("Try"), engine_room.pipeline.pk
    delete()
    result = ActionResult(status=ActionStatus.SUCCEEDED)

    tasks.advance(pipeline_id)
    tasks.carry_out_stop(pipeline_id)
    tasks.perform(pipeline_id, str(live.pk))
    tasks.perform_at_once(pipeline_id, str(live.pk))
    tasks.sweep()

    assert engine.run(pipeline_id) == ()
    assert not engine.finish(live, result).counted
    assert not engine.record(live, result)
    assert not any(rows().values())


def test_what_is_asked_of_a_deleted_pipeline_is_not_found(engine_room, execution):
    delete()

    with pytest.raises(PipelineNotFound):
        engine_room.start()
    with pytest.raises(PipelineNotFound):
        engine_room.stop(execution)


def test_costs_the_same_with_a_long_history(engine_room):
    costs = []
    for name, history in (("young", 0), ("old", 120)):
        execution = create(engine_room, name=name)
        Event.objects.bulk_create(
            Event(
                pipeline=engine_room.pipeline,
                execution=execution,
                level="action",
                state="STARTED",
                attempt=1,
            )
            for _ in range(history)
        )
        add_actions(execution, history)
        with CaptureQueriesContext(connection) as queries:
            delete(name)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def add_actions(execution, count):
    stay, now = execution.stage_executions.first(), timezone.now()
    actions = ActionExecution.objects.bulk_create(
        ActionExecution(
            execution=execution,
            pipeline=execution.pipeline,
            stage_execution=stay,
            stage_name=stay.stage_name,
            action_name="Fetch",
            status="Failed",
            is_latest=False,
            ended_at=now,
            deadline=now,
        )
        for _ in range(count)
    )
    Lease.objects.bulk_create(
        Lease(action=each, holder="gone", taken_at=now, expires_at=now, released_at=now)
        for each in actions
    )


def lease(live):
    now = timezone.now()
    return Lease.objects.create(action=live, holder="me:1:x", taken_at=now, expires_at=now)


@pytest.fixture
def room(transactional_db, engine_room):
    """The engine driven by hand, with rows that other threads see."""
    return engine_room


def test_work_that_is_going_on_is_told_to_end_and_what_it_reports_is_dropped(room, settings):
    settings.PENSTOCK_LEASE_SECONDS = 0.4
    seen = []

    def work(work):
        delete()
        lost = threading.Event()
        while not work.is_lost() and not lost.wait(0.01):
            pass
        seen.append(work.is_lost())
        return Succeeded(summary="Too late")

    with providers.registered(TRIAL, work, Dispatch.WORKER):
        create(room, work=action("Try", TRIAL.id))
        live = room.live("Try")

        assert runner.perform(room.pipeline.pk, live.pk) == ()

    assert seen == [True]
    assert not any(rows().values())
    assert not (places.workspaces() / str(live.pk)).exists()


def test_work_that_ends_before_it_hears_of_the_deletion_is_dropped(room):
    def work(_):
        delete()
        return Succeeded(summary="Too late", output_variables={"A": "1"})

    with providers.registered(TRIAL, work, Dispatch.WORKER):
        create(room, work=action("Try", TRIAL.id))

        assert runner.perform(room.pipeline.pk, room.live("Try").pk) == ()

    assert not any(rows().values())


class GoneMeanwhile:
    """A row of the table of providers: the pipeline goes when somebody looks into it."""

    action_type = TRIAL

    @property
    def dispatch(self):
        delete()
        return Dispatch.WORKER


def test_an_action_whose_pipeline_goes_before_its_lease_is_taken_is_forgotten(room, monkeypatch):
    with providers.registered(TRIAL, lambda _: Succeeded(), Dispatch.WORKER):
        create(room, work=action("Try", TRIAL.id))
        live = room.live("Try")

        with monkeypatch.context() as patched:
            patched.setitem(providers.PROVIDERS, TRIAL.id, GoneMeanwhile())
            assert runner.perform(room.pipeline.pk, live.pk) == ()

    assert not any(rows().values())


def test_an_action_whose_pipeline_goes_before_its_definition_is_read_is_forgotten(room):
    create(room)
    live = room.live("Try")
    plan_of.cache_clear()

    def go(execute, sql, *more):
        if sql.startswith("SELECT") and 'FROM "pipelines_pipelineversion"' in sql:
            delete()
        return execute(sql, *more)

    with connection.execute_wrapper(go):
        assert runner.perform(room.pipeline.pk, live.pk) == ()

    assert not any(rows().values())


def test_a_defect_of_an_action_that_is_there_is_not_passed_over(room):
    create(room)
    live = room.live("Try")
    PipelineVersion.objects.all().delete()
    plan_of.cache_clear()

    with pytest.raises(PipelineVersion.DoesNotExist):
        runner.perform(room.pipeline.pk, live.pk)


def test_what_a_dead_runner_left_of_a_deleted_pipeline_is_cleared_up(engine_room, settings):
    folder = places.workspaces() / str(uuid.uuid4())
    new = places.workspaces() / str(uuid.uuid4())
    for each in (folder, new):
        each.mkdir(parents=True)
        (each / "rubbish").write_text("x")
    before = time.time() - settings.PENSTOCK_LEASE_SECONDS - 1
    os.utime(folder, (before, before))

    sweeping.work_to_clear_up()

    assert not folder.exists()
    assert new.exists()


def test_a_folder_of_work_that_goes_on_is_left_alone(engine_room, execution, settings):
    live = engine_room.live("Try")
    folder = places.workspaces() / str(live.pk)
    folder.mkdir(parents=True)
    before = time.time() - settings.PENSTOCK_LEASE_SECONDS - 1
    os.utime(folder, (before, before))

    sweeping.work_to_clear_up()

    assert folder.exists()


def test_the_sweep_passes_over_an_action_whose_definition_is_gone(engine_room, execution):
    ActionExecution.objects.update(started_at=timezone.now() - 2 * sweeping.UNHEARD)
    PipelineVersion.objects.all().delete()
    plan_of.cache_clear()

    assert sweeping.actions_to_dispatch() == []
