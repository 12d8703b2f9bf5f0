"""Hooks of local repositories: real pushes, which are heard of and never held up."""

import subprocess
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines import definitions, git, places, watching
from pipelines.models import WatchedSource
from tests.definitions import approval, definition, s3_source, source, stage
from tests.engine_room import ALICE


@pytest.fixture
def repository(engine_room, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path / "it's home"
    bare = places.repositories() / "website.git"
    bare.parent.mkdir(parents=True)
    git.init_bare(bare)
    return bare


@pytest.fixture
def clone(repository, tmp_path):
    folder = tmp_path / "clone"
    run("init", "-q", "-b", "main", str(folder), cwd=tmp_path)
    return folder


def run(*arguments, cwd):
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    return subprocess.run(
        ["git", *who, *arguments], cwd=cwd, check=True, capture_output=True, text=True
    )


def push(clone, repository):
    run("commit", "-q", "--allow-empty", "-m", "Change", cwd=clone)
    return run("push", "-q", str(repository), "main", cwd=clone)


def create(name, first):
    definitions.create(
        definition(name, stages=[stage("Source", first), stage("Ask", approval())]), by=ALICE
    )


def rest():
    """Nothing is due for an hour."""
    watching.claim()
    later = timezone.now() + timedelta(hours=1)
    WatchedSource.objects.update(due_at=later, claimed_until=None)


def claimed():
    ids = watching.claim()
    return sorted(WatchedSource.objects.filter(pk__in=ids).values_list("pipeline__name", flat=True))


def test_a_push_has_its_sources_looked_at_and_no_others(repository, clone):
    create("one", source())
    create("other", source(configuration={"RepositoryName": "else", "BranchName": "main"}))
    create("bucket", s3_source())
    rest()
    call_command("repository_hooks", "website")
    assert claimed() == []
    push(clone, repository)
    assert claimed() == ["one"]
    rest()
    assert claimed() == []


def test_a_pipeline_that_does_not_poll_is_left_alone(repository, clone):
    quiet = {"RepositoryName": "website", "BranchName": "main", "PollForSourceChanges": "false"}
    create("one", source(configuration=quiet))
    rest()
    call_command("repository_hooks")
    push(clone, repository)
    assert claimed() == []


def test_a_push_goes_on_when_nothing_can_be_told(repository, clone):
    call_command("repository_hooks", "website")
    places.pushes().rmdir()
    assert push(clone, repository).stderr == ""
    assert watching.claim() == []


def test_all_repositories_get_the_hook_and_may_get_it_again(repository, capsys):
    for _ in range(2):
        call_command("repository_hooks")
    assert capsys.readouterr().out.count("Wrote") == 2
    assert (repository / "hooks" / "post-receive").stat().st_mode & 0o777 == 0o755


def test_a_hook_of_somebody_else_is_left_alone(repository):
    hook = repository / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho mine\n")
    with pytest.raises(CommandError, match=r"is somebody else's\. Add this line to it: "):
        call_command("repository_hooks", "website")
    assert "mine" in hook.read_text()


@pytest.mark.parametrize("name", ["nothing", "../website", "x/../website"])
def test_what_is_no_repository_is_refused(repository, name):
    with pytest.raises(CommandError, match="There is no repository"):
        call_command("repository_hooks", name)
