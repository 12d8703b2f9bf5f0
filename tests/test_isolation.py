"""Commands in bubblewrap: what they see, what they can change, and what is left of them."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from pipelines import isolation, processes
from pipelines.isolation import Level, NotIsolated
from pipelines.processes import Command, End, Result
from tests.isolated import needs_bwrap
from tests.waiting import has_pid, wait_until, with_enough_time

FOR_EVER = "while :; do sleep 60; done"
# A daemon that has left its session, its parent and its environment behind, and ignores TERM.
DAEMON = f"""
(env -i PATH="$PATH" setsid sh -c 'trap "" TERM; : > daemon; {FOR_EVER}; : MARK' &)
while [ ! -e daemon ]; do sleep 0.02; done
"""


def run(folder: Path, script: str, **changes: object) -> Result:
    build = folder / "build"
    build.mkdir(exist_ok=True)
    values: dict[str, object] = {
        "argv": isolation.wrapped(("/bin/sh", "-c", script), Level.BWRAP, folder=build),
        "folder": build,
        "environment": processes.environment(home=build, temporary=build, declared={}),
        "token": str(uuid4()),
        "log_file": folder / "log",
        "log_limit": 1_000_000,
        "timeout": timedelta(minutes=2),
        "grace": timedelta(seconds=0.3),
        **changes,
    }
    return processes.run(Command(**values), is_lost=lambda: False)  # type: ignore[arg-type]


def carriers(mark: str) -> list[int]:
    """The processes with this mark in their command line, wherever they are."""
    own = os.getpid()
    return [
        process.info["pid"]
        for process in psutil.process_iter(["pid", "cmdline"])
        if process.info["pid"] != own and mark in " ".join(process.info["cmdline"] or ())
    ]


@needs_bwrap
def test_the_exit_code_and_the_output_arrive_and_the_folder_can_be_changed(tmp_path: Path):
    result = run(tmp_path, "pwd; echo made > file; exit 3")

    assert result == Result(end=End.EXITED, exit_code=3)
    assert (tmp_path / "log").read_text() == f"{tmp_path}/build\n"
    assert (tmp_path / "build/file").read_text() == "made\n"


@needs_bwrap
@pytest.mark.parametrize(
    "script",
    [
        "cat ../secret",
        "cat /etc/shadow",
        "ls /root",
        "ls /etc/ssl/private",
        "ls /home/*",
        "echo x > /usr/made",
        "echo x > /etc/passwd",
        "kill -0 {pid}",
        "cat /proc/{pid}/environ",
        "mount -t tmpfs none /usr",
        "mount -o remount,rw /usr",
        "test -w /proc/sys/kernel/core_pattern",
    ],
)
def test_what_is_not_theirs_they_neither_see_nor_change(tmp_path: Path, script: str):
    (tmp_path / "secret").write_text("hunter2")

    result = run(tmp_path, script.format(pid=os.getpid()))

    assert result.end is End.EXITED
    assert result.exit_code != 0
    assert "hunter2" not in (tmp_path / "log").read_text()


@needs_bwrap
def test_programs_names_and_a_place_for_temporary_files_are_there(tmp_path: Path):
    file = Path(f"/tmp/{uuid4()}")
    script = f"echo x > {file} && id -u && ls /usr/bin/env && echo > /dev/null && cat /etc/passwd"

    assert run(tmp_path, script).exit_code == 0
    assert not file.exists()


@needs_bwrap
def test_daemons_end_with_the_commands(tmp_path: Path):
    mark = f"mark-{uuid4()}"

    result = run(tmp_path, DAEMON.replace("MARK", mark))

    assert result.exit_code == 0
    assert carriers(mark) == []


@needs_bwrap
def test_a_tree_that_ignores_term_is_ended_when_its_time_is_up(tmp_path: Path):
    mark = f"mark-{uuid4()}"
    daemon = DAEMON.replace("MARK", mark)
    script = f"{daemon} trap '' TERM; echo $$ > pid; {FOR_EVER}; : {mark}"

    def run_for(folder: Path, timeout: timedelta) -> Result | None:
        result = run(folder, script, timeout=timeout)
        return result if has_pid(folder / "build/pid") else None

    result = with_enough_time(tmp_path, run_for)

    assert result.end is End.TIMED_OUT
    wait_until(lambda: carriers(mark) == [])


def test_without_isolation_nothing_is_put_in_front():
    assert isolation.wrapped(("ls",), Level.NONE, folder=Path("/")) == ("ls",)


def test_without_bubblewrap_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotIsolated, match="bwrap is not installed"):
        isolation.wrapped(("ls",), Level.BWRAP, folder=tmp_path)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2; exit 1\n", "uid map: Perm"),
        ("#!/bin/sh\nexit 7\n", "bwrap does not work here: 7"),
        ("#!/does/not/exist\n", "bwrap does not work here: "),
    ],
)
def test_bubblewrap_that_does_not_work_here_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, sentence: str
):
    program = tmp_path / "bwrap"
    program.write_text(script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotIsolated, match=sentence):
        isolation.wrapped(("ls",), Level.BWRAP, folder=tmp_path)
