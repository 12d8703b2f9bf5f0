"""Real shells, and what is left of them: nothing."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from pipelines import processes, shim
from pipelines.processes import Command, End, Result
from tests.waiting import has_pid, is_gone, wait_for_pid, wait_until, with_enough_time

# A daemon that has left its session, its parent and its environment behind, and ignores TERM.
DAEMON = """
(env -i PATH="$PATH" setsid bash -c 'trap "" TERM; echo $$ > daemon; while :; do sleep 60; done' &)
while [ ! -s daemon ]; do sleep 0.02; done
"""
# A child that has left its session and ignores TERM, but carries the token.
ESCAPED = """
setsid bash -c 'trap "" TERM; echo $$ > escaped; while :; do sleep 60; done' &
while [ ! -s escaped ]; do sleep 0.02; done
"""
FOR_EVER = "while :; do sleep 60; done\n"
STUBBORN = f"trap '' TERM; echo $$ > shell; {FOR_EVER}"


def command(folder: Path, script: str, **changes: object) -> Command:
    values: dict[str, object] = {
        "argv": (processes.shell(), "-c", script),
        "folder": folder,
        "environment": processes.environment(home=folder, temporary=folder, declared={}),
        "token": str(uuid4()),
        "log_file": folder / "log",
        "log_limit": 1_000_000,
        "timeout": timedelta(minutes=2),
        "grace": timedelta(seconds=0.3),
        **changes,
    }
    return Command(**values)  # type: ignore[arg-type]


def run(folder: Path, script: str, **changes: object) -> Result:
    return processes.run(command(folder, script, **changes), is_lost=lambda: False)


def pids(folder: Path, *names: str) -> list[int]:
    return [wait_for_pid(folder / name) for name in names]


def test_the_exit_code_and_all_output_arrive(tmp_path: Path):
    result = run(tmp_path, "echo one; echo two >&2; echo three; exit 3")
    assert result == Result(end=End.EXITED, exit_code=3)
    assert (tmp_path / "log").read_text() == "one\ntwo\nthree\n"


def test_the_output_is_appended_to_what_is_in_the_log(tmp_path: Path):
    (tmp_path / "log").write_text("before\n")
    run(tmp_path, "echo after")
    assert (tmp_path / "log").read_text() == "before\nafter\n"


def test_a_signal_is_reported_as_shells_do(tmp_path: Path):
    assert run(tmp_path, "kill -SEGV $$").exit_code == 128 + signal.SIGSEGV


def test_there_is_no_input(tmp_path: Path):
    assert run(tmp_path, "cat; read x || echo none").exit_code == 0
    assert (tmp_path / "log").read_text() == "none\n"


def test_output_is_kept_byte_by_byte(tmp_path: Path):
    run(tmp_path, r"printf '10%%\r20%%\r\0\377\376 \303(\033[31m'")
    assert (tmp_path / "log").read_bytes() == b"10%\r20%\r\0\xff\xfe \xc3(\x1b[31m"


def test_the_log_is_cut_at_its_limit_and_the_command_goes_on(tmp_path: Path):
    result = run(tmp_path, "head -c 50000000 /dev/zero; touch done", log_limit=100_000)
    assert result.exit_code == 0
    assert (tmp_path / "done").exists()
    kept = (tmp_path / "log").read_bytes()
    assert kept == bytes(100_000) + shim.cap_mark(100_000)


def test_output_of_exactly_the_limit_is_not_said_to_be_cut(tmp_path: Path):
    run(tmp_path, "printf 12345", log_limit=5)
    assert (tmp_path / "log").read_bytes() == b"12345"


def test_a_full_log_stays_as_it_is(tmp_path: Path):
    for text in (b"1234", b"56789", b"more"):
        log = shim.CappedLog(str(tmp_path / "log"), 6)
        log.append(text)
        log.close()
    assert (tmp_path / "log").read_bytes() == b"123456" + shim.cap_mark(6)


def test_nothing_secret_is_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in (
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "PENSTOCK_SECRET_ACCESS_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "DJANGO_SETTINGS_MODULE",
        "BASH_ENV",
        "PYTHONPATH",
    ):
        monkeypatch.setenv(name, "a secret")
    declared = {"DECLARED": "yes"}
    environment = processes.environment(home=tmp_path, temporary=tmp_path, declared=declared)
    run(tmp_path, "env -0; cat /proc/$PPID/environ 2>/dev/null", environment=environment)
    seen = dict(
        line.split("=", 1) for line in (tmp_path / "log").read_text().split("\0") if "=" in line
    )
    allowed = {*processes.INHERITED, *processes.SHIM_INHERITS, "HOME", "TMPDIR", "TERM"}
    allowed |= {"DECLARED", processes.TOKEN_VARIABLE, "PWD", "OLDPWD", "SHLVL", "_"}
    assert seen["DECLARED"] == "yes"
    assert seen["HOME"] == str(tmp_path)
    assert set(seen) - allowed == set()
    assert "a secret" not in seen.values()


def test_the_path_does_not_lead_to_the_python_that_runs_us(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "prefix", "/ours")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setenv("PATH", "/ours/bin:/usr/bin:/bin")
    environment = processes.environment(home=Path("/h"), temporary=Path("/t"), declared={})
    assert environment["PATH"] == "/usr/bin:/bin"
    monkeypatch.setattr(sys, "prefix", "/usr")  # no virtual environment
    environment = processes.environment(home=Path("/h"), temporary=Path("/t"), declared={})
    assert environment["PATH"] == "/ours/bin:/usr/bin:/bin"


def test_leftovers_are_ended_when_the_shell_has_finished(tmp_path: Path):
    result = run(tmp_path, f"{DAEMON}{ESCAPED}echo finished")
    assert result.end is End.EXITED
    assert result.exit_code == 0
    assert result.leftovers >= 2
    assert all(is_gone(pid) for pid in pids(tmp_path, "daemon", "escaped"))


def test_leftovers_that_get_no_grace_are_counted(tmp_path: Path):
    result = run(tmp_path, "sleep 1000 & echo $! > pid", grace=timedelta())
    assert result == Result(end=End.EXITED, exit_code=0, leftovers=1)
    assert is_gone(wait_for_pid(tmp_path / "pid"))


def test_what_ends_by_itself_with_the_shell_may_finish_its_output(tmp_path: Path):
    result = run(tmp_path, "exec > >(sleep 0.1; cat); echo late")
    assert result == Result(end=End.EXITED, exit_code=0)
    assert (tmp_path / "log").read_text() == "late\n"


def test_a_tree_that_ignores_term_is_ended_when_its_time_is_up(tmp_path: Path):
    def run_for(folder: Path, timeout: timedelta) -> tuple[Path, Result] | None:
        result = run(folder, f"{DAEMON}{ESCAPED}{STUBBORN}", timeout=timeout)
        return (folder, result) if has_pid(folder / "shell") else None

    folder, result = with_enough_time(tmp_path, run_for)
    assert result.end is End.TIMED_OUT
    assert all(is_gone(pid) for pid in pids(folder, "daemon", "escaped", "shell"))


def test_commands_may_tidy_up_when_they_are_told_to_end(tmp_path: Path):
    script = "trap 'echo tidied; exit 7' TERM; touch ready; while :; do sleep 0.05; done"
    ready = tmp_path / "ready"
    patient = command(tmp_path, script, grace=timedelta(minutes=1))
    result = processes.run(patient, is_lost=ready.exists)
    assert result.end is End.LOST
    assert (tmp_path / "log").read_text().endswith("tidied\n")


def test_work_that_is_lost_is_ended_with_all_that_belongs_to_it(tmp_path: Path):
    shell = tmp_path / "shell"
    result = processes.run(command(tmp_path, f"{DAEMON}{ESCAPED}{STUBBORN}"), is_lost=shell.exists)
    assert result.end is End.LOST
    assert all(is_gone(pid) for pid in pids(tmp_path, "daemon", "escaped", "shell"))


def test_an_error_while_asking_whether_the_work_is_lost_ends_the_work(tmp_path: Path):
    def is_lost() -> bool:
        if (tmp_path / "shell").exists():
            raise ConnectionError
        return False

    with pytest.raises(ConnectionError):
        processes.run(command(tmp_path, f"{DAEMON}{STUBBORN}"), is_lost=is_lost)
    assert all(is_gone(pid) for pid in pids(tmp_path, "daemon", "shell"))


WORKER = """
import sys
from datetime import timedelta
from pathlib import Path
from pipelines import processes
folder = Path(sys.argv[1])
processes.run(
    processes.Command(
        argv=(processes.shell(), "-c", sys.argv[2]),
        folder=folder,
        environment=processes.environment(home=folder, temporary=folder, declared={}),
        token=sys.argv[3],
        log_file=folder / "log",
        log_limit=1000,
        timeout=timedelta(minutes=2),
        grace=timedelta(seconds=0.3),
    ),
    is_lost=lambda: False,
)
"""


def start_worker(folder: Path, script: str, token: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), script, token],
        cwd=Path(processes.__file__).parent.parent,
    )


def test_kill_9_of_the_worker_ends_the_commands_and_their_daemons(tmp_path: Path):
    with start_worker(tmp_path, f"{DAEMON}{ESCAPED}{STUBBORN}", str(uuid4())) as worker:
        started = pids(tmp_path, "daemon", "escaped", "shell")
        worker.kill()
    for pid in started:
        wait_until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]


def test_kill_9_of_the_process_between_ends_what_can_be_found(tmp_path: Path):
    result = run(tmp_path, f"{ESCAPED}echo $$ > shell; kill -KILL $PPID; {FOR_EVER}")
    assert result.end is End.BROKEN
    assert "killed" in result.reason
    assert all(is_gone(pid) for pid in pids(tmp_path, "escaped", "shell"))


def test_after_kill_9_of_worker_and_the_process_between_the_rest_can_be_swept(tmp_path: Path):
    token = str(uuid4())
    with start_worker(tmp_path, f"{ESCAPED}{STUBBORN}", token) as worker:
        started = pids(tmp_path, "escaped", "shell")
        between = psutil.Process(started[1]).ppid()
        os.kill(worker.pid, signal.SIGSTOP)  # so that neither sees the other die
        os.kill(between, signal.SIGKILL)
        worker.kill()
    wait_until(lambda: is_gone(between))
    assert processes.end_leftovers(token) >= 2
    assert all(is_gone(pid) for pid in started)
    assert processes.end_leftovers(token) == 0


def test_term_for_the_process_between_ends_the_work(tmp_path: Path):
    result = run(tmp_path, f"trap '' TERM; echo $$ > shell; kill -TERM $PPID; {FOR_EVER}")
    assert result.end is End.LOST
    assert all(is_gone(pid) for pid in pids(tmp_path, "shell"))


def test_what_cannot_be_started_says_why(tmp_path: Path):
    result = run(tmp_path, "echo", argv=("/does/not/exist",))
    assert result.end is End.BROKEN
    assert "/does/not/exist" in result.reason


def test_many_run_side_by_side_in_threads(tmp_path: Path):
    def one(number: int) -> tuple[Result, str]:
        folder = tmp_path / str(number)
        folder.mkdir()
        script = f"echo {number} > started; while [ ! -e ../go ]; do sleep 0.05; done; pwd"
        result = run(folder, f"{script}; exit {number}")
        return result, (folder / "log").read_text()

    with ThreadPoolExecutor(20) as pool:
        running = [pool.submit(one, number) for number in range(20)]
        wait_until(lambda: len(list(tmp_path.glob("*/started"))) == 20)
        (tmp_path / "go").touch()
        results = [future.result() for future in running]
    for number, (result, log) in enumerate(results):
        assert result == Result(end=End.EXITED, exit_code=number)
        assert log == f"{tmp_path / str(number)}\n"


def test_one_thread_giving_up_does_not_disturb_another(tmp_path: Path):
    (tmp_path / "other").mkdir()
    results: list[Result] = []
    script = "echo $$ > shell; while [ ! -e go ]; do sleep 0.05; done"
    other = threading.Thread(target=lambda: results.append(run(tmp_path / "other", script)))
    other.start()
    wait_for_pid(tmp_path / "other" / "shell")
    lost = processes.run(command(tmp_path, STUBBORN), is_lost=(tmp_path / "shell").exists)
    (tmp_path / "other" / "go").touch()
    other.join()
    assert lost.end is End.LOST
    assert results == [Result(end=End.EXITED, exit_code=0)]
