"""CodeCommit source: the head of a branch of a real repository."""

import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import git
from pipelines.core.source_overrides import RevisionType
from pipelines.core.statuses import FailureCode
from pipelines.providers import commands, source_codecommit
from pipelines.providers.contract import (
    Absent,
    Failed,
    Found,
    Look,
    Revision,
    Succeeded,
    Unseen,
    Work,
)
from tests.providers.work import OUTPUT, log_of, make_site, make_work

AT = datetime(2026, 11, 23, 14, 22, 10, tzinfo=UTC)
CONFIGURATION = {"RepositoryName": "demo", "BranchName": "main"}


@pytest.fixture
def commit(tmp_path: Path) -> str:
    repository = make_site(tmp_path).repositories / "demo.git"
    git.init_bare(repository)
    return git.commit_files(
        repository,
        "main",
        {"run.sh": git.File("echo hi\n", executable=True)},
        message="Say hi\n\nTo everybody.\n",
        author=("Ada", "ada@example.com"),
        at=AT,
    )


def test_the_newest_commit_is_the_artifact_and_the_revision(tmp_path: Path, commit: str):
    work = make_work(tmp_path, configuration=CONFIGURATION, output_artifacts=OUTPUT)
    outcome = source_codecommit.perform(work)
    page = f"http://localhost:8000/codesuite/codecommit/repositories/demo/commit/{commit}"
    assert isinstance(outcome, Succeeded)
    with zipfile.ZipFile(outcome.artifacts["Output"]) as archive:
        assert archive.namelist() == ["run.sh"]
    assert outcome.output_variables == {
        "RepositoryName": "demo",
        "BranchName": "main",
        "CommitId": commit,
        "CommitMessage": "Say hi\n\nTo everybody.",
        "AuthorDate": "2026-11-23T14:22:10Z",
        "CommitterDate": "2026-11-23T14:22:10Z",
    }
    assert outcome.revision == Revision(
        id=commit,
        summary="Say hi\n\nTo everybody.",
        url=f"{page}?region=us-east-1",
        change_id="2026-11-23T14:22:10Z",
        created_at=AT,
    )
    assert outcome.external_execution_id == commit
    assert commit in log_of(work)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"RepositoryName": "other"}, "There is no repository other. To make it,"),
        ({"RepositoryName": "../demo"}, "cannot be the name of a repository"),
        ({"BranchName": "other"}, "no branch named other was found"),
        ({"BranchName": "--help"}, "no branch named --help was found"),
    ],
)
def test_what_cannot_be_done_says_what_to_change(
    tmp_path: Path, commit: str, changes: dict[str, str], expected: str
):
    work = make_work(tmp_path, configuration={**CONFIGURATION, **changes})
    outcome = source_codecommit.perform(work)
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CONFIGURATION_ERROR
    assert expected in outcome.message


def test_a_damaged_repository_says_so(tmp_path: Path, commit: str):
    repository = tmp_path / "repositories/demo.git"
    for path in repository.joinpath("objects").rglob("*"):
        if path.is_file() and path.parent.name + path.name != commit:
            path.unlink()
    outcome = source_codecommit.perform(make_work(tmp_path, configuration=CONFIGURATION))
    assert isinstance(outcome, Failed)
    assert "cannot be read" in outcome.message


def test_work_that_is_lost_is_given_up(tmp_path: Path, commit: str):
    work = make_work(tmp_path, configuration=CONFIGURATION, is_lost=lambda: True)
    outcome = source_codecommit.perform(work)
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.SYSTEM_UNAVAILABLE


@pytest.fixture
def newer(tmp_path: Path, commit: str) -> str:
    return git.commit_files(
        tmp_path / "repositories/demo.git",
        "main",
        {"run.sh": git.File("echo hello\n")},
        message="Say hello",
        author=("Ada", "ada@example.com"),
        at=AT,
    )


def asking_for(tmp_path: Path, commit_id: str) -> Work:
    return make_work(
        tmp_path,
        configuration=CONFIGURATION,
        output_artifacts=OUTPUT,
        overrides={RevisionType.COMMIT_ID: commit_id},
    )


