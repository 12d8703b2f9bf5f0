"""What is no request of AWS's, and what is there for people: a tool meets neither as a page."""

import json

import pytest
from django.test import Client

from tests.api.tool import BOTH, CBOR, JSON, Tool
from tests.engine_room import ALICE


@pytest.mark.parametrize(
    "target",
    [
        "CodePipeline_20150709.StopPipeline",
        "CodePipeline_20150709.",
        "CodePipeline_20150709.stopPipelineExecution",
        "CodePipeline_20150709.__class__",
        "CodePipeline_20150709.StopPipelineExecution.ListPipelines",
        "CodePipeline_20160709.ListPipelines",
        "DynamoDB_20120810.ListTables",
        "ListPipelines",
        "",
        "CodePipeline_20150709.ListPipelines, CodePipeline_20150709.ListPipelines",
        "\x7f\xff" * 1000,
    ],
)
def test_an_unknown_target(tool, target):
    answer = tool.json("", b"", **{"X-Amz-Target": target})

    assert (answer.status, answer.code) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "path",
    [
        "/service/CodePipeline_20150709/operation/StopPipeline",
        "/service/CodePipeline_20150709/operation/",
        "/service/CodePipeline_20150709/operation/ListPipelines/",
        "/service/CodePipeline_20150709/ListPipelines",
        "/service/DynamoDB_20120810/operation/ListTables",
        "/aws/service/CodePipeline_20150709/operation/ListPipelines",
        "/service/",
        "/",
        "/nothing/here",
        "/codesuite/codepipeline/pipelines",
    ],
)
def test_an_unknown_path_in_cbor(tool, path):
    answer = tool.post(path, b"", CBOR, {"smithy-protocol": "rpc-v2-cbor"})

    assert (answer.status, answer.code) == (404, "UnknownOperationException")
    assert answer.headers["Content-Type"] == CBOR


@pytest.mark.parametrize("path", ["/nothing/here", "/sign-in", "/?X-Amz-Target=x", "/healthz"])
def test_an_unknown_path_in_json(tool, path):
    target = {"X-Amz-Target": "CodePipeline_20150709.ListPipelines"}

    answer = tool.post(path, b"", JSON, target)

    assert (answer.status, answer.code) == (404, "UnknownOperationException")
    assert answer.headers["Content-Type"] == JSON


def test_the_path_of_cbor_needs_its_header(tool):
    path = "/service/CodePipeline_20150709/operation/ListPipelines"

    for headers in ({}, {"smithy-protocol": "rpc-v2-json"}, {"smithy-protocol": ""}):
        answer = tool.post(path, b"", CBOR, headers)
        assert (answer.status, answer.code) == (400, "UnknownOperationException")


def test_an_operation_is_named_once(tool):
    target = {"X-Amz-Target": "CodePipeline_20150709.ListPipelines"}

    answer = tool.cbor("ListPipelines", b"", **target)

    assert (answer.status, answer.code) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "text/plain", "application/x-www-form-urlencoded", "x/y", "\xff"],
)
@BOTH
def test_another_content_type(tool, speak, content_type):
    answer = speak(tool, "ListPipelines", b"{}", **{"Content-Type": content_type})

    assert (answer.status, answer.code) == (415, "SerializationException")


@pytest.mark.parametrize("content_type", [JSON.upper(), f"{JSON}; charset=utf-8"])
def test_the_same_content_type_spelled_otherwise(tool, answering, content_type):
    answering("ListPipelines", lambda **_given: {"pipelines": []})

    assert tool.json("ListPipelines", {}, **{"Content-Type": content_type}).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_another_method(client, method):
    target = {"X-Amz-Target": "CodePipeline_20150709.ListPipelines"}

    in_json = client.generic(method, "/", headers=target)
    in_cbor = client.generic(method, "/service/CodePipeline_20150709/operation/ListPipelines")

    for answer, content_type in ((in_json, JSON), (in_cbor, CBOR)):
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "POST"
        assert answer.headers["Content-Type"] == content_type


# Nothing that is there for people gets in the way


def test_a_session_is_no_signature(signed_in):
    target = {"X-Amz-Target": "CodePipeline_20150709.ListPipelines"}

    answer = signed_in.post("/", b"{}", content_type=JSON, headers=target)

    assert answer.status_code == 400
    assert json.loads(answer.content)["__type"] == "MissingAuthenticationTokenException"


@pytest.fixture
def signed_in(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("alice"))
    return client


@BOTH
@pytest.mark.parametrize("host", ["penstock.internal:8000", "169.254.1.1", "bad_host", "a b", ""])
def test_any_host_will_do(tool, answering, speak, host):
    answering("ListPipelines", lambda **_given: {"pipelines": []})

    assert speak(tool, "ListPipelines", b"", Host=host).said == {"pipelines": []}


@BOTH
def test_no_cookie_is_set_and_no_token_is_asked_for(signed_by, answering, speak):
    signed_by(ALICE)
    answering("ListPipelines", lambda **_given: {"pipelines": []})
    tool = Tool(Client(enforce_csrf_checks=True))

    answer = speak(tool, "ListPipelines", b"", Cookie="sessionid=abc; csrftoken=abc")

    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


@pytest.mark.parametrize("content_type", [JSON, CBOR])
def test_a_content_type_of_aws_is_a_tools(client, content_type):
    answer = client.post("/nothing/here", b"{}", content_type=content_type, headers={"Host": "a b"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, JSON)


def test_a_signed_request_is_a_tools_wherever_it_goes(client):
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=AK/20261123/x/codepipeline/aws4_request"
    }

    answer = client.get("/codesuite/codepipeline/pipelines", headers=headers)

    assert (answer.status_code, answer.headers["Content-Type"]) == (405, JSON)
