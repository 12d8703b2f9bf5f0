"""The tool against a Penstock, whose engine really runs the pipeline."""

import zipfile
from pathlib import Path

import pytest
from conftest import wait_until
from stop_everything import stop_everything


@pytest.fixture
def release(codepipeline, penstock):
    """A pipeline that waits for somebody's approval; its name."""
    bucket = Path(penstock["PENSTOCK_HOME"], "buckets", "uploads")
    bucket.mkdir(exist_ok=True)  # a folder is a bucket, a file in it is an object
    with zipfile.ZipFile(bucket / "site.zip", "w") as site:
        site.writestr("index.html", "<h1>Hello</h1>")
    codepipeline.create_pipeline(pipeline=PIPELINE)
    wait_until(lambda: approval(codepipeline) == "InProgress")
    return PIPELINE["name"]


def approval(codepipeline):
    [_, approve] = codepipeline.get_pipeline_state(name=PIPELINE["name"])["stageStates"]
    return approve["actionStates"][0].get("latestExecution", {}).get("status")


def history(codepipeline):
    listed = codepipeline.list_pipeline_executions(pipelineName=PIPELINE["name"])
    return listed["pipelineExecutionSummaries"]


def test_it_stops_what_runs_and_says_why(codepipeline, release):
    [running] = history(codepipeline)

    stopped = stop_everything(codepipeline, release, "Out of office")

    assert stopped == [running["pipelineExecutionId"]]
    wait_until(lambda: history(codepipeline)[0]["status"] == "Stopped")
    assert history(codepipeline)[0]["stopTrigger"] == {"reason": "Out of office"}
    assert approval(codepipeline) == "Abandoned"


def test_it_leaves_alone_what_has_ended(codepipeline, release):
    stop_everything(codepipeline, release, "Out of office")
    wait_until(lambda: history(codepipeline)[0]["status"] == "Stopped")

    assert stop_everything(codepipeline, release, "Again") == []


def action(name, category, provider, **more):
    type_id = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": type_id, **more}


FETCH = action(
    "Fetch",
    "Source",
    "S3",
    configuration={"S3Bucket": "uploads", "S3ObjectKey": "site.zip"},
    outputArtifacts=[{"name": "Site"}],
)
PIPELINE = {
    "name": "release",
    "roleArn": "arn:aws:iam::123456789012:role/any",
    "artifactStore": {"type": "S3", "location": "artifacts"},
    "stages": [
        {"name": "Source", "actions": [FETCH]},
        {"name": "Approve", "actions": [action("Ask", "Approval", "Manual")]},
    ],
}
