"""What is kept for a time only: rows and files, and what is never forgotten."""

import os
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from pipelines import artifact_store, definitions, places, retention, sweeping, tasks
from pipelines.core.statuses import StopMode
from pipelines.models import (
    ActionExecution,
    Event,
    Lease,
    PipelineExecution,
    StageExecution,
    StopRequest,
    UsedRevision,
)
from tests.definitions import approval, commands, source, stage
from tests.engine_room import ALICE
from tests.providers.work import make_artifact

YEAR = timedelta(days=365)
STAGES = [
    stage("Source", source()),
    stage("Build", commands("Compile", output_artifacts=[{"name": "Built", "files": ["**/*"]}])),
]


@pytest.fixture
def room(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"
    return engine_room


def keep(tmp_path, key):
    (tmp_path / key.replace("/", "-")).mkdir()
    file = make_artifact(tmp_path / key.replace("/", "-"), {"page.txt": key})
    artifact_store.configured().keep(key, file)
    return key


def is_kept(key):
    return artifact_store.configured().look(key) is not None


def made_by(room, execution, tmp_path, *, builds=True):
    """Let this execution succeed, with real files; the keys of its artifacts."""
    name = str(execution.pk)[:7]
    code, built = (keep(tmp_path, f"website/{what}/{name}") for what in ("Code", "Built"))
    room.succeed("Fetch", artifacts={"Code": code})
    room.settle()
    log = places.log_of(room.live("Compile").pk)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("built\n")
    if builds:
        room.succeed("Compile", artifacts={"Built": built})
    else:
        room.fail("Compile")
    room.settle()
    return code, built


def history(room, tmp_path, count=4):
    """So many executions one after the other; each with its keys."""
    executions = [room.create(stages=STAGES)]
    keys = [made_by(room, executions[0], tmp_path)]
    for _ in range(count - 1):
        executions.append(room.start())
        keys.append(made_by(room, executions[-1], tmp_path))
    return executions, keys


def later(after=YEAR + timedelta(days=1)):
    return time_machine.travel(timezone.now() + after, tick=False)


def left():
    return set(PipelineExecution.objects.values_list("pk", flat=True))


def test_executions_older_than_a_year_are_forgotten_with_all_that_is_theirs(room, tmp_path):
    executions, keys = history(room, tmp_path)
    logs = [places.log_of(a.pk) for e in executions for a in e.action_executions.all()]
    old = executions[:2]

    with later():
        retention.clean()

    assert left() == {each.pk for each in executions[2:]}  # the last, and one to roll back to
    for model in (ActionExecution, StageExecution, Event, StopRequest, UsedRevision):
        assert not model.objects.filter(execution__in=[each.pk for each in old]).exists()
    assert [is_kept(key) for pair in keys for key in pair] == [False] * 4 + [True] * 4
    assert [log.exists() for log in logs if log.name.startswith(str(logs[0].stem))] == [False]
    assert sum(log.exists() for log in logs) == 2


def test_younger_ones_are_kept(room, tmp_path):
    executions, _ = history(room, tmp_path)

    with later(YEAR - timedelta(hours=1)):
        retention.clean()

    assert left() == {each.pk for each in executions}


def test_the_setting_says_how_old(room, tmp_path, settings):
    settings.PENSTOCK_RETENTION_DAYS = 7
    executions, _ = history(room, tmp_path)

    with later(timedelta(days=8)):
        retention.clean()

    assert len(left()) == len(executions) - 2


def test_a_second_time_there_is_nothing_more_to_forget(room, tmp_path):
    history(room, tmp_path)

    with later():
        retention.clean()
        before = room.digest()
        retention.clean()

    assert room.digest() == before


def test_it_goes_in_small_batches(room, tmp_path, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    executions, _ = history(room, tmp_path)

    with later():
        retention.clean()
        assert len(left()) == len(executions) - 1
        retention.clean()
        assert len(left()) == len(executions) - 2


def test_what_is_unfinished_is_kept(room, tmp_path):
    first = room.create(stages=[*STAGES, stage("Ask", approval("Ask"))])
    made_by(room, first, tmp_path)
    for _ in range(2):
        room.start()
        room.fail("Fetch")
        room.settle()

    with later():
        assert first.pk not in set(
            retention.forgettable(timezone.now()).values_list("pk", flat=True)
        )
        retention.clean()

    assert room.status(first) == "InProgress"


def test_what_may_be_retried_is_kept_with_what_the_retry_needs(room, tmp_path):
    first = room.create(stages=STAGES)
    code, _ = made_by(room, first, tmp_path, builds=False)
    for _ in range(2):
        room.start()
        room.fail("Fetch")
        room.settle()

    with later():
        retention.clean()
        room.retry(first, "Build")
        room.settle()

    assert room.live("Compile").input_artifacts == {"Code": code}
    assert is_kept(code)


def test_what_a_rollback_has_brought_back_is_kept_with_its_artifacts(room, tmp_path):
    executions, keys = history(room, tmp_path, count=3)
    rollback = room.start()
    PipelineExecution.objects.filter(pk=rollback.pk).update(rollback_target=executions[0].pk)
    room.fail("Fetch")
    room.settle()

    with later():
        retention.clean()

    assert executions[0].pk in left()
    assert all(is_kept(key) for key in keys[0])


def test_work_that_was_left_behind_keeps_its_execution(room, tmp_path):
    first = room.create(stages=STAGES)
    action = room.live("Fetch")
    Lease.objects.take(action, holder="w", lasting=YEAR * 3)
    room.stop(first, StopMode.ABANDON)
    room.settle()
    for _ in range(3):
        made_by(room, room.start(), tmp_path)

    with later():
        retention.clean()
        assert first.pk in left()
        Lease.objects.release(action, holder="w", outcome="Succeeded")
        retention.clean()

    assert first.pk not in left()


def test_the_last_use_of_a_revision_is_remembered(room, tmp_path):
    """Or else its source would start the pipeline again, for what it did a year ago."""
    executions, _ = history(room, tmp_path)
    UsedRevision.objects.note(executions[0], "Fetch", "abc")

    with later():
        retention.clean()

    assert UsedRevision.objects.user_of(room.pipeline, "Fetch", "abc") == executions[0]


def age(path):
    before = (timezone.now() - YEAR - timedelta(days=1)).timestamp()
    os.utime(path, (before, before))


def test_files_that_nothing_refers_to_go_when_they_are_as_old(room, tmp_path):
    executions, keys = history(room, tmp_path, count=1)
    PipelineExecution.objects.update(started_at=timezone.now() - YEAR * 2)
    stray = {what: keep(tmp_path, f"website/Code/{what}") for what in ("stray", "young")}
    logs = {what: places.log_of(uuid4()) for what in ("stray", "young")}
    for log in logs.values():
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("x")
    own = places.log_of(executions[0].action_executions.get(action_name="Compile").pk)
    for path in (logs["stray"], own, places.artifacts() / stray["stray"], *artifacts_at(keys[0])):
        age(path)

    for _ in range(200):
        retention.clean()  # a folder at a time, by chance
        if not logs["stray"].exists() and not is_kept(stray["stray"]):
            break

    assert not logs["stray"].exists()
    assert logs["young"].exists()
    assert own.exists()
    assert not is_kept(stray["stray"])
    assert is_kept(stray["young"])
    assert all(is_kept(key) for key in keys[0])


def artifacts_at(keys):
    return [places.artifacts() / key for key in keys]


def test_files_of_a_deleted_pipeline_stay_until_they_are_old(room, tmp_path):
    _, [keys] = history(room, tmp_path, count=1)
    definitions.delete("website", by=ALICE)

    retention.clean()
    assert all(is_kept(key) for key in keys)

    for path in artifacts_at(keys):
        age(path)
    retention.clean()
    assert not any(is_kept(key) for key in keys)


def test_the_workers_do_it_now_and_then(room, tmp_path, settings):
    history(room, tmp_path)

    with later():
        tasks.clean()

    assert len(left()) == 2
    assert settings.CELERY_BEAT_SCHEDULE["clean"]["task"] == tasks.clean.name
    assert sweeping.work_to_clear_up() == []
