"""A change at a source starts its pipeline, by every process of a running Penstock."""

import pytest

from tests.end_to_end.aws_tools import boto3_client
from tests.end_to_end.workplace import Workplace
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def client(penstock):
    client = boto3_client(penstock.url)
    yield client
    client.close()


@pytest.fixture
def workplace(penstock, tmp_path, client):
    workplace = Workplace(penstock.home, tmp_path, "detecting")
    workplace.open()
    yield workplace
    client.delete_pipeline(name=workplace.name)


def test_a_new_object_starts_the_pipeline_once(client, workplace):
    client.create_pipeline(pipeline=workplace.definition(poll="true"))

    def executions():
        found = client.list_pipeline_executions(pipelineName=workplace.name)
        return found["pipelineExecutionSummaries"]

    wait_until(lambda: executions()[0]["status"] == "Succeeded")
    version = workplace.upload("second")
    wait_until(lambda: len(executions()) == 2 and executions()[0]["status"] == "Succeeded")

    [newest, first] = executions()
    assert newest["trigger"] == {"triggerType": "PollForSourceChanges", "triggerDetail": "Fetch"}
    assert newest["sourceRevisions"][0]["revisionId"] == version
    assert first["trigger"]["triggerType"] == "CreatePipeline"
    assert "pollingDisabledAt" not in client.get_pipeline(name=workplace.name)["metadata"]