def test_a_commit_that_is_asked_for_is_taken_in_place_of_the_newest(
    tmp_path: Path, commit: str, newer: str
):
    work = asking_for(tmp_path, commit)
    outcome = source_codecommit.perform(work)
    assert isinstance(outcome, Succeeded)
    with zipfile.ZipFile(outcome.artifacts["Output"]) as archive:
        assert archive.read("run.sh") == b"echo hi\n"
    assert outcome.revision is not None
    assert (outcome.revision.id, outcome.output_variables["CommitId"]) == (commit, commit)
    assert outcome.output_variables["BranchName"] == "main"
    assert f"Source revision override: commit {commit}" in log_of(work)


def test_a_commit_that_is_asked_for_may_be_on_another_branch(tmp_path: Path, commit: str):
    elsewhere = git.commit_files(
        tmp_path / "repositories/demo.git",
        "other",
        {"other.txt": git.File("x")},
        message="Elsewhere",
        author=("Ada", "ada@example.com"),
        at=AT,
    )
    outcome = source_codecommit.perform(asking_for(tmp_path, elsewhere))
    assert isinstance(outcome, Succeeded)


@pytest.mark.parametrize("asked_for", ["0" * 40, "main", "HEAD", "--help", "x" * 1500])
def test_a_commit_that_is_not_there_is_unavailable(tmp_path: Path, commit: str, asked_for: str):
    outcome = source_codecommit.perform(asking_for(tmp_path, asked_for))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.REVISION_UNAVAILABLE
    assert f"has no commit {asked_for}. Start the pipeline with the full id" in outcome.message


def test_the_beginning_of_an_id_is_not_enough(tmp_path: Path, commit: str):
    outcome = source_codecommit.perform(asking_for(tmp_path, commit[:8]))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.REVISION_UNAVAILABLE


def test_what_is_no_commit_is_unavailable(tmp_path: Path, commit: str):
    repository = tmp_path / "repositories/demo.git"
    tree = subprocess.run(
        ["git", f"--git-dir={repository}", "rev-parse", f"{commit}^{{tree}}"],
        capture_output=True,
        check=True,
        text=True,
    )
    outcome = source_codecommit.perform(asking_for(tmp_path, tree.stdout.strip()))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.REVISION_UNAVAILABLE


def test_a_reference_is_cloned_with_its_history_by_a_build(tmp_path: Path, commit: str, newer: str):
    source = tmp_path / "source"
    source.mkdir()
    site = make_site(tmp_path)
    made = source_codecommit.perform(
        make_work(
            source,
            site=site,
            configuration={**CONFIGURATION, "OutputArtifactFormat": "CODEBUILD_CLONE_REF"},
            output_artifacts=OUTPUT,
            overrides={RevisionType.COMMIT_ID: commit},
        )
    )
    assert isinstance(made, Succeeded)
    build = make_work(
        tmp_path,
        site=site,
        commands=("cat run.sh", "git rev-list --all --count", "git rev-parse HEAD"),
        input_artifacts={"Code": made.artifacts["Output"]},
        clone_references=frozenset({"Code"}),
    )
    assert isinstance(commands.perform(build), Succeeded)
    assert ["echo hi", "2", commit] == [
        line for line in log_of(build).splitlines() if not line.startswith("[Container]")
    ]


def look_at(tmp_path: Path, **configuration: str):
    site = make_site(tmp_path)
    told = {**CONFIGURATION, **configuration}
    return source_codecommit.latest_revision(Look(site=site, configuration=told))


def test_a_look_finds_the_newest_commit(tmp_path: Path, commit: str, newer: str):
    assert look_at(tmp_path) == Found(revision=newer)


def test_a_look_at_what_is_not_there_yet_is_an_answer(tmp_path: Path, commit: str):
    assert isinstance(look_at(tmp_path, RepositoryName="other"), Absent)
    assert isinstance(look_at(tmp_path, BranchName="other"), Absent)


def test_a_look_without_git_says_so(tmp_path: Path, commit: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    unseen = look_at(tmp_path)

    assert isinstance(unseen, Unseen)
    assert "git command is not installed" in unseen.why
