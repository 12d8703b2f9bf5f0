"""The demo really runs: a commit's content arrives in the bucket that it is deployed to."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from pipelines import approvals, executions, git, places, tasks
from pipelines.approvals import ApprovalStatus
from pipelines.demo import BRANCH, REPOSITORY
from pipelines.models import AccessKey, ActionExecution, Pipeline
from tests.api.asking import ask
from tests.engine_room import ALICE
from tests.workers import Workers


@pytest.fixture
def workers(transactional_db, monkeypatch, settings, tmp_path):
    settings.PENSTOCK_HOME = tmp_path
    workers = Workers()
    monkeypatch.setattr(tasks, "_send", workers.send)
    return workers


@pytest.fixture
def demo(workers, capsys):
    call_command("bootstrap")
    workers.work(without=["SoakTest"])
    return capsys.readouterr().out


def status_of(name):
    return Pipeline.objects.get(name=name).executions.latest("sequence").status


def approve(name):
    review = ActionExecution.objects.get(action_name="Review", status="InProgress")
    approvals.answer(
        name,
        ("Approve", "Review"),
        token=review.token,
        status=ApprovalStatus.APPROVED,
        summary="Looks good",
        by=ALICE,
    )
    return review


def test_the_first_start_says_how_to_sign_in_once(demo, capsys):
    call_command("bootstrap")

    assert "Sign in as   admin" in demo
    assert f"export AWS_ACCESS_KEY_ID={AccessKey.objects.get().access_key_id}" in demo
    assert capsys.readouterr().out == ""


def test_the_quick_pipeline_succeeds(demo):
    assert status_of("website-quick") == "Succeeded"


def test_the_long_pipeline_soaks_beside_its_tests(demo):
    execution = Pipeline.objects.get(name="website-release").executions.get()

    statuses = dict(execution.action_executions.values_list("action_name", "status"))

    assert statuses == {
        "Source": "Succeeded",
        "Compile": "Succeeded",
        "UnitTests": "Succeeded",
        "Lint": "Succeeded",
        "SoakTest": "InProgress",
    }


def test_production_waits_for_somebody_to_approve(demo):
    review = ActionExecution.objects.get(action_name="Review")

    assert status_of("website-production") == "InProgress"
    assert review.resolved_configuration["CustomData"].startswith("3 pages, built from commit ")


def test_what_real_providers_did_is_read_in_the_shapes_of_aws(demo):
    of = {"pipelineName": "website-production"}
    newest = ask("ListPipelineExecutions", **of)["pipelineExecutionSummaries"][0]
    id_ = newest["pipelineExecutionId"]
    one = ask("GetPipelineExecution", **of, pipelineExecutionId=id_)["pipelineExecution"]
    state = ask("GetPipelineState", name="website-production")
    runs = ask("ListActionExecutions", **of)["actionExecutionDetails"]

    revision, commit = one["artifactRevisions"][0], newest["sourceRevisions"][0]["revisionId"]
    assert revision["revisionId"] == commit
    found = state["stageStates"][0]["actionStates"][0]["currentRevision"]
    assert found == {
        "revisionId": commit,
        "revisionChangeId": revision["revisionChangeIdentifier"],
        "created": revision["created"],
    }
    fetched = runs[-1]["output"]
    assert fetched["outputVariables"]["CommitId"] == commit
    assert fetched["outputArtifacts"][0]["s3location"]["key"].startswith("website-production/")


def test_a_new_commit_arrives_in_the_bucket(demo, workers):
    approve("website-production")
    workers.work(without=["SoakTest"])
    commit_id = git.commit_files(
        places.repositories() / f"{REPOSITORY}.git",
        BRANCH,
        {"pages/index.txt": git.File(content="The gate\nIs open now.\n")},
        message="Open the gate",
        author=("Alice", "alice@example.com"),
        at=timezone.now(),
    )

    execution = executions.start("website-production", trigger_type="StartPipelineExecution")
    workers.work()
    approve("website-production")
    workers.work()

    page = (places.buckets() / "website-production" / "site" / "index.html").read_text()
    execution.refresh_from_db()
    assert execution.status == "Succeeded"
    assert execution.source_revisions[0]["revisionId"] == commit_id
    assert "Is open now." in page
    assert f"Built from commit {commit_id}" in page
