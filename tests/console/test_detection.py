"""What the page of a source action says of change detection."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines import git, places, watching
from pipelines.models import Pipeline, PipelineExecution, WatchedSource
from tests.definitions import approval, source, stage
from tests.git_host import push

OFF = {"RepositoryName": "website", "BranchName": "main", "PollForSourceChanges": "false"}


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    settings.PENSTOCK_POLL_SECONDS = 30


def page(client, execution, name="Fetch"):
    action = execution.action_executions.get(action_name=name)
    base = f"/codesuite/codepipeline/pipelines/website/executions/{execution.pk}/actions"
    answer = client.get(f"{base}/{action.pk}")
    assert answer.status_code == 200
    return answer


def create(room, **members):
    execution = room.create(stages=[stage("Source", source(**members)), stage("A", approval())])
    room.fetch()
    room.settle()
    return execution


def look():
    for source_id in watching.claim():
        watching.look(source_id)


def test_before_the_first_look_and_after_it(signed_in, engine_room):
    repository = places.repositories() / "website.git"
    git.init_bare(repository)
    commit = push(repository, index="x")
    execution = create(engine_room)
    assert page(signed_in, execution).context["detection"].word == "About to begin"

    look()

    answer = page(signed_in, execution)
    detection = answer.context["detection"]
    assert (detection.word, detection.how) == ("On", "Every 30 seconds")
    assert detection.result == f"Nothing to start for: {commit}"
    text = answer.content.decode()
    assert "Change detection" in text
    assert detection.result in text


def test_a_source_that_cannot_be_asked_says_why(signed_in, engine_room):
    wrong = {"RepositoryName": "a/b", "BranchName": "main"}
    execution = create(engine_room, configuration=wrong)

    look()

    detection = page(signed_in, execution).context["detection"]
    assert detection.word == "Cannot be asked"
    assert "less often after 1 failures" in detection.how
    assert detection.result == "'a/b' cannot be the name of a repository."


def test_a_source_that_is_not_looked_at_says_so(signed_in, engine_room):
    execution = create(engine_room, configuration=OFF)
    look()

    assert page(signed_in, execution).context["detection"].word == "Off"


def test_polling_that_was_disabled_says_since_when(signed_in, engine_room):
    execution = create(engine_room)
    look()
    ago = timezone.now() - timedelta(days=40)
    Pipeline.objects.update(updated_at=ago)
    PipelineExecution.objects.update(started_at=ago)

    detection = page(signed_in, execution).context["detection"]

    assert detection.word == "Disabled"
    assert f"{ago + timedelta(days=30):%Y-%m-%d}" in detection.how


def test_of_other_actions_nothing_is_said(signed_in, engine_room):
    execution = create(engine_room)

    assert page(signed_in, execution, "Ask").context["detection"] is None


def test_the_page_costs_the_same_whatever_the_history(signed_in, engine_room):
    execution = create(engine_room)
    look()
    assert WatchedSource.objects.count() == 1
    page(signed_in, execution)
    with CaptureQueriesContext(connection) as young:
        page(signed_in, execution)
    for _ in range(5):
        engine_room.start()

    with CaptureQueriesContext(connection) as old:
        page(signed_in, execution)

    assert len(young) == len(old)
