"""ECR build and publish: the tool of the machine is called as it expects, and not just believed.

The tool is a small program in a folder of its own; what a real one does in its containers is not
ours to test.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines import processes
from pipelines.core.statuses import FailureCode
from pipelines.providers import build_ecr
from pipelines.providers.contract import Failed, Succeeded
from tests.providers.work import log_of, make_artifact, make_site, make_work

DIGEST = "sha256:" + "0123456789abcdef" * 4
DOCKER = f"""\
#!/bin/sh
echo "docker $*"
case "$1 $2" in
  "image inspect") echo "elsewhere/app@sha256:{"f" * 64}"
                   echo "127.0.0.1:5000/tide/app@{DIGEST}" ;;
  build*) [ -f "$(echo "$*" | sed 's/.*--file \\([^ ]*\\).*/\\1/')" ] ;;
esac
"""
PODMAN = f"""\
#!/bin/sh
echo "podman $*"
[ "$1" = push ] && echo {DIGEST} > "$3"
true
"""
SOURCE = {"Dockerfile": "FROM scratch\n", "web/Dockerfile": "FROM scratch\n", "web/Other": ""}


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Have only these programs on this machine, beside those that every machine has."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    found = processes.program
    ours = lambda name: str(folder / name) if (folder / name).exists() else None  # noqa: E731
    monkeypatch.setattr(
        processes, "program", lambda n: ours(n) if n in build_ecr.TOOLS else found(n)
    )

    def install(name, text):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    return install


def work_of(folder: Path, registry="127.0.0.1:5000", timeout=None, **configuration):
    return make_work(
        folder,
        site=make_site(folder, registry=registry),
        configuration={"ECRRepositoryName": "tide/app", **configuration},
        input_artifacts={"Code": make_artifact(folder, {**SOURCE})},
        timeout=timeout or timedelta(minutes=2),
    )


def failed(outcome):
    assert isinstance(outcome, Failed), outcome
    return outcome


def test_the_image_is_built_and_pushed_with_every_tag(tmp_path, tool):
    tool("docker", DOCKER)
    work = work_of(tmp_path, ImageTags="v1, latest")
    outcome = build_ecr.perform(work)

    assert isinstance(outcome, Succeeded), (outcome, log_of(work))
    assert outcome.output_variables == {
        "ECRImageDigestId": DIGEST,
        "ECRRepositoryName": "tide/app",
    }
    first, second = "127.0.0.1:5000/tide/app:v1", "127.0.0.1:5000/tide/app:latest"
    source = work.workspace / "src"
    calls = re.findall("^docker (.*)", log_of(work), flags=re.MULTILINE)
    assert calls == [
        f"build --tag {first} --tag {second} --file {source}/Dockerfile {source}",
        f"push {first}",
        f"push {second}",
    ]
    assert outcome.summary == f"Pushed {first}, {second}"


def test_podman_says_the_digest_in_a_file(tmp_path, tool):
    tool("podman", PODMAN)
    outcome = build_ecr.perform(work_of(tmp_path))

    assert isinstance(outcome, Succeeded), outcome
    assert outcome.output_variables["ECRImageDigestId"] == DIGEST


@pytest.mark.parametrize(
    ("path", "file"),
    [("web", "web/Dockerfile"), ("web/Other", "web/Other"), ("/web/", "web/Dockerfile")],
)
def test_the_dockerfile_is_a_file_or_in_a_folder(tmp_path, tool, path, file):
    tool("docker", DOCKER)
    work = work_of(tmp_path, DockerFilePath=path)

    assert isinstance(build_ecr.perform(work), Succeeded)
    assert f"--file {work.workspace}/src/{file} {work.workspace}/src/web" in log_of(work)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"ECRRepositoryName": "Tide App"}, "'Tide App' cannot be a repository's name"),
        ({"ECRRepositoryName": "a;rm -rf x"}, "cannot be a repository's name"),
        ({"ImageTags": "ok,,"}, "ImageTags: '' cannot be the tag"),
        ({"ImageTags": "$(id)"}, "'$(id)' cannot be the tag"),
        ({"DockerFilePath": "../../etc"}, "leads out of the input artifact"),
        ({"DockerFilePath": "api"}, "The input artifact has no file api"),
    ],
)
def test_what_is_configured_badly_is_said(tmp_path, tool, configuration, expected):
    tool("docker", DOCKER)
    outcome = failed(build_ecr.perform(work_of(tmp_path, **configuration)))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert expected in outcome.message


def test_without_a_tool_it_says_what_to_install(tmp_path, tool):
    outcome = failed(build_ecr.perform(work_of(tmp_path)))

    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert "none of docker, podman, buildah is installed" in outcome.message


def test_without_a_registry_it_says_what_to_set(tmp_path, tool):
    tool("docker", DOCKER)
    outcome = failed(build_ecr.perform(work_of(tmp_path, registry="")))

    assert "Set PENSTOCK_REGISTRY" in outcome.message


def test_a_build_that_fails_names_the_command(tmp_path, tool):
    tool("docker", "#!/bin/sh\necho no daemon >&2; exit 1\n")
    work = work_of(tmp_path)
    outcome = failed(build_ecr.perform(work))

    assert outcome.code is FailureCode.JOB_FAILED
    assert "docker build --tag" in outcome.message
    assert "exit status 1" in outcome.message
    assert "no daemon" in log_of(work)


def test_a_build_that_hangs_is_ended(tmp_path, tool):
    tool("docker", "#!/bin/sh\ntrap '' TERM; sleep 60 & wait; sleep 60\n")
    outcome = failed(build_ecr.perform(work_of(tmp_path, timeout=timedelta(seconds=0.5))))

    assert "did not end within" in outcome.message


def test_a_tool_that_tells_no_digest_is_not_believed(tmp_path, tool):
    tool("docker", "#!/bin/sh\ntrue\n")
    outcome = failed(build_ecr.perform(work_of(tmp_path)))

    assert "does not say what its digest is" in outcome.message


def test_an_artifact_that_is_no_zip_file_is_named(tmp_path, tool):
    tool("docker", DOCKER)
    work = work_of(tmp_path)
    work.input_artifacts["Code"].write_text("no zip")

    assert "The input artifact Code cannot be used" in failed(build_ecr.perform(work)).message
