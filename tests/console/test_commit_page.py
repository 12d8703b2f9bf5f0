"""The page of one commit."""

import subprocess
from datetime import UTC, datetime

import pytest

from console.present.commit import changes_view
from pipelines import git, places
from pipelines.git import ChangedFile, Changes, File

AT = datetime(2026, 11, 23, 14, 27, tzinfo=UTC)


@pytest.fixture
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    return tmp_path


@pytest.fixture
def repository(home):
    folder = places.repositories() / "website.git"
    git.init_bare(folder)
    return folder


def commit(repository, files, message="First", branch="main", author="Ana <b>"):
    return git.commit_files(
        repository,
        branch,
        {path: File(content=content) for path, content in files.items()},
        message=message,
        author=(author, "ana@example.com"),
        at=AT,
    )


def url(repository, commit_id):
    return f"/codesuite/codecommit/repositories/{repository}/commit/{commit_id}"


def test_it_shows_who_did_what_and_when(signed_in, repository):
    first = commit(repository, {"page.html": "old\n"})
    second = commit(
        repository, {"page.html": "new <i>\n", "b.txt": "b\n"}, message="Fix\n\nAll of <it>"
    )

    answer = signed_in.get(url("website", second))

    text = answer.content.decode()
    assert answer.status_code == 200
    assert second in text
    assert "All of &lt;it&gt;" in text
    assert "ana@example.com" in text
    assert "Nov 23, 2026" in text
    assert '<span class="cp-diff__del">-old</span>' in text
    assert '<span class="cp-diff__add">+new &lt;i&gt;</span>' in text
    assert f'href="{url("website", first)}"' in text
    assert "2 lines added, 1 deleted" in text
    assert "<bdi>main</bdi>" in text


def test_the_first_commit_has_no_parent(signed_in, repository):
    first = commit(repository, {"a": "a\n"})

    assert "None: the first commit" in signed_in.get(url("website", first)).content.decode()


def test_branches_are_those_the_commit_is_on(repository):
    first = commit(repository, {"a": "a\n"})
    commit(repository, {"b": "b\n"}, branch="other")
    subprocess.run(
        ["git", f"--git-dir={repository}", "branch", "feature/x", first],
        check=True,
    )

    assert git.branches_with(repository, first) == ("feature/x", "main")


@pytest.mark.parametrize(
    ("name", "commit_id"),
    [
        ("website", "0" * 40),
        ("website", "main"),
        ("website", "--all"),
        ("website", "HEAD"),
        ("nothing", "0" * 40),
        ("..", "0" * 40),
        ("-x", "0" * 40),
        (".", "0" * 40),
        ("%2e%2e%2frepositories%2fwebsite", "0" * 40),
        ("web%00site", "0" * 40),
        ("website", "%00"),
        ("website", "%3Cscript%3E"),
    ],
)
def test_what_does_not_exist_is_not_found_in_words(signed_in, repository, name, commit_id):
    answer = signed_in.get(url(name, commit_id))

    assert answer.status_code == 404
    assert "<script>" not in answer.content.decode()


def test_the_words_name_what_is_missing(signed_in, repository):
    missing = signed_in.get(url("nothing", "0" * 40)).content.decode()
    unknown = signed_in.get(url("website", "0" * 40)).content.decode()

    assert "There is no repository nothing." in missing
    assert f"Repository website has no commit {'0' * 40}." in unknown


def changed(diff, status="M", path="a.txt", is_cut=False):
    file = ChangedFile(status=status, path=path, diff=diff)
    return changes_view(Changes(files=(file,), is_cut=is_cut)).files[0]


def test_lines_are_told_apart_and_counted():
    file = changed("diff --git a b\n--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n+more\n")

    assert [line.kind for line in file.lines] == ["hunk", "", "del", "add", "add"]
    assert (file.added, file.deleted, file.is_open) == (2, 1, True)


def test_only_a_newline_ends_a_line():
    file = changed("diff --git a b\n@@ -0,0 +1 @@\n+form\x0cfeed\u2028and\x85more\n")

    assert file.lines[1].text == "+form\x0cfeed\u2028and\x85more"


def test_a_long_diff_waits_to_be_opened():
    assert not changed("diff --git a b\n@@ @@\n" + "+x\n" * 500).is_open


@pytest.mark.parametrize(
    ("diff", "status", "is_cut", "note"),
    [
        ("diff --git a b\nBinary files a and b differ\n", "M", False, "This file is binary"),
        ("", "M", True, "Not shown"),
        ("diff --git a b\nsimilarity index 100%\nrename from x\n", "R", False, "Renamed without"),
        ("diff --git a b\nold mode 100644\nnew mode 100755\n", "M", False, "Old mode 100644; new"),
        ("diff --git a b\nnew file mode 100644\n", "A", False, "An empty file."),
    ],
)
def test_without_lines_there_is_a_note(diff, status, is_cut, note):
    assert changed(diff, status=status, is_cut=is_cut).note.startswith(note)


def test_a_renamed_file_tells_its_old_name():
    file = changed("diff --git a b\nrename from was here.txt\nrename to a.txt\n", status="R")

    assert file.old_path == "was here.txt"


def test_a_commit_too_large_for_a_page_says_so(signed_in, repository):
    large = commit(repository, {"large.txt": "x" * 99 + "\n" + ("y" * 99 + "\n") * 6000})

    text = signed_in.get(url("website", large)).content.decode()

    assert "This commit is larger than this page" in text
