"""A Python package from its repository through CodeBuild to deployed files, by the real runner."""

import pytest
from django.utils import timezone

from pipelines import definitions, executions, git, places, projects, tasks
from pipelines.core.action_types import ActionTypeId
from pipelines.models import ActionExecution, BuildProject
from pipelines.projects import Settings
from tests.definitions import action, commands, definition, source, stage
from tests.engine_room import ALICE
from tests.workers import Workers

CODEBUILD = ActionTypeId("Build", "AWS", "CodeBuild", "1")
BUILDSPEC = """\
version: 0.2
env:
  variables:
    PACKAGE: tide
  exported-variables: [VERSION, COMMIT, LEVEL]
phases:
  install:
    runtime-versions:
      python: 3.11
  pre_build:
    commands:
      - VERSION=$(sed -n 's/^version = "\\(.*\\)"$/\\1/p' pyproject.toml)
      - COMMIT=$(echo $CODEBUILD_RESOLVED_SOURCE_VERSION | cut -c 1-7)
  build:
    commands:
      - python3 -m unittest discover -s tests
      - mkdir -p dist && tar czf dist/$PACKAGE-$VERSION.tar.gz $PACKAGE
    finally:
      - echo tests have run
  post_build:
    commands:
      - export VERSION COMMIT
      - mkdir docs && echo "# $PACKAGE $VERSION ($CODEBUILD_BUILD_NUMBER)" > docs/index.md
artifacts:
  files: ['**/*']
  secondary-artifacts:
    Dist:
      files: ['*.tar.gz']
      base-directory: dist
    Docs:
      files: ['docs/*.md']
      discard-paths: yes
"""
FILES = {
    "buildspec.yml": BUILDSPEC,
    "pyproject.toml": '[project]\nname = "tide"\nversion = "1.4.2"\n',
    "tide/__init__.py": "def level():\n    return 3\n",
    "tests/test_tide.py": "import unittest\nimport tide\n\n\nclass Tide(unittest.TestCase):\n"
    "    def test_level(self):\n        self.assertEqual(tide.level(), 3)\n",
}


@pytest.fixture
def workers(transactional_db, monkeypatch, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    workers = Workers()
    monkeypatch.setattr(tasks, "_send", workers.send)
    return workers


def commit(**changes):
    repository = places.repositories() / "website.git"
    if not repository.exists():
        git.init_bare(repository, "main")
    return git.commit_files(
        repository,
        "main",
        {name: git.File(content=text) for name, text in {**FILES, **changes}.items()},
        message="Rise",
        author=("Alice", "alice@example.com"),
        at=timezone.now(),
    )


def pipeline():
    variables = '[{"name": "LEVEL", "value": "#{Source.BranchName}"}]'
    build = action(
        "Build",
        CODEBUILD,
        inputs=["Code"],
        outputs=["Dist", "Docs"],
        configuration={"ProjectName": "tide", "EnvironmentVariables": variables},
        namespace="Build",
    )
    publish = commands(
        "Publish",
        "echo published #{Build.VERSION} of #{Build.COMMIT} from #{Build.LEVEL}",
        "ls . $CODEBUILD_SRC_DIR_Docs; cat $CODEBUILD_SRC_DIR_Docs/index.md",
        "tar tzf tide-#{Build.VERSION}.tar.gz",
        inputs=["Dist", "Docs"],
    )
    stages = [
        stage("Source", source(namespace="Source")),
        stage("Build", build),
        stage("Publish", publish),
    ]
    return definition("tide", stages=stages, pipeline_type="V2")


def action_named(name):
    return ActionExecution.objects.filter(action_name=name).latest("started_at")


def log_of(name):
    return places.log_of(action_named(name).pk).read_text()


def test_what_a_build_makes_and_exports_arrives_in_the_next_stage(workers):
    commit_id = commit()
    projects.create("tide", Settings(), by=ALICE)

    execution = definitions.create(pipeline(), by=ALICE).executions.get()
    workers.work()

    execution.refresh_from_db()
    build = action_named("Build")
    assert execution.status == "Succeeded", (build.error_message, log_of("Build"))
    assert build.output_variables == {
        "VERSION": "1.4.2",
        "COMMIT": commit_id[:7],
        "LEVEL": "main",
    }
    assert build.external_execution_id == f"tide:{build.pk}"
    published = log_of("Publish")
    assert f"published 1.4.2 of {commit_id[:7]} from main" in published
    assert "# tide 1.4.2 (1)" in published
    assert "tide/__init__.py" in published


def test_a_failing_test_fails_the_pipeline_and_the_next_build_is_number_two(workers):
    commit(**{"tide/__init__.py": "def level():\n    return 4\n"})
    projects.create("tide", Settings(), by=ALICE)
    first = definitions.create(pipeline(), by=ALICE).executions.get()
    workers.work()

    commit()
    second = executions.start("tide", trigger_type="StartPipelineExecution")
    workers.work()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("Failed", "Succeeded")
    failed = first.action_executions.get(action_name="Build")
    assert failed.error_code == "JobFailed"
    assert failed.error_message.startswith(
        "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR,"
        " Message: Error while executing command: python3 -m unittest"
    )
    assert "tests have run" in places.log_of(failed.pk).read_text()
    assert "# tide 1.4.2 (2)" in log_of("Publish")
    assert BuildProject.objects.get().builds == 2


def test_without_the_project_the_action_fails_and_names_it(workers):
    commit()

    execution = definitions.create(pipeline(), by=ALICE).executions.get()
    workers.work()

    execution.refresh_from_db()
    assert execution.status == "Failed"
    assert "Project cannot be found: arn:aws:codebuild:us-east-1:123456789012:project/tide" in (
        action_named("Build").error_message
    )
