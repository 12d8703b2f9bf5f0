"""CodeBuild: a whole build, from the source to the artifacts, with a real shell."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines import processes
from pipelines.core.statuses import FailureCode
from pipelines.isolation import Level
from pipelines.providers.contract import Outcome, Work
from tests.isolated import needs_bwrap
from tests.providers.builds import build_of, commands, failed, phases_of, ran, said, succeeded
from tests.providers.work import log_of, make_artifact
from tests.waiting import has_pid, is_gone, wait_for_pid, with_enough_time

ALL_PHASES = ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"]


@pytest.fixture(params=["bash", "sh"])
def any_shell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(processes, "shell", lambda: f"/bin/{request.param}")
    return str(request.param)


def test_a_build_is_told_phase_by_phase_as_aws_tells_it(tmp_path: Path, any_shell: str):
    work, outcome = build_of(tmp_path, commands(pre_build=["echo one >&2"], build=["echo two"]))

    assert succeeded(outcome).summary == "Build Succeeded"
    source = work.workspace / "src"
    assert said(work)[1:] == [
        "@ Phase is DOWNLOAD_SOURCE",
        f"@ YAML location is {source}/buildspec.yml",
        f"@ CODEBUILD_SRC_DIR={source}",
        f"@ Moving to directory {source}",
        "@ Phase complete: DOWNLOAD_SOURCE State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
        "@ Entering phase INSTALL",
        "@ Phase complete: INSTALL State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
        "@ Entering phase PRE_BUILD",
        "@ Running command echo one >&2",
        "one",
        "@ Phase complete: PRE_BUILD State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
        "@ Entering phase BUILD",
        "@ Running command echo two",
        "two",
        "@ Phase complete: BUILD State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
        "@ Entering phase POST_BUILD",
        "@ Phase complete: POST_BUILD State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
        "@ Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
    ]


def test_the_first_line_says_how_far_the_commands_are_kept_in(tmp_path: Path):
    work, _ = build_of(tmp_path, commands(build=["true"]))

    assert "with the rights of Penstock, not in a container (isolation: none)" in said(work)[0]


def test_all_commands_run_in_one_shell(tmp_path: Path, any_shell: str):
    work, outcome = build_of(
        tmp_path,
        commands(
            install=["mkdir sub; cd sub", "unexported=kept; export EXPORTED='b c'"],
            pre_build=["hello() { echo hi; }", "set -- x y"],
            build=["hello", "echo $unexported $EXPORTED", "pwd"],
        ),
    )

    succeeded(outcome)
    assert ran(work) == ["hi", "kept b c", f"{work.workspace}/src/sub"]


def test_exit_0_ends_only_its_command(tmp_path: Path, any_shell: str):
    work, outcome = build_of(
        tmp_path, commands(build=["export A=kept; cd /; exit 0", "echo $A in $PWD", "exit"])
    )

    succeeded(outcome)
    assert ran(work) == ["kept in /"]
    assert said(work).count("@ Entering phase BUILD") == 1


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("(exit 3)", 3),
        ("exit 7", 7),
        ("set -e; false; true", 1),
        ("set -C; false", 1),
        ("IFS=0123456789; false", 1),
        ("nosuchcommand", 127),
        ("kill -KILL $$", 137),
        ("kill -TERM $$", 143),
        ("exec false", 1),
        ("trap - EXIT; exit 9", 9),
        ("trap 'true' EXIT; exit 9", 9),
        ("exec >/dev/null; exit 5", 5),
        ("if", 2),
        ("echo 'unfinished", 2),
    ],
)
def test_every_way_to_fail_names_the_phase_the_command_and_the_status(
    tmp_path: Path, any_shell: str, command: str, status: int
):
    spec = commands(
        install=["true"], build=[command, "touch never"], post_build=['echo "$PWD" >> after']
    )
    work, outcome = build_of(
        tmp_path, spec.replace("'touch never']", "'touch never'], 'finally': ['touch finally']")
    )

    reason = f"Error while executing command: {command}. Reason: exit status {status}"
    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert failed(outcome).message == (
        "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR,"
        f" Message: {reason}"
    )
    source = work.workspace / "src"
    assert not (source / "never").exists()
    assert (source / "finally").exists()
    assert (source / "after").read_text() == f"{source}\n"
    assert f"@ Command did not exit successfully {command} exit status {status}" in said(work)
    assert f"@ Phase context status code: COMMAND_EXECUTION_ERROR Message: {reason}" in said(work)


def test_a_command_that_replaces_the_shell_ends_as_that_ends(tmp_path: Path, any_shell: str):
    work, outcome = build_of(
        tmp_path, commands(build=["exec true", "echo on"], post_build=["exec echo end"])
    )

    succeeded(outcome)
    assert ran(work) == ["on", "end"]


@pytest.mark.parametrize(
    ("failing", "on_failure", "states"),
    [
        ("install", "", "INSTALL"),
        ("install", "ABORT", "INSTALL"),
        ("install", "CONTINUE", "INSTALL PRE_BUILD BUILD POST_BUILD"),
        ("pre_build", "", "INSTALL PRE_BUILD"),
        ("pre_build", "CONTINUE", "INSTALL PRE_BUILD BUILD POST_BUILD"),
        ("build", "", "INSTALL PRE_BUILD BUILD POST_BUILD"),
        ("build", "CONTINUE", "INSTALL PRE_BUILD BUILD POST_BUILD"),
        ("build", "ABORT", "INSTALL PRE_BUILD BUILD"),
        ("post_build", "", "INSTALL PRE_BUILD BUILD POST_BUILD"),
    ],
)
def test_which_phases_come_after_one_that_failed(
    tmp_path: Path, failing: str, on_failure: str, states: str
):
    phases = {
        name: {"commands": ["false" if name == failing else "true"]}
        for name in ("install", "pre_build", "build", "post_build")
    }
    if on_failure:
        phases[failing]["on-failure"] = on_failure  # type: ignore[assignment]
    work, outcome = build_of(tmp_path, f"version: 0.2\nphases: {phases}")

    assert f"Phase: {failing.upper()}, Code: COMMAND_EXECUTION_ERROR" in failed(outcome).message
    expected = [
        f"{name} {'FAILED' if name == failing.upper() else 'SUCCEEDED'}" for name in states.split()
    ]
    assert phases_of(work) == ["DOWNLOAD_SOURCE SUCCEEDED", *expected]


@pytest.mark.parametrize(
    ("first", "finally_", "command"),
    [
        ("true", "false", "false"),
        ("(exit 2)", "false", "(exit 2)"),
        ("(exit 2)", "true", "(exit 2)"),
    ],
)
def test_a_command_of_finally_that_fails_fails_the_phase(
    tmp_path: Path, any_shell: str, first: str, finally_: str, command: str
):
    phase = {"commands": [first], "finally": ["echo always", finally_]}
    work, outcome = build_of(tmp_path, f"version: 0.2\nphases: {{build: {phase}}}")

    assert ran(work) == ["always"]
    assert f"Error while executing command: {command}." in failed(outcome).message


def test_commands_are_told_whether_the_build_succeeds(tmp_path: Path, any_shell: str):
    tell = "echo $CODEBUILD_BUILD_SUCCEEDING"
    work, _ = build_of(
        tmp_path, commands(build=[tell, "exit 1"], post_build=[tell, "kill -9 $$", tell])
    )

    assert ran(work) == ["1", "0"]


def test_the_variables_of_aws_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    work, outcome = build_of(
        tmp_path,
        commands(build=["env"]),
        project={"image": "aws/codebuild/standard:7.0"},
        revisions={"Source": "4c62c7d"},
    )

    build_id = f"website:{work.action_execution_id}"
    assert succeeded(outcome).external_execution_id == build_id
    assert "hunter2" not in log_of(work)
    page = succeeded(outcome).external_execution_url
    for line in (
        "AWS_REGION=us-east-1",
        "AWS_DEFAULT_REGION=us-east-1",
        f"CODEBUILD_BUILD_ID={build_id}",
        f"CODEBUILD_BUILD_ARN=arn:aws:codebuild:us-east-1:123456789012:build/{build_id}",
        "CODEBUILD_PROJECT_ARN=arn:aws:codebuild:us-east-1:123456789012:project/website",
        "CODEBUILD_BUILD_NUMBER=7",
        "CODEBUILD_BUILD_IMAGE=aws/codebuild/standard:7.0",
        "CODEBUILD_BUILD_SUCCEEDING=1",
        f"CODEBUILD_BUILD_URL={page}",
        "CODEBUILD_CI=true",
        "CODEBUILD_INITIATOR=codepipeline/demo",
        f"CODEBUILD_LOG_PATH={work.action_execution_id}",
        "CODEBUILD_RESOLVED_SOURCE_VERSION=4c62c7d",
        "CODEBUILD_SOURCE_VERSION=4c62c7d",
        f"CODEBUILD_SRC_DIR={work.workspace}/src",
        f"HOME={work.workspace}/home",
    ):
        assert line in said(work)
    assert "CODEBUILD_WEBHOOK" not in log_of(work)


def test_the_source_of_a_build_that_no_source_action_made_has_no_revision(tmp_path: Path):
    work, _ = build_of(tmp_path, commands(build=["env"]), revisions={"Other": "4c62c7d"})

    assert "SOURCE_VERSION" not in log_of(work)


def test_what_is_closer_to_the_action_wins(tmp_path: Path):
    spec = """
        version: 0.2
        env:
          variables: {A: spec, B: spec, C: spec, D: 012, E: yes, CODEBUILD_CI: spec}
        phases: {build: {commands: [echo $A $B $C $D $E $CODEBUILD_CI]}}
        """
    work, outcome = build_of(
        tmp_path,
        spec,
        project={"environment": {"B": "project", "C": "project"}},
        configuration={"EnvironmentVariables": '[{"name": "C", "value": "action"}]'},
    )

    succeeded(outcome)
    assert ran(work) == ["spec project action 012 yes true"]


def test_exported_variables_become_output_variables(tmp_path: Path, any_shell: str):
    spec = """
        version: 0.2
        env: {exported-variables: [A, B, MISSING, AWS_REGION, CODEBUILD_BUILD_NUMBER]}
        phases:
          build: {commands: ["export A=1 B=$(printf 'two\\\\nlines')"]}
          post_build: {commands: [export A=2]}
        """
    work, outcome = build_of(tmp_path, spec)

    assert succeeded(outcome).output_variables == {
        "A": "2",
        "B": "two\nlines",
        "CODEBUILD_BUILD_NUMBER": "7",
    }
    assert "@ MISSING is not exported: it is not in the environment" in said(work)
    assert "@ AWS_REGION is not exported: names that start with AWS_ never are" in said(work)


def test_exported_variables_that_are_too_long_are_refused(tmp_path: Path):
    spec = """
        version: 0.2
        env: {exported-variables: [A, B]}
        phases:
          build: {commands: ["export A=$(head -c 100000 /dev/zero | tr '\\\\0' x); export B=$A"]}
        """
    _, outcome = build_of(tmp_path, spec)

    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert "200002 bytes long; at most 122880" in failed(outcome).message


def test_the_primary_source_has_the_buildspec_and_the_others_are_beside(tmp_path: Path):
    spec = commands(build=["cat $CODEBUILD_SRC_DIR/a $CODEBUILD_SRC_DIR_Test_Data/a a"])
    inputs = {
        "Test-Data": make_artifact(tmp_path, {"a": "other\n", "buildspec.yml": "no"}, "one"),
        "Code": make_artifact(tmp_path, {"a": "primary\n", "buildspec.yml": spec}, "two"),
    }
    work, outcome = build_of(
        tmp_path, "", input_artifacts=inputs, configuration={"PrimarySource": "Code"}
    )

    succeeded(outcome)
    assert ran(work) == ["primary", "other", "primary"]
    assert f"@ CODEBUILD_SRC_DIR_Test_Data={work.workspace}/inputs/Test-Data" in said(work)


@pytest.mark.parametrize(
    "buildspec", ["ci/build.yml", "version: 0.2\nphases: {build: {commands: [echo other]}}\n"]
)
def test_a_project_can_have_another_buildspec(tmp_path: Path, buildspec: str):
    work, outcome = build_of(
        tmp_path,
        commands(build=["echo usual"]),
        files={"ci/build.yml": commands(build=["echo other"])},
        project={"buildspec": buildspec},
    )

    succeeded(outcome)
    assert ran(work) == ["other"]


@pytest.mark.parametrize(("tag", "expected"), [("bash", "yes"), ("/bin/sh", "no"), ("sh", "no")])
def test_the_buildspec_may_ask_for_a_shell(tmp_path: Path, tag: str, expected: str):
    ask = "command -v shopt >/dev/null && echo yes || echo no"
    spec = f"{commands(build=[ask])}\nenv: {{shell: {tag}}}"
    work, _ = build_of(tmp_path, spec)

    assert ran(work) == [expected]


def test_a_shell_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    spec = "version: 0.2\nenv: {shell: bash}\nphases: {build: {commands: [ls]}}"
    _, outcome = build_of(tmp_path, spec)

    assert "env/shell: this machine has no bash" in failed(outcome).message


def test_what_has_no_effect_is_said(tmp_path: Path):
    spec = """
        version: 0.2
        env: {git-credential-helper: yes}
        proxy: {logs: yes}
        batch: {fast-fail: true}
        phases:
          install: {runtime-versions: {python: 3.11}}
        reports: {tests: {files: ["*.xml"]}}
        cache: {paths: ["/root/.m2/**/*"]}
        """
    work, outcome = build_of(tmp_path, spec)

    succeeded(outcome)
    told = [line.split(" (")[0] for line in said(work) if line.startswith("@ No effect here")]
    assert told == [
        f"@ No effect here: {key}"
        for key in (
            "proxy",
            "batch",
            "reports",
            "cache",
            "runtime-versions",
            "git-credential-helper",
        )
    ]


# What goes wrong


def test_a_project_that_does_not_exist_is_named_as_aws_names_it(tmp_path: Path):
    work, outcome = build_of(
        tmp_path, commands(build=["touch never"]), configuration={"ProjectName": "nowhere"}
    )

    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert failed(outcome).message.startswith(
        "Error calling startBuild: Project cannot be found:"
        " arn:aws:codebuild:us-east-1:123456789012:project/nowhere"
    )
    assert log_of(work) == ""


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        ({"BatchEnabled": "true"}, "BatchEnabled is true"),
        ({"CombineArtifacts": "true"}, "CombineArtifacts is true"),
        ({"PrimarySource": "Nothing"}, "'Nothing' is not one of the input artifacts: Source"),
        ({"EnvironmentVariables": "A=1"}, "is not JSON that can be read"),
        ({"EnvironmentVariables": "[" * 10_000}, "is not JSON that can be read"),
        ({"EnvironmentVariables": '{"A": "1"}'}, "a JSON array of objects"),
        ({"EnvironmentVariables": '["A"]'}, "an object of name, value, type"),
        ({"EnvironmentVariables": '[{"name": "A"}]'}, "name and value are needed"),
        ({"EnvironmentVariables": '[{"name": "A-B", "value": ""}]'}, "'A-B' cannot be the name"),
        ({"EnvironmentVariables": '[{"name": "A", "value": 1}]'}, "value of A has to be a string"),
        (
            {"EnvironmentVariables": '[{"name": "A", "value": "x", "type": "PARAMETER_STORE"}]'},
            "A has the type 'PARAMETER_STORE'; only PLAINTEXT",
        ),
        (
            {"EnvironmentVariables": '[{"name": "A", "value": "x", "type": "SECRETS_MANAGER"}]'},
            "A has the type 'SECRETS_MANAGER'; only PLAINTEXT",
        ),
    ],
)
def test_a_configuration_that_cannot_be_used_says_what_to_change(
    tmp_path: Path, configuration: dict[str, str], sentence: str
):
    work, outcome = build_of(tmp_path, commands(build=["touch never"]), configuration=configuration)

    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    assert sentence in failed(outcome).message
    assert not (work.workspace / "src").exists()


@pytest.mark.parametrize("inputs", [0, 2])
def test_it_must_be_clear_which_input_has_the_buildspec(tmp_path: Path, inputs: int):
    artifacts = {f"In{n}": make_artifact(tmp_path, {}, f"in{n}") for n in range(inputs)}
    _, outcome = build_of(tmp_path, "", input_artifacts=artifacts)

    assert failed(outcome).code is FailureCode.CONFIGURATION_ERROR
    expected = "PrimarySource has to name the one" if inputs else "needs an input artifact"
    assert expected in failed(outcome).message


@pytest.mark.parametrize(
    ("project", "sentence"),
    [
        ({"buildspec": "ci/none.yml"}, "YAML file does not exist: the primary source artifact has"),
        ({"buildspec": "../../secret.yml"}, "is outside of the source"),
        ({"buildspec": "/etc/passwd"}, "is outside of the source"),
    ],
)
def test_a_buildspec_that_is_not_there_is_named(
    tmp_path: Path, project: dict[str, str], sentence: str
):
    work, outcome = build_of(tmp_path, commands(build=["true"]), project=project)

    start = "Build terminated with state: FAILED. Phase: DOWNLOAD_SOURCE, Code: YAML_FILE_ERROR,"
    assert failed(outcome).message.startswith(start)
    assert sentence in failed(outcome).message
    assert phases_of(work) == ["DOWNLOAD_SOURCE FAILED"]


def test_an_input_that_is_no_zip_file_fails_the_download(tmp_path: Path):
    (tmp_path / "broken.zip").write_text("no")
    _, outcome = build_of(tmp_path, "", input_artifacts={"Source": tmp_path / "broken.zip"})

    assert "Phase: DOWNLOAD_SOURCE, Code: CLIENT_ERROR" in failed(outcome).message
    assert "The input artifact Source cannot be used" in failed(outcome).message


def test_a_build_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path):
    forever = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $! > pid; wait"
    spec = commands(pre_build=[forever], post_build=["touch never"])

    def build(folder: Path, timeout: timedelta) -> tuple[timedelta, Work, Outcome] | None:
        work, outcome = build_of(folder, spec, project={"timeout": timeout})
        return (timeout, work, outcome) if has_pid(work.workspace / "src/pid") else None

    timeout, work, outcome = with_enough_time(tmp_path, build)

    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert failed(outcome).message.startswith(
        "Build terminated with state: TIMED_OUT. Phase: PRE_BUILD, Code: BUILD_TIMED_OUT, Message:"
        f" Build has timed out after {timeout.seconds / 60:g} minutes while running: trap"
    )
    assert is_gone(wait_for_pid(work.workspace / "src/pid"))
    assert not (work.workspace / "src/never").exists()
    assert "PRE_BUILD TIMED_OUT" in phases_of(work)


def test_a_build_that_is_lost_is_ended_and_no_next_command_is_started(
    tmp_path: Path, any_shell: str
):
    work, outcome = build_of(
        tmp_path,
        commands(build=["echo $$ > pid; while :; do sleep 0.1; done"], post_build=["touch never"]),
        is_lost=(tmp_path / "workspace/src/pid").exists,
    )

    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert is_gone(wait_for_pid(work.workspace / "src/pid"))
    assert not (work.workspace / "src/never").exists()


def test_a_shell_that_cannot_be_started_is_the_systems_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(processes, "shell", lambda: "/bin/false")
    _, outcome = build_of(tmp_path, commands(build=["true"]))

    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert "the shell ended between two commands, with exit status 1" in failed(outcome).message


@pytest.mark.parametrize("next_command", ["true", "false", "exit 0", "exit 1"])
def test_a_build_that_can_write_nothing_any_more_is_never_taken_for_a_success(
    tmp_path: Path, any_shell: str, next_command: str
):
    full = "trap '' XFSZ; ulimit -f 0"  # as a full disk would have it
    work, outcome = build_of(
        tmp_path, commands(build=[full, next_command], post_build=["echo after"])
    )

    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert "with exit status 74" in failed(outcome).message
    assert "@ No file can be written any more: is the disk full?" in said(work)
    assert ran(work)[-1:] != ["after"]


def test_daemons_that_commands_leave_behind_are_ended_and_said(tmp_path: Path):
    work, outcome = build_of(tmp_path, commands(build=["setsid sleep 1000 & echo $! > pid"]))

    succeeded(outcome)
    assert is_gone(wait_for_pid(work.workspace / "src/pid"))
    assert "@ Ended 1 process that the commands had left running" in said(work)


def test_binary_output_and_a_log_over_its_limit_do_no_harm(tmp_path: Path):
    work, outcome = build_of(
        tmp_path,
        commands(build=["printf '\\377\\000\\n'; head -c 100000 /dev/urandom", "exit 4"]),
        log_limit=3000,
    )

    assert "Reason: exit status 4" in failed(outcome).message
    log = work.log_file.read_bytes()
    assert log.endswith(b"log limit of 3000 bytes reached; the rest is not kept\n")
    assert b"\xff\x00\n" in log


# Kept in bubblewrap


@needs_bwrap
def test_a_build_in_bubblewrap_does_all_that_others_do(tmp_path: Path):
    spec = """
        version: 0.2
        env: {exported-variables: [A]}
        phases:
          build:
            commands: ["export A=1; cd sub; exit 0", "pwd > ../where; kill -9 $$", never]
            finally: ["cat /etc/shadow || echo kept in"]
          post_build: {commands: ["echo $A"]}
        """
    work, outcome = build_of(tmp_path, spec, files={"sub/x": ""}, site={"isolation": Level.BWRAP})

    assert "inside bubblewrap (isolation: bwrap)" in said(work)[0]
    assert "Command did not exit successfully pwd > ../where" in log_of(work)
    assert "Reason: exit status 137" in failed(outcome).message
    assert (work.workspace / "src/where").read_text() == f"{work.workspace}/src/sub\n"
    assert ran(work)[-2:] == ["kept in", ""]


def test_without_the_isolation_that_is_asked_for_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    work, outcome = build_of(
        tmp_path, commands(build=["touch never"]), site={"isolation": Level.BWRAP}
    )

    assert failed(outcome).code is FailureCode.SYSTEM_UNAVAILABLE
    assert "PENSTOCK_ISOLATION is bwrap, but bwrap is not installed" in failed(outcome).message
    assert not (work.workspace / "src/never").exists()
