"""The root: where people start, and where tools ask."""

import json


def test_people_are_led_to_their_pipelines(client):
    assert client.get("/").headers["Location"] == "/codesuite/codepipeline/pipelines"


def test_tools_are_asked_who_they_are(client):
    answer = client.post(
        "/",
        b"{}",
        content_type="application/x-amz-json-1.1",
        headers={"X-Amz-Target": "CodePipeline_20150709.StopPipelineExecution"},
    )

    assert answer.status_code == 400
    assert json.loads(answer.content)["__type"] == "MissingAuthenticationTokenException"


def test_what_nobody_knows_is_told_what_is_missing(client):
    answer = client.post("/", {"name": "website"})

    assert answer.status_code == 400
    assert json.loads(answer.content)["message"].startswith("X-Amz-Target names no operation")
