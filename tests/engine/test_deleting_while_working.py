"""A pipeline is deleted while real work is done for it, and at the very moment it is begun."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from pipelines import artifact_store, artifacts, definitions, places, providers, runner
from pipelines.core.action_types import ActionType, ActionTypeId, Category
from pipelines.models import ActionExecution, Lease, Pipeline
from pipelines.providers import Dispatch
from pipelines.providers.contract import Succeeded
from tests.definitions import action, approval, commands, source, stage
from tests.engine.test_lock_is_real import at_once
from tests.engine_room import ALICE
from tests.waiting import is_gone, wait_for_pid, wait_until

TRIAL = ActionType(
    id=ActionTypeId(Category.BUILD, "AWS", "Trial", "1"),
    label="Trial",
    input_artifacts=range(3),
    output_artifacts=range(2),
)
KEY = "website/Code/abcdefg"
ROUNDS = 8


@pytest.fixture
def room(transactional_db, engine_room):
    """The engine driven by hand, with rows that other threads see."""
    return engine_room


def begin(room, work):
    """A pipeline with an execution whose first stage has made an artifact."""
    room.create(stages=[stage("Source", source()), stage("Work", work, approval("Ask"))])
    room.succeed("Fetch", artifacts={"Code": KEY})
    return room.live(work["name"])


def put_away(call):
    try:
        return call()
    finally:
        connection.close()


def test_a_command_that_is_running_is_ended(room, settings, tmp_path):
    settings.PENSTOCK_LEASE_SECONDS = 0.4
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "page.txt").write_text("x")
    artifacts.pack(tmp_path / "files", ["**/*"], tmp_path / "zip")
    artifact_store.configured().keep(KEY, tmp_path / "zip")
    live = begin(room, commands("Try", f"echo $$ > {tmp_path / 'pid'}", "sleep 600"))
    pipeline_id = room.pipeline.pk

    with ThreadPoolExecutor(1) as threads:
        doing = threads.submit(put_away, lambda: runner.perform(pipeline_id, live.pk))
        pid = wait_for_pid(tmp_path / "pid")
        definitions.delete("website", by=ALICE)

        assert doing.result() == ()

    wait_until(lambda: is_gone(pid))
    assert not (places.workspaces() / str(live.pk)).exists()
    assert not Lease.objects.exists()


def test_deleting_at_the_moment_when_work_is_begun_disturbs_neither(room):
    with providers.registered(TRIAL, lambda _: Succeeded(), Dispatch.WORKER):
        for _ in range(ROUNDS):
            live = begin(room, action("Try", TRIAL.id))
            calls = [
                lambda live=live: runner.perform(room.pipeline.pk, live.pk),
                lambda: definitions.delete("website", by=ALICE),
            ]
            random.shuffle(calls)

            at_once(calls)

            assert not Pipeline.objects.exists()
            assert not ActionExecution.objects.exists()
            assert not Lease.objects.exists()
