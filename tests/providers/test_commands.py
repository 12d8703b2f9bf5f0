"""Commands: a real shell in the real files of the input artifact."""

import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import processes
from pipelines.core.statuses import FailureCode
from pipelines.isolation import Level
from pipelines.providers import commands
from pipelines.providers.contract import Failed, Outcome, OutputArtifact, Succeeded, Work
from tests.isolated import needs_bwrap
from tests.providers.work import log_of, make_artifact, make_site, make_work
from tests.waiting import has_pid, is_gone, wait_for_pid, with_enough_time

TIME = r"\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6} "


@pytest.fixture(params=["bash", "sh"])
def any_shell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(processes, "shell", lambda: f"/bin/{request.param}")
    return str(request.param)


def perform(folder: Path, *texts: str, **changes: Any) -> tuple[Work, Outcome]:
    values = {
        "commands": texts,
        "input_artifacts": {"Source": make_artifact(folder, {"make.sh": "echo made\n"})},
        **changes,
    }
    work = make_work(folder, **values)
    return work, commands.perform(work)


def said(work: Work) -> list[str]:
    """The log without its times and without the lines before the first command."""
    lines = re.sub(f"^{TIME}", "@ ", log_of(work), flags=re.MULTILINE).splitlines()
    return lines[lines.index("@ Entering phase BUILD") + 1 :]


def failed(outcome: Outcome) -> Failed:
    assert isinstance(outcome, Failed)
    return outcome


def succeeded(outcome: Outcome) -> Succeeded:
    assert isinstance(outcome, Succeeded), outcome
    return outcome


def contents(zip_file: Path) -> dict[str, str]:
    with zipfile.ZipFile(zip_file) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_each_command_is_said_before_it_runs(tmp_path: Path, any_shell: str):
    work, outcome = perform(tmp_path, "./make.sh", "echo two; echo three >&2")
    assert succeeded(outcome).summary == "Build Succeeded"
    assert said(work) == [
        "@ Running command ./make.sh",
        "made",
        "@ Running command echo two; echo three >&2",
        "two",
        "three",
        "@ Phase complete: BUILD State: SUCCEEDED",
    ]
    first = log_of(work).splitlines()[0]
    assert re.match(f"{TIME}The commands run directly on this machine", first)
    assert "not in a container" in first


def test_a_folder_and_variables_hold_for_the_next_command(tmp_path: Path, any_shell: str):
    work, outcome = perform(
        tmp_path,
        "mkdir sub; cd sub",
        "export A='b c'; hello() { echo hi; }",
        "echo $A; pwd",
        "hello",
    )
    succeeded(outcome)
    assert "b c" in said(work)
    assert f"{tmp_path}/workspace/src/sub" in said(work)
    assert "hi" in said(work)


def test_the_first_command_that_fails_ends_the_work(tmp_path: Path, any_shell: str):
    work, outcome = perform(tmp_path, "true", "(exit 3)", "touch never")
    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert failed(outcome).message == (
        "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR,"
        " Message: Error while executing command: (exit 3). Reason: exit status 3"
    )
    assert not (work.workspace / "src/never").exists()
    assert "@ Command did not exit successfully (exit 3) exit status 3" in said(work)
    assert "@ Phase complete: BUILD State: FAILED" in said(work)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("exit 7", 7),
        ("set -e; false; true", 1),
        ("nosuchcommand", 127),
        ("kill -KILL $$", 137),
        ("set -u; echo $missing", None),
        ("if", 2),
        ("echo 'unfinished", 2),
        ("set -- a b; false", 1),
    ],
)
def test_every_way_to_fail_names_the_command(
    tmp_path: Path, any_shell: str, text: str, status: int | None
):
    work, outcome = perform(tmp_path, "true", text, "touch never")
    expected = f"Error while executing command: {text}. Reason: exit status "
    assert expected + (str(status) if status else "") in failed(outcome).message
    assert not (work.workspace / "src/never").exists()


def test_exit_0_ends_only_its_command_as_in_aws(tmp_path: Path, any_shell: str):
    work, outcome = perform(
        tmp_path, "export A=kept; cd /; exit 0", "echo $A in $PWD", "exit", "echo end"
    )
    succeeded(outcome)
    assert [line for line in said(work) if not line.startswith("@")] == ["kept in /", "end"]


def test_a_command_that_replaces_the_shell_is_not_taken_for_success(tmp_path: Path, any_shell: str):
    work, outcome = perform(tmp_path, "exec true", "touch never")
    assert "The command exec true replaced the shell" in failed(outcome).message
    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert not (work.workspace / "src/never").exists()


def test_output_that_a_command_redirects_does_not_take_ours_along(tmp_path: Path, any_shell: str):
    work, outcome = perform(tmp_path, "exec > file 2>&1", "echo hidden", "exec >&9", "cat file")
    succeeded(outcome)
    assert "@ Running command echo hidden" in said(work)
    assert said(work).count("hidden") == 1


