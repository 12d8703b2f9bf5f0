"""Repositories elsewhere: git's own server over HTTP, paths, and hosts that are no good."""

import os
import socket
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from pipelines import git, processes, remotes
from pipelines.remotes import Bounds, Credential, Remote
from tests.git_host import git_host, make_repository, push
from tests.waiting import wait_until

SECRET = "hunter2-is-secret"
BOUNDS = Bounds(seconds=60)


@pytest.fixture
def host(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with git_host(root) as running:
        yield running


def remote(host, name="acme/site", **credential):
    return Remote(url=f"{host.url}/{name}.git", credential=Credential(**credential))


def locked(host):
    host.user = ("ada", SECRET)
    return remote(host, username="ada", password=SECRET)


def test_branches_are_listed_with_their_newest_commits(host):
    first = make_repository(host.root)
    other = push(host.root / "acme/site.git", "topic/one", page="x")

    assert remotes.branches(remote(host), BOUNDS) == {"main": first, "topic/one": other}
    assert remotes.branches(remote(host), BOUNDS, branch="main") == {"main": first}
    assert remotes.head(remote(host), "topic/one", BOUNDS) == other


def test_an_empty_repository_has_no_branches(host):
    git.init_bare(host.root / "acme/site.git")

    assert remotes.branches(remote(host), BOUNDS) == {}
    with pytest.raises(remotes.NoSuchRevision, match="has no branch main"):
        remotes.head(remote(host), "main", BOUNDS)


def test_a_branch_is_fetched_without_its_history(host, tmp_path):
    make_repository(host.root)
    newest = push(host.root / "acme/site.git", index="hello again\n")

    commit = remotes.fetch_branch(remote(host), "main", tmp_path / "got.git", BOUNDS)

    assert (commit.id, commit.subject) == (newest, "Change index")
    count = subprocess.check_output(
        ["git", f"--git-dir={tmp_path / 'got.git'}", "rev-list", "--count", "--all"], text=True
    )
    assert count.strip() == "1"


def test_a_commit_is_fetched_from_any_branch_or_tag(host, tmp_path):
    first = make_repository(host.root)
    repository = host.root / "acme/site.git"
    push(repository, index="hello again\n")

    commit = remotes.fetch_commit(remote(host), first, tmp_path / "got.git", BOUNDS)

    assert commit.id == first


@pytest.mark.parametrize("asked", ["0" * 40, "main", "HEAD", "--help", "x" * 1500])
def test_a_commit_that_is_not_there(host, tmp_path, asked):
    make_repository(host.root)

    with pytest.raises(remotes.NoSuchRevision, match="has no commit"):
        remotes.fetch_commit(remote(host), asked, tmp_path / "got.git", BOUNDS)


@pytest.mark.parametrize("branch", ["absent", "--upload-pack=touch x", "a b", "*", ""])
def test_a_branch_that_is_not_there(host, tmp_path, branch):
    make_repository(host.root)

    with pytest.raises(remotes.NoSuchRevision):
        remotes.head(remote(host), branch, BOUNDS)
    with pytest.raises(remotes.NoSuchRevision):
        remotes.fetch_branch(remote(host), branch, tmp_path / "got.git", BOUNDS)


def test_a_clone_has_all_of_the_history_and_no_credential(host, tmp_path):
    first = make_repository(host.root)
    push(host.root / "acme/site.git", index="hello again\n")
    asked = locked(host)

    remotes.clone(asked, first, tmp_path / "clone", BOUNDS)

    assert (tmp_path / "clone/index").read_text() == "hello\n"
    log = subprocess.check_output(["git", "log", "--all", "--oneline"], cwd=tmp_path / "clone")
    assert len(log.splitlines()) == 2
    everything = b"".join(p.read_bytes() for p in (tmp_path / "clone").rglob("*") if p.is_file())
    assert SECRET.encode() not in everything
    assert f"url = {asked.url}" in (tmp_path / "clone/.git/config").read_text()


def test_what_is_on_no_branch_any_more_can_still_be_cloned(host, tmp_path):
    first = make_repository(host.root)
    lost = push(host.root / "acme/site.git", index="lost\n")
    subprocess.run(
        ["git", f"--git-dir={host.root / 'acme/site.git'}", "update-ref", "refs/heads/main", first],
        check=True,
    )

    remotes.clone(remote(host), lost, tmp_path / "clone", BOUNDS)

    assert (tmp_path / "clone/index").read_text() == "lost\n"


def test_a_path_is_a_repository_too(tmp_path):
    first = make_repository(tmp_path)
    there = Remote(url=str(tmp_path / "acme/site.git"))

    assert remotes.head(there, "main", BOUNDS) == first
    assert remotes.fetch_branch(there, "main", tmp_path / "got.git", BOUNDS).id == first
    remotes.clone(there, first, tmp_path / "clone", BOUNDS)
    assert (tmp_path / "clone/index").read_text() == "hello\n"
    for kept in (tmp_path / "clone/.git/objects").rglob("*"):
        assert kept.is_dir() or kept.stat().st_nlink == 1


# Credentials


def test_a_password_is_given_when_it_is_asked_for(host):
    first = make_repository(host.root)

    assert remotes.head(locked(host), "main", BOUNDS) == first
    assert ("ada" in {user for _, user in host.asked}) is True


@pytest.mark.parametrize("credential", [{}, {"username": "ada", "password": "wrong"}])
def test_without_the_right_password_access_is_denied_and_nobody_is_asked(host, credential):
    make_repository(host.root)
    host.user = ("ada", SECRET)

    with pytest.raises(remotes.Denied, match="denied access"):
        remotes.head(remote(host, **credential), "main", BOUNDS)


def test_characters_of_a_shell_in_a_password_are_characters(host):
    first = make_repository(host.root)
    host.user = ("a'$(x)", "p%s\\n\"`id`' $HOME")
    user, password = host.user

    assert remotes.head(remote(host, username=user, password=password), "main", BOUNDS) == first


def test_the_password_is_in_no_list_of_processes(host, tmp_path):
    make_repository(host.root)
    seen = []

    def look():
        for process in psutil.Process().children(recursive=True):
            try:
                seen.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return False

    bounds = Bounds(seconds=60, is_lost=look)
    remotes.fetch_branch(locked(host), "main", tmp_path / "got.git", bounds)

    host.hangs = True
    with pytest.raises(remotes.Unreachable):
        remotes.head(locked(host), "main", Bounds(seconds=1, is_lost=look))
    assert any("ls-remote" in line for line in seen)
    assert not any(SECRET in line for line in seen)


def test_a_redirect_to_another_host_takes_no_password_along(host, tmp_path):
    make_repository(host.root)
    with git_host(host.root) as other:
        other.user = ("ada", SECRET)
        asked = locked(host)
        host.user, host.redirects_to = None, other.url

        with pytest.raises(remotes.Denied):
            remotes.head(asked, "main", BOUNDS)

        assert other.asked
        assert {user for _, user in other.asked} == {""}


def test_a_redirect_to_another_kind_of_address_is_not_followed(host, tmp_path):
    make_repository(tmp_path)
    host.redirects_to = f"file://{tmp_path}"

    with pytest.raises(remotes.RemoteError):
        remotes.head(remote(host), "main", BOUNDS)


def test_a_kind_of_address_that_runs_a_program_is_refused(tmp_path):
    there = Remote(url=f"ext::sh -c 'touch {tmp_path / 'ran'}'")

    with pytest.raises(remotes.RemoteError):
        remotes.branches(there, BOUNDS)

    assert not (tmp_path / "ran").exists()


# SSH, with a program in ssh's place that runs what it is told here


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """What ssh was called with, a line each; `key` is what was in the key's file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ssh"
    program.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\n" "$@" >{tmp_path}/called\n'
        "for each; do case $each in IdentityFile=*)\n"
        f'  f=${{each#*=}}; f=${{f#\\"}}; f=${{f%\\"}}; cp "$f" {tmp_path}/key;'
        f' stat -c %a "$f" >{tmp_path}/mode;; esac; done\n'
        "for last; do :; done\n"
        f'cd {tmp_path} && exec sh -c "$last"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return tmp_path


def test_a_key_is_used_over_ssh_and_forgotten(ssh):
    first = make_repository(ssh)
    there = Remote(
        url=f"ssh://git@example.com{ssh}/acme/site.git",
        credential=Credential(private_key="-----BEGIN KEY-----\n", known_hosts=ssh / "known hosts"),
    )

    assert remotes.head(there, "main", BOUNDS) == first

    called = (ssh / "called").read_text().splitlines()
    assert 'BatchMode="yes"' in called
    assert f'UserKnownHostsFile="{ssh / "known hosts"}"' in called
    assert (ssh / "key").read_text() == "-----BEGIN KEY-----\n"
    assert (ssh / "mode").read_text() == "600\n"
    [key] = [line.partition("=")[2].strip('"') for line in called if "IdentityFile" in line]
    assert not Path(key).parent.exists()


def test_over_ssh_without_a_key_nobody_is_asked_either(ssh):
    make_repository(ssh)

    remotes.branches(Remote(url=f"ssh://git@example.com{ssh}/acme/site.git"), BOUNDS)

    called = (ssh / "called").read_text().splitlines()
    assert "BatchMode=yes" in called
    # Those of whoever runs the workers open the hosts that are deployed to.
    assert {"IdentityFile=none", "IdentityAgent=none"} <= set(called)


# Hosts that are no good


def test_a_repository_that_is_not_there(host):
    with pytest.raises(remotes.NotThere):
        remotes.head(remote(host, "acme/absent"), "main", BOUNDS)
    with pytest.raises(remotes.NotThere):
        remotes.head(Remote(url=str(host.root / "absent")), "main", BOUNDS)


def test_a_host_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(remotes.Unreachable, match="Failed to connect"):
        remotes.head(Remote(url=f"http://127.0.0.1:{port}/a/b"), "main", BOUNDS)


def test_a_host_that_hangs_is_given_up(host):
    host.hangs = True

    with pytest.raises(remotes.Unreachable, match=r"did not finish within 0\.5 seconds"):
        remotes.head(remote(host), "main", Bounds(seconds=0.5))


def test_work_that_is_lost_ends_git_and_its_helpers(host):
    host.hangs = True
    lost = threading.Event()
    problems = []

    def ask():
        try:
            bounds = Bounds(seconds=60, is_lost=lost.is_set, token="remotes-test")
            remotes.head(remote(host), "main", bounds)
        except git.Lost as problem:
            problems.append(problem)

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(lambda: host.asked)
    lost.set()
    thread.join()

    assert len(problems) == 1
    assert processes.end_leftovers("remotes-test") == 0


@pytest.mark.parametrize("answer", [b"", b"<html>Hello</html>", b"0" * 4096, b"\xff\x00" * 999])
def test_a_host_that_talks_of_something_else(host, answer):
    host.answers = answer

    with pytest.raises(remotes.RemoteError) as problem:
        remotes.head(remote(host), "main", BOUNDS)

    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 600


def test_a_repository_over_the_limit_is_given_up(host, tmp_path):
    noise = os.urandom(400_000).hex()
    make_repository(host.root, noise=noise)

    with pytest.raises(remotes.TooLarge, match="more than 100000 bytes"):
        remotes.fetch_branch(
            remote(host), "main", tmp_path / "got.git", Bounds(seconds=60, size=100_000)
        )


def test_files_that_grow_beyond_bounds_when_they_are_checked_out(host, tmp_path, monkeypatch):
    first = make_repository(host.root, zeros="0" * 3_000_000)
    monkeypatch.setattr(remotes, "CHECKED_OUT_LIMIT", 1_000_000)
    bounds = Bounds(seconds=60, size=1_000_000)

    with pytest.raises(remotes.TooLarge, match="more than 1000000 bytes"):
        remotes.clone(remote(host), first, tmp_path / "clone", bounds)


def test_a_host_that_lists_without_end_is_given_up(host, monkeypatch):
    make_repository(host.root)
    monkeypatch.setattr(remotes, "SAID_LIMIT", 10)

    with pytest.raises(remotes.TooLarge, match="more branches than can be read"):
        remotes.branches(remote(host), BOUNDS)


def test_an_address_with_a_password_in_it_is_not_repeated():
    url = f"http://ada:{SECRET}@127.0.0.1:9/a/b"

    with pytest.raises(remotes.RemoteError) as problem:
        remotes.head(Remote(url=url), "main", BOUNDS)

    assert SECRET not in str(problem.value)


def test_without_git_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(remotes.RemoteError, match="git command is not installed"):
        remotes.branches(Remote(url=str(tmp_path)), BOUNDS)


# What change detection asks for


def test_of_a_tag_that_is_an_object_the_commit_counts(host):
    commit = make_repository(host.root)
    there = f"--git-dir={host.root / 'acme/site.git'}"
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", *who, there, "tag", "-a", "v1", "-m", "One", commit], check=True)
    subprocess.run(["git", there, "tag", "light", commit], check=True)

    found = remotes.refs(remote(host), BOUNDS, "refs/heads/*", "refs/tags/*")

    assert found == {
        "refs/heads/main": commit,
        "refs/tags/light": commit,
        "refs/tags/v1": commit,
    }


def test_the_files_that_differ_between_two_commits(host, tmp_path):
    first = make_repository(host.root, keep="x", change="x")
    second = push(host.root / "acme/site.git", change="y", **{"docs/new é.md": "z"})

    found = remotes.changed_files(remote(host), first, second, tmp_path / "look.git", BOUNDS)

    assert found == ("change", "docs/new é.md")


def test_the_files_since_a_commit_that_is_gone_are_not_known(host, tmp_path):
    second = make_repository(host.root)

    with pytest.raises(remotes.NoSuchRevision):
        remotes.changed_files(remote(host), "0" * 40, second, tmp_path / "look.git", BOUNDS)
