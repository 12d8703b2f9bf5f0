"""The root: where people start, and what the AWS tools are told."""

import json


def test_people_are_led_to_their_pipelines(client):
    assert client.get("/").headers["Location"] == "/codesuite/codepipeline/pipelines"


def test_the_aws_tools_are_told_that_the_api_is_not_there(client):
    answer = client.post(
        "/",
        b"{}",
        content_type="application/x-amz-json-1.1",
        headers={"X-Amz-Target": "CodePipeline_20150709.StopPipelineExecution"},
    )

    said = json.loads(answer.content)
    assert answer.status_code == 501
    assert said["__type"] == "UnknownOperationException"
    assert said["message"].startswith("StopPipelineExecution is not available in this version")