def test_other_inputs_are_beside_and_named_as_in_aws(tmp_path: Path):
    inputs = {
        "Source": make_artifact(tmp_path, {"a": "first"}, "one"),
        "Test-Data": make_artifact(tmp_path, {"a": "second"}, "two"),
    }
    work, outcome = perform(
        tmp_path,
        "cat $CODEBUILD_SRC_DIR/a; echo; cat $CODEBUILD_SRC_DIR_Test_Data/a; echo; cat a",
        input_artifacts=inputs,
    )
    succeeded(outcome)
    assert said(work)[1:3] == ["first", "second"]


def test_the_environment_is_what_is_declared_and_what_aws_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("PENSTOCK_HOME", "hunter2")
    work, outcome = perform(
        tmp_path, "env", "echo tidy > $HOME/x > $TMPDIR/y", environment={"MINE": "a 'b' $c\n#d"}
    )
    succeeded(outcome)
    assert "hunter2" not in log_of(work)
    assert "MINE=a 'b' $c\n#d\n" in log_of(work)
    for line in (
        "AWS_REGION=us-east-1",
        "AWS_DEFAULT_REGION=us-east-1",
        f"CODEBUILD_BUILD_ID=demo:{work.action_execution_id}",
        "CODEBUILD_INITIATOR=codepipeline/demo",
        f"CODEBUILD_SRC_DIR={work.workspace}/src",
        f"HOME={work.workspace}/home",
        f"TMPDIR={work.workspace / 'tmp'}",
    ):
        assert line in said(work)


def test_output_variables_are_those_of_the_environment_at_the_end(tmp_path: Path, any_shell: str):
    work, outcome = perform(
        tmp_path,
        "export A=1 B=$(printf 'two\\nlines') EMPTY=; local_only=x",
        "export A=2; unset D",
        output_variables=("A", "B", "EMPTY", "CODEBUILD_BUILD_ID", "D", "local_only"),
        environment={"D": "x"},
    )
    assert succeeded(outcome).output_variables == {
        "A": "2",
        "B": "two\nlines",
        "EMPTY": "",
        "CODEBUILD_BUILD_ID": f"demo:{work.action_execution_id}",
    }
    assert "@ Output variable D is not in the environment; it is left out" in said(work)


def test_output_variables_that_are_too_long_are_refused(tmp_path: Path):
    text = "export A=$(head -c 122880 /dev/zero | tr '\\0' x)"
    _, outcome = perform(tmp_path, text, output_variables=("A",))
    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert "122881 bytes long; at most 122880" in failed(outcome).message


def test_the_output_artifact_is_what_the_globs_match(tmp_path: Path):
    output = OutputArtifact(name="Build", files=("dist/**/*", "*.md"))
    work, outcome = perform(
        tmp_path,
        "mkdir -p dist/a; echo 1 > dist/a/b; echo 2 > r.md; ln -s /etc/passwd dist/p; cd dist",
        output_artifacts=(output,),
    )
    assert contents(succeeded(outcome).artifacts["Build"]) == {"dist/a/b": "1\n", "r.md": "2\n"}
    assert "@ Left out of Build: dist/p (it leads outside or is no file)" in said(work)


def test_without_globs_everything_is_the_output_artifact(tmp_path: Path):
    output = (OutputArtifact(name="Build"),)
    _, outcome = perform(tmp_path, "echo x > new", output_artifacts=output)
    assert contents(succeeded(outcome).artifacts["Build"]) == {
        "make.sh": "echo made\n",
        "new": "x\n",
    }


def test_a_glob_that_matches_nothing_is_named(tmp_path: Path):
    output = OutputArtifact(name="Build", files=("dist/*",))
    _, outcome = perform(tmp_path, "true", output_artifacts=(output,))
    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert "No file matches dist/*." in failed(outcome).message


def test_commands_that_take_too_long_are_ended(tmp_path: Path):
    texts = "echo $$ > pid; while :; do sleep 0.1; done", "touch never"

    def run(folder: Path, timeout: timedelta) -> tuple[timedelta, Path, Outcome] | None:
        work, outcome = perform(folder, *texts, timeout=timeout)
        source = work.workspace / "src"
        return (timeout, source, outcome) if has_pid(source / "pid") else None

    timeout, source, outcome = with_enough_time(tmp_path, run)
    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert f"did not end within {timeout.seconds / 60:g} minutes" in failed(outcome).message
    assert is_gone(wait_for_pid(source / "pid"))
    assert not (source / "never").exists()


def test_work_that_is_lost_is_ended_and_no_next_command_is_started(tmp_path: Path, any_shell: str):
    _, outcome = perform(
        tmp_path,
        "echo $$ > pid; while :; do sleep 0.1; done",
        "touch never",
        is_lost=(tmp_path / "workspace/src/pid").exists,
    )
    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert is_gone(wait_for_pid(tmp_path / "workspace/src/pid"))
    assert not (tmp_path / "workspace/src/never").exists()


def test_what_commands_leave_running_is_ended_and_said(tmp_path: Path):
    work, outcome = perform(tmp_path, "sleep 1000 & echo $! > pid")
    succeeded(outcome)
    assert is_gone(wait_for_pid(tmp_path / "workspace/src/pid"))
    assert "@ Ended 1 process that the commands had left running" in said(work)


