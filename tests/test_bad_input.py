"""What running work can do to the worker that does it: nothing, whatever it writes or leaves."""

import shlex
import subprocess
import zipfile
from uuid import uuid4

import pytest

from pipelines import artifact_store, places, runner
from pipelines.core.statuses import FailureCode
from pipelines.models import ActionExecution
from tests.definitions import commands, source, stage
from tests.leaving import KEY
from tests.providers.work import make_artifact

MEGABYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system of four megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def room(transactional_db, engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "home"
    return engine_room


def put_on(disk, part):
    """Let one part of PENSTOCK_HOME be on another disk."""
    part.parent.mkdir(parents=True, exist_ok=True)
    part.symlink_to(disk)


def begin(room, tmp_path, *script, files=None, **how):
    """A pipeline whose second stage runs these commands in these files."""
    artifact = make_artifact(tmp_path, files or {"page.txt": "x"})
    return begin_with(room, artifact, *script, **how)


def begin_with(room, artifact, *script, **how):
    artifact_store.configured().keep(KEY, artifact)
    work = commands("Try", *script, **how)
    room.create(stages=[stage("Source", source()), stage("Work", work)])
    room.succeed("Fetch", artifacts={"Code": KEY})
    room.settle()
    return room.live("Try")


def perform(room, action):
    """How the action ended, with nothing of it left in the worker's folder."""
    runner.perform(room.pipeline.pk, action.pk)
    assert list(places.workspaces().iterdir()) == []
    ended = ActionExecution.objects.select_related("lease").get(pk=action.pk)
    assert ended.lease.released_at is not None
    return ended


# A full disk


@pytest.mark.parametrize("first", ["true", "exit 0"])
def test_a_command_that_fills_the_disk_fails_the_action_in_words(room, tmp_path, small_disk, first):
    put_on(small_disk, places.workspaces())
    action = begin(room, tmp_path, first, "dd if=/dev/zero of=big bs=64k", "echo never")

    failed = perform(room, action)

    assert (failed.status, failed.error_code) == ("Failed", FailureCode.JOB_FAILED)
    assert "dd if=/dev/zero of=big" in failed.error_message
    assert failed.error_message.endswith("The disk of the build is full: make room, then retry")


@pytest.mark.parametrize("last", ["true", "exit 0"])
def test_what_could_not_be_written_down_is_not_taken_for_done(room, tmp_path, small_disk, last):
    """A script that cannot say how far it came must not look as if it had come to its end."""
    put_on(small_disk, places.workspaces())
    fill = "dd if=/dev/zero of=big bs=64k; while echo x >> big; do :; done; true"
    many = [f"export V{number}={'x' * 900}" for number in range(8)]
    action = begin(room, tmp_path, *many, fill, last)

    failed = perform(room, action)

    assert failed.status == "Failed"
    assert "The disk of the build is full" in failed.error_message


def test_an_input_that_has_no_room_fails_the_action_in_words(room, tmp_path, small_disk):
    put_on(small_disk, places.workspaces())
    action = begin(room, tmp_path, "true", files={"big": bytes(8 * MEGABYTE)})

    failed = perform(room, action)

    assert failed.error_code == FailureCode.SYSTEM_UNAVAILABLE
    assert "there is no room" in failed.error_message
    assert "Make room on the disk that PENSTOCK_HOME is on" in failed.error_message


def test_an_output_that_has_no_room_in_the_store_leaves_nothing_there(room, tmp_path, small_disk):
    action = begin(
        room,
        tmp_path,
        "dd if=/dev/urandom of=big bs=64k count=128",
        output_artifacts=[{"name": "Built", "files": ["big"]}],
        pipelineType="V2",
    )
    put_on(small_disk, places.artifacts() / "website" / "Built")

    failed = perform(room, action)

    assert failed.error_code == FailureCode.SYSTEM_UNAVAILABLE
    assert "there is no room" in failed.error_message
    assert list(small_disk.iterdir()) == []


def test_a_log_that_has_no_room_fails_the_action_in_words(room, tmp_path, small_disk):
    put_on(small_disk, places.log_of(uuid4()).parents[2])
    action = begin(room, tmp_path, "head -c 8000000 /dev/zero | tr '\\0' x")

    failed = perform(room, action)

    assert failed.error_code == FailureCode.SYSTEM_UNAVAILABLE
    assert "there is no room" in failed.error_message


def test_a_file_that_may_not_grow_any_more_is_the_same(room, tmp_path):
    action = begin(room, tmp_path, "ulimit -f 100", "head -c 9000000 /dev/zero > big")

    failed = perform(room, action)

    assert failed.error_code == FailureCode.JOB_FAILED
    assert "head -c 9000000" in failed.error_message


# Output


def test_five_gigabytes_of_output_take_neither_memory_nor_disk(room, tmp_path, settings):
    settings.PENSTOCK_LOG_LIMIT_BYTES = MEGABYTE
    peak = tmp_path / "peak"
    action = begin(
        room,
        tmp_path,
        "head -c 5000000000 /dev/zero",
        f"grep VmHWM /proc/$PPID/status > {peak}",
    )

    done = perform(room, action)

    assert done.status == "Succeeded"
    log = places.log_of(action.pk).read_bytes()
    assert len(log) < MEGABYTE + 200
    assert b"log limit of 1048576 bytes reached" in log
    assert int(peak.read_text().split()[1]) < 100 * 1024  # kB, of the process between


def test_output_of_any_kind_is_shown_as_text_and_served_as_text(room, tmp_path, admin_client):
    writes = r"printf '\377\376\033[31m<script>alert(1)</script>\0\n'"
    action = begin(room, tmp_path, writes)
    perform(room, action)
    page = (
        f"/codesuite/codepipeline/pipelines/website/executions/{action.execution_id}"
        f"/actions/{action.pk}"
    )

    shown = admin_client.get(page).content.decode()
    raw = admin_client.get(f"{page}/log?raw=1")

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert(1)" not in shown
    assert "\x1b" not in shown
    assert raw["Content-Type"] == "text/plain; charset=utf-8"
    assert raw["X-Content-Type-Options"] == "nosniff"
    assert b"\xff\xfe\x1b[31m<script>" in b"".join(raw.streaming_content)


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exec >&- 2>&-; sleep 0.2", "Succeeded"),
        ("exec >&- 2>&-; sleep 0.2; false", "Failed"),
        ("exec 9>&- >/dev/full 2>&1; sleep 0.2; true", "Succeeded"),
        ("trap '' TERM; (setsid sleep 600 &); true", "Succeeded"),
    ],
)
def test_a_command_may_close_its_output_and_leave_daemons(room, tmp_path, script, status):
    assert perform(room, begin(room, tmp_path, script)).status == status


