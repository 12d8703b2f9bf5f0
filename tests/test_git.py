"""Git: real repositories."""

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import git
from pipelines.git import BranchNotFound, CommitNotFound, File, GitError, RepositoryNotFound

AT = datetime(2026, 11, 23, 14, 22, 10, tzinfo=UTC)
AUTHOR = ("Ada Lovelace", "ada@example.com")


def add(repository: Path, files: dict[str, File], message: str = "Change\n", branch: str = "main"):
    return git.commit_files(repository, branch, files, message=message, author=AUTHOR, at=AT)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "demo.git"
    git.init_bare(path)
    return path


def test_the_head_of_a_branch_tells_who_when_and_why(repository: Path):
    made = add(repository, {"a": File("x")}, "Add größe\n\nBecause.\n")
    found = git.head(repository, "main")
    assert found == git.Commit(
        id=made,
        parents=(),
        message="Add größe\n\nBecause.",
        author_name="Ada Lovelace",
        author_email="ada@example.com",
        author_date=AT,
        committer_date=AT,
    )
    assert found.subject == "Add größe"
    assert git.commit(repository, made) == found


def test_a_second_commit_keeps_what_it_does_not_name(repository: Path, tmp_path: Path):
    first = add(repository, {"a": File("1"), "b": File(b"\0\xff")})
    second = add(repository, {"a": File("2")})
    assert git.head(repository, "main").parents == (first,)
    git.archive(repository, second, tmp_path / "zip")
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        assert archive.read("a") == b"2"
        assert archive.read("b") == b"\0\xff"


def test_an_archive_has_all_files_with_their_executable_bits(repository: Path, tmp_path: Path):
    names = ["bin/run", "with space", 'quo"te\\d', "größe/é", "-n"]
    made = add(repository, {name: File("x", executable=name == "bin/run") for name in names})
    git.archive(repository, made, tmp_path / "zip")
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        files = {each.filename: each for each in archive.infolist() if not each.is_dir()}
    assert set(files) == set(names)
    assert [name for name, each in files.items() if each.external_attr >> 16 & 0o100] == ["bin/run"]


def test_giving_up_ends_git(repository: Path, tmp_path: Path):
    made = add(repository, {"a": File("x")})
    os.mkfifo(tmp_path / "zip")  # which nobody reads: git waits
    answers = iter([False, True])
    with pytest.raises(git.Lost):
        git.archive(repository, made, tmp_path / "zip", is_lost=lambda: next(answers))


def test_a_commit_is_on_the_branches_that_lead_to_it(repository: Path):
    first = add(repository, {"a": File("x")})
    git._run(repository, ["branch", "other", first])
    second = add(repository, {"a": File("y")})
    assert git.branches_with(repository, first) == ("main", "other")
    assert git.branches_with(repository, second) == ("main",)


def test_the_changes_of_a_commit_are_files_with_their_diffs(repository: Path):
    text = "".join(f"line {number}\n" for number in range(40))
    first = add(repository, {"a": File("one\n"), "old": File(text), "b": File(b"\0")})
    second = add(repository, {"a": File("two\n"), "new": File("diff --git a/x b/x\n")})
    found = git.changes(repository, first)
    assert [(each.status, each.path) for each in found.files] == [
        ("A", "a"),
        ("A", "b"),
        ("A", "old"),
    ]
    found = git.changes(repository, second)
    assert [(each.status, each.path) for each in found.files] == [("M", "a"), ("A", "new")]
    assert "-one\n+two\n" in found.files[0].diff
    assert "+diff --git a/x b/x\n" in found.files[1].diff
    assert not found.is_cut


def test_large_changes_are_cut_and_say_so(repository: Path):
    made = add(repository, {name: File(f"{name}\n" * 5000) for name in "abc"})
    found = git.changes(repository, made, limit=12_000)
    assert [each.path for each in found.files] == ["a", "b", "c"]
    assert found.is_cut
    assert sum(len(each.diff) for each in found.files) <= 12_000
    assert found.files[2].diff == ""


def test_a_rename_is_one_file(repository: Path, tmp_path: Path):
    text = "".join(f"line {number}\n" for number in range(40))
    add(repository, {"old": File(text)})
    git._run(
        repository,
        ["fast-import", "--quiet"],
        b"commit refs/heads/main\ncommitter A <a@b> 1 +0000\ndata 1\nx\n"
        b"from refs/heads/main^0\nR old new\n",
    )
    found = git.changes(repository, git.head(repository, "main").id)
    assert [(each.status, each.path) for each in found.files] == [("R", "new")]


def test_what_is_missing_is_named(repository: Path, tmp_path: Path):
    with pytest.raises(BranchNotFound, match="no branch main"):
        git.head(repository, "main")  # no commit yet
    made = add(repository, {"a": File("x")})
    with pytest.raises(BranchNotFound, match="no branch other"):
        git.head(repository, "other")
    with pytest.raises(RepositoryNotFound, match=r"missing\.git"):
        git.head(tmp_path / "missing.git", "main")
    for wrong in ("0" * 40, made[:10], "HEAD", "main", "--all", "", f"{made}^{{tree}}"):
        with pytest.raises(CommitNotFound):
            git.commit(repository, wrong)


@pytest.mark.parametrize(
    "name",
    [
        *("", "-x", "--upload-pack=x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b"),
        *("/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a@{1}", "a\n", "a\x7f"),
        "n" * 300,
    ],
)
def test_what_is_no_name_of_a_branch_never_reaches_git(repository: Path, name: str):
    add(repository, {"a": File("x")})
    assert not git.is_branch_name(name)
    with pytest.raises(BranchNotFound):
        git.head(repository, name)
    with pytest.raises(BranchNotFound):
        add(repository, {"a": File("x")}, branch=name)


@pytest.mark.parametrize("name", ["main", "feature/x-1", "release/1.0", "größe", "a@b", "a.b"])
def test_names_of_branches(repository: Path, name: str):
    made = add(repository, {"a": File("x")}, branch=name)
    assert git.head(repository, name).id == made


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/../b", "a//b", ".git/config", "./a"])
def test_a_path_that_cannot_be_committed_is_refused(repository: Path, path: str):
    with pytest.raises(GitError):
        add(repository, {path: File("x")})


def test_the_users_configuration_and_hooks_have_no_effect(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".gitconfig").write_text("[log]\nshowSignature = true\n[broken\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    (repository / "hooks").mkdir()
    hook = repository / "hooks/reference-transaction"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    made = add(repository, {"a": File("x")})
    assert git.head(repository, "main").id == made
    assert not (tmp_path / "hooked").exists()


def test_a_machine_without_git_is_told_so(repository: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(GitError, match="not installed"):
        git.head(repository, "main")


def test_a_damaged_repository_is_an_error_of_git(repository: Path, tmp_path: Path):
    made = add(repository, {"a": File("x")})
    tree = git._run(repository, ["rev-parse", f"{made}^{{tree}}"]).decode().strip()
    (repository / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(GitError, match="archive failed"):
        git.archive(repository, made, tmp_path / "zip")
