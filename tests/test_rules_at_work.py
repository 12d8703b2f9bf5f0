"""Rules of conditions done by the real runner: real commands, a real build, a real expression."""

import pytest
from django.utils import timezone

from pipelines import definitions, git, places, projects, tasks
from pipelines.models import ActionExecution
from pipelines.projects import Settings
from tests.definitions import commands, definition, rule, source, stage, when
from tests.engine_room import ALICE
from tests.workers import Workers

BUILDSPEC = "version: 0.2\nphases:\n  build:\n    commands:\n      - test -s page.txt\n"


@pytest.fixture
def workers(transactional_db, monkeypatch, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    workers = Workers()
    monkeypatch.setattr(tasks, "_send", workers.send)
    return workers


def run(workers, *rules, page="High tide\n"):
    """An execution of a pipeline whose last stage has these rules."""
    repository = places.repositories() / "website.git"
    git.init_bare(repository, "main")
    files = {"page.txt": page, "buildspec.yml": BUILDSPEC}
    git.commit_files(
        repository,
        "main",
        {name: git.File(content=text) for name, text in files.items()},
        message="Rise",
        author=("Alice", "alice@example.com"),
        at=timezone.now(),
    )
    projects.create("look", Settings(), by=ALICE)
    guarded = stage("Publish", commands("Print", "cat page.txt"), before_entry=when("FAIL", *rules))
    stages = [stage("Source", source(namespace="Source")), guarded]
    execution = definitions.create(definition("website", stages=stages), by=ALICE).executions.get()
    workers.work()
    execution.refresh_from_db()
    return execution


def ended(name):
    return ActionExecution.objects.of_rules().get(action_name=name)


LOOK = rule("Commands", "Look", "echo looked at #{Source.BranchName}", "grep -q tide page.txt")
LOOK["inputArtifacts"] = [{"name": "Code"}]
BUILD = rule("CodeBuild", "Build", inputs=["Code"], configuration={"ProjectName": "look"})
MATCH = rule(
    name="Match",
    configuration={"Variable": "#{Source.BranchName}", "Value": "ma.*", "Operator": "MATCHES"},
)


def test_all_of_them_let_the_execution_in(workers):
    execution = run(workers, LOOK, BUILD, MATCH)

    told = {name: (ended(name).status, ended(name).error_message) for name in ("Look", "Build")}
    assert told == {"Look": ("Succeeded", ""), "Build": ("Succeeded", "")}
    assert ended("Match").summary == "The value 'main' does match 'ma.*'."
    assert "looked at main" in places.log_of(ended("Look").pk).read_text()
    assert ended("Look").lease.outcome == "Succeeded"
    assert execution.status == "Succeeded"


def test_a_command_that_fails_keeps_it_out(workers):
    execution = run(workers, LOOK, page="Low water\n")

    assert execution.status == "Failed"
    assert ended("Look").error_code == "JobFailed"
    assert not ActionExecution.objects.filter(action_name="Print").exists()


def test_without_its_service_a_rule_says_what_to_set(workers):
    alarm = rule("CloudWatchAlarm", "Alarm", configuration={"AlarmName": "Errors"})

    execution = run(workers, alarm)

    assert execution.status == "Failed"
    assert "PENSTOCK_ENDPOINT_CLOUDWATCH" in ended("Alarm").error_message
    condition = execution.condition_executions.get()
    assert condition.status == "Errored"