# Artifacts


def test_a_zip_bomb_fails_the_action_in_words(room, tmp_path):
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as entry,
    ):
        for _ in range(210):
            entry.write(bytes(MEGABYTE))
    assert bomb.stat().st_size < MEGABYTE

    failed = perform(room, begin_with(room, bomb, "true"))

    assert failed.error_code == FailureCode.CONFIGURATION_ERROR
    assert "It grows to more than an artifact may have when unpacked." in failed.error_message


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "C:\\evil"])
def test_an_artifact_that_would_leave_its_folder_fails_the_action(room, tmp_path, name):
    artifact = make_artifact(tmp_path, {"page.txt": "x", name: "x"})

    failed = perform(room, begin_with(room, artifact, "true"))

    assert failed.error_code == FailureCode.CONFIGURATION_ERROR
    assert "may lead out of its folder" in failed.error_message
    assert not list(tmp_path.rglob("evil"))


def test_links_to_outside_do_not_get_into_an_artifact(room, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    action = begin(
        room,
        tmp_path,
        f"ln -s {secret} link; ln -s {tmp_path} folder; echo x > file",
        output_artifacts=[{"name": "Built", "files": ["**/*"]}],
    )

    done = perform(room, action)

    kept = artifact_store.configured().fetch(done.output_artifacts["Built"], tmp_path / "kept")
    with zipfile.ZipFile(kept) as archive:
        assert sorted(archive.namelist()) == ["file", "page.txt"]
    assert b"Left out of Built: link" in places.log_of(action.pk).read_bytes()


# Memory

GREEDY = "python3 -c 'len(bytearray(600_000_000))'"


@pytest.mark.parametrize(("limit", "status"), [(0, "Succeeded"), (400 * MEGABYTE, "Failed")])
def test_no_process_of_a_command_gets_more_memory_than_it_may(
    room, tmp_path, settings, limit, status
):
    settings.PENSTOCK_COMMAND_MEMORY_BYTES = limit
    action = begin(room, tmp_path, f"sh -c {shlex.quote(GREEDY)}")

    assert perform(room, action).status == status
    assert (b"MemoryError" in places.log_of(action.pk).read_bytes()) is (status == "Failed")