def test_the_log_ends_at_its_limit(tmp_path: Path):
    work, outcome = perform(tmp_path, "head -c 10000 /dev/zero", "false", log_limit=2000)
    assert "Error while executing command: false" in failed(outcome).message
    log = log_of(work)
    assert log.endswith("log limit of 2000 bytes reached; the rest is not kept\n")
    assert len(log) < 2200


def test_settings_of_the_container_are_said_to_have_no_effect(tmp_path: Path):
    configuration = {"EnvironmentType": "LINUX_CONTAINER", "VpcId": "vpc-1"}
    work, outcome = perform(tmp_path, "true", configuration=configuration)
    succeeded(outcome)
    assert "No effect here: EnvironmentType, VpcId (there is no container" in log_of(work)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"commands": ()}, "no commands"),
        ({"input_artifacts": {}}, "needs an input artifact"),
        ({"configuration": {"EnvironmentType": "WINDOWS_SERVER_2022_CONTAINER"}}, "Windows"),
        ({"environment": {"A": "a\0b"}}, "NUL"),
        ({"environment": {"A=B": "x"}}, "cannot be the name"),
    ],
)
def test_what_cannot_be_run_says_what_to_change(
    tmp_path: Path, changes: dict[str, Any], expected: str
):
    _, outcome = perform(tmp_path, "true", **changes)
    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert expected in failed(outcome).message


def test_an_input_that_is_no_zip_file_is_named(tmp_path: Path):
    (tmp_path / "plain").write_text("x")
    _, outcome = perform(tmp_path, "true", input_artifacts={"Source": tmp_path / "plain"})
    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert "The input artifact Source cannot be used. It is not a zip" in failed(outcome).message


def test_a_shell_that_cannot_be_started_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "shell", lambda: "/no/such/shell")
    _, outcome = perform(tmp_path, "true")
    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert "/no/such/shell" in failed(outcome).message


@needs_bwrap
def test_commands_in_bubblewrap_do_what_others_do(tmp_path: Path):
    work, outcome = perform(
        tmp_path,
        "export A=kept; cd /; exit 0",
        "echo $A in $PWD; cat /etc/shadow || echo kept in",
        site=make_site(tmp_path, isolation=Level.BWRAP),
        output_variables=("A",),
    )
    assert succeeded(outcome).output_variables == {"A": "kept"}
    assert "kept in /" in said(work)
    assert "kept in" in said(work)
    assert "isolation: bwrap" in log_of(work).splitlines()[0]


def test_without_the_isolation_that_is_asked_for_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    site = make_site(tmp_path, isolation=Level.BWRAP)
    work, outcome = perform(tmp_path, "touch never", site=site)
    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert "PENSTOCK_ISOLATION is bwrap, but bwrap is not installed" in failed(outcome).message
    assert not (work.workspace / "src/never").exists()


# What commands leave where we look afterwards, who are not kept in


SCRIPT = 's=${0%/*}; trap - EXIT; echo yes >| "$s/finished"; '


def in_bubblewrap(folder: Path, *texts: str, **changes: Any) -> tuple[Work, Outcome]:
    site = make_site(folder, isolation=Level.BWRAP)
    return perform(folder, *texts, site=site, **changes)


@needs_bwrap
def test_the_environment_of_the_worker_cannot_be_put_in_place_of_the_commands_own(tmp_path: Path):
    _, outcome = in_bubblewrap(
        tmp_path,
        f'{SCRIPT} ln -sf /proc/self/environ "$s/environment"; exit 0',
        output_variables=("PATH",),
    )

    assert not isinstance(outcome, Succeeded) or not outcome.output_variables


@needs_bwrap
def test_what_is_said_of_a_failure_has_nothing_of_a_file_outside(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")

    _, outcome = in_bubblewrap(tmp_path, f'ln -sf {secret} "${{0%/*}}/started"; exit 3')

    assert "exit status 3" in failed(outcome).message


@pytest.mark.timeout(30)
def test_a_pipe_that_commands_leave_is_not_waited_for(tmp_path: Path):
    text = f'{SCRIPT} rm -f "$s/environment"; mkfifo "$s/environment"; exit 0'

    _, outcome = perform(tmp_path, text, output_variables=("PATH",))

    assert succeeded(outcome).output_variables == {}


@needs_bwrap
def test_a_link_in_place_of_the_source_leads_no_file_into_the_artifact(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("hunter2")

    _, outcome = in_bubblewrap(
        tmp_path,
        f"cd .. && mv src gone && ln -s {outside} src",
        output_artifacts=(OutputArtifact(name="Out"),),
    )

    assert "The folder src leads out of the build" in failed(outcome).message


@needs_bwrap
def test_a_link_in_place_of_the_artifact_is_not_written_through(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.write_text("untouched")

    _, outcome = in_bubblewrap(
        tmp_path,
        f"ln -s {outside} ../Out.zip",
        output_artifacts=(OutputArtifact(name="Out"),),
    )

    assert outside.read_text() == "untouched"
    assert "make.sh" in contents(succeeded(outcome).artifacts["Out"])
