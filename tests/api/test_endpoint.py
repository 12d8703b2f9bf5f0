"""The endpoint: what is asked where, what is refused first, and what every answer has."""

import json
import logging
import sqlite3
from io import BytesIO
from uuid import UUID

import cbor2
import pytest
from django.db import OperationalError
from django.test import RequestFactory

from pipelines.api import operations, signature, views
from pipelines.api.signature import NotAuthenticated
from pipelines.core.refusals import MovedOn
from pipelines.core.rights import Caller, Role
from pipelines.models import PipelineExecution
from tests.api.samples import OPERATIONS, input_shape, output_shape, sample
from tests.api.samples import UUID as SOME_ID
from tests.api.tool import BOTH, CBOR, JSON, Tool
from tests.definitions import commands, source, stage
from tests.engine_room import ALICE

VOID = [name for name in OPERATIONS if not output_shape(name)]
UNKNOWN = {"pipelineName": "website", "pipelineExecutionId": SOME_ID}


@BOTH
def test_a_whole_round(engine_room, tool, speak):
    execution = engine_room.create(stages=[stage("Source", source()), stage("Build", commands())])
    given = {"pipelineName": "website", "pipelineExecutionId": str(execution.pk), "reason": "No"}

    answer = speak(tool, "StopPipelineExecution", given)
    again = speak(tool, "StopPipelineExecution", given)

    assert (answer.status, answer.said) == (200, {"pipelineExecutionId": str(execution.pk)})
    assert PipelineExecution.objects.get(pk=execution.pk).stop_requests.get().reason == "No"
    assert (again.status, again.code) == (400, "DuplicatedStopRequestException")


@BOTH
def test_every_answer_has_an_id_of_its_own(db, tool, speak):
    answers = [speak(tool, "StopPipelineExecution", given) for given in ({}, {}, UNKNOWN)]

    assert len({UUID(answer.headers["x-amzn-RequestId"]) for answer in answers}) == 3


def test_an_error_in_json(tool):
    answer = tool.json("StopPipelineExecution", {})

    assert answer.status == 400
    assert answer.headers["Content-Type"] == JSON
    assert answer.headers["x-amzn-ErrorType"] == "ValidationException"
    assert answer.said["__type"] == "ValidationException"
    assert answer.message.startswith("2 validation errors detected: Value null at 'pipelineName'")
    assert answer.said.keys() == {"__type", "message"}


def test_an_error_in_cbor(tool):
    answer = tool.cbor("StopPipelineExecution", {})

    assert answer.status == 400
    assert answer.headers["Content-Type"] == CBOR
    assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert answer.headers["x-amzn-ErrorType"] == "ValidationException"
    assert answer.said["__type"] == "com.amazonaws.codepipeline#ValidationException"
    assert answer.message.startswith("2 validation errors detected: Value null at 'pipelineName'")


@pytest.mark.parametrize("operation", VOID)
def test_what_has_no_output_is_answered_with_nothing(tool, answering, operation):
    answering(operation, lambda **_given: None)
    given = sample(input_shape(operation))

    in_json = tool.json(
        operation, json.dumps(given, default=lambda time: time.timestamp()).encode()
    )
    in_cbor = tool.cbor(operation, cbor2.dumps(given, datetime_as_timestamp=True))

    assert (in_json.status, in_json.content, in_cbor.status, in_cbor.content) == (
        200,
        b"",
        200,
        b"",
    )
    assert in_json.headers["Content-Type"] == JSON
    assert in_json.headers["Content-Length"] == "0"
    assert "Content-Type" not in in_cbor.headers
    assert in_cbor.headers["smithy-protocol"] == "rpc-v2-cbor"


def test_an_output_without_members_is_an_empty_one(tool, answering):
    answering("ListPipelines", lambda **_given: None)

    assert tool.json("ListPipelines").content == b"{}"
    assert tool.cbor("ListPipelines").content == b"\xa0"


@pytest.mark.parametrize("operation", sorted(operations.absent.OPERATIONS))
@BOTH
def test_what_is_not_there_yet_says_so_in_the_protocol(tool, speak, operation):
    given = sample(input_shape(operation))
    body = (
        cbor2.dumps(given, datetime_as_timestamp=True)
        if speak is Tool.cbor
        else json.dumps(given, default=lambda time: time.timestamp()).encode()
    )

    answer = speak(tool, operation, body)
    refused = speak(tool, operation, {next(iter(given)): [[]]})

    assert (answer.status, answer.code) == (501, "UnknownOperationException")
    assert answer.message.startswith(f"{operation} is not available in this version of Penstock")
    assert (refused.status, refused.code) == (400, "SerializationException")


# In which order


@BOTH
def test_who_it_is_comes_before_what_is_said(client, monkeypatch, speak):
    def nobody(_received, *, now):
        raise NotAuthenticated("UnrecognizedClientException", "The security token is invalid.")

    monkeypatch.setattr(signature, "authenticate", nobody)

    answer = speak(Tool(client), "StopPipelineExecution", b"\xff")

    assert (answer.status, answer.code) == (400, "UnrecognizedClientException")
    assert answer.message == "The security token is invalid."


@BOTH
def test_what_somebody_may_comes_before_what_is_said(client, signed_by, speak):
    signed_by(Caller(arn="arn:aws:iam::123456789012:user/bob", roles=frozenset({Role.READ})))

    answer = speak(Tool(client), "StopPipelineExecution", b"\xff")

    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert "codepipeline:StopPipelineExecution" in answer.message


def test_what_is_signed_is_what_came_in(client, monkeypatch):
    seen = []

    def look(received, *, now):
        seen.append((received, now))
        return ALICE

    monkeypatch.setattr(signature, "authenticate", look)
    Tool(client).json(
        "StopPipelineExecution", b'{"a":"\xc3\xa9"}', **{"X-Amz-Date": "20261123T000000Z"}
    )

    ((received, now),) = seen
    assert (received.method, received.raw_path) == ("POST", "/")
    assert received.body == b'{"a":"\xc3\xa9"}'
    assert received.headers["x-amz-date"] == "20261123T000000Z"
    assert received.headers["content-type"] == JSON
    assert received.headers["content-length"] == "10"
    assert now.tzinfo is not None


def test_the_path_is_looked_at_as_it_was_sent(client, monkeypatch):
    seen = []
    monkeypatch.setattr(signature, "authenticate", lambda received, **_at: seen.append(received))
    headers = {"smithy-protocol": "rpc-v2-cbor"}

    for raw in ("/service/CodePipeline_20150709/operation/%4cistPipelines", "/%2e/", "//", "/?a=b"):
        answer = client.post("/", b"", content_type=CBOR, headers=headers, RAW_URI=raw)
        assert answer.status_code == 404
    assert seen == []


@BOTH
def test_a_body_that_is_too_large_is_not_read(tool, settings, speak):
    answer = speak(tool, "ListPipelines", b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))

    assert (answer.status, answer.code) == (413, "SerializationException")
    assert answer.message == "The body is larger than 1048576 bytes."


@BOTH
def test_a_body_as_large_as_allowed_is_read(tool, settings, speak):
    answer = speak(tool, "ListPipelines", b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    assert (answer.status, answer.code) == (400, "SerializationException")
    assert answer.message.startswith("The body ")


class GoneLine(BytesIO):
    """What reading from a client is like that hangs up."""

    def read(self, *_size):
        raise OSError("gone")


@pytest.mark.parametrize("line", [GoneLine(), BytesIO(b"{")], ids=["gone", "short"])
def test_a_body_that_breaks_off_is_told(signed_by, line):
    signed_by(ALICE)
    target = {"X-Amz-Target": "CodePipeline_20150709.ListPipelines"}
    request = RequestFactory().post("/", b"{}", content_type=JSON, headers=target)
    request._stream = line

    answer = views.endpoint(request)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (
        400,
        "SerializationException",
    )
    assert b"The body did not arrive" in answer.content


# What goes wrong on our side


@BOTH
def test_a_defect_is_told_in_the_protocol_and_logged(tool, answering, caplog, speak):
    def break_down(**_given):
        raise KeyError("hunter2")

    answering("ListPipelines", break_down)

    with caplog.at_level(logging.ERROR):
        answer = speak(tool, "ListPipelines")

    assert (answer.status, answer.code) == (500, "InternalFailure")
    assert "hunter2" not in answer.message
    (record,) = [each for each in caplog.records if each.name == views.__name__]
    assert answer.headers["x-amzn-RequestId"] in record.getMessage()
    assert record.exc_info[0] is KeyError


def test_a_refusal_that_aws_has_no_name_for_is_a_defect(tool, answering):
    def refuse(**_given):
        raise MovedOn("The execution has moved on since this page was drawn.")

    answering("ListPipelines", refuse)

    assert tool.json("ListPipelines").code == "InternalFailure"


def test_an_output_that_the_model_does_not_have_is_a_defect(tool, answering):
    answering("ListPipelines", lambda **_given: {"pipelines": [{"mode": "Abandon"}]})

    assert tool.json("ListPipelines").status == 500


def busy(code):
    def wait(**_given):
        problem = sqlite3.OperationalError("database is locked")
        problem.sqlite_errorcode = code
        raise OperationalError(*problem.args) from problem

    return wait


class LockTimeout(Exception):
    """As psycopg raises it."""

    sqlstate = "55P03"


def locked(**_given):
    raise OperationalError("canceling statement due to lock timeout") from LockTimeout()


@pytest.mark.parametrize(
    "wait",
    [busy(sqlite3.SQLITE_BUSY_SNAPSHOT), busy(sqlite3.SQLITE_BUSY), locked],
    ids=["snapshot", "busy", "lock timeout"],
)
@BOTH
def test_a_busy_database_is_a_conflict_where_there_is_such_an_error(tool, answering, speak, wait):
    answering("StopPipelineExecution", wait)

    answer = speak(tool, "StopPipelineExecution", UNKNOWN)

    assert (answer.status, answer.code) == (409, "ConflictException")
    assert answer.message.endswith("Try again later.")


@BOTH
def test_a_busy_database_is_throttling_elsewhere(tool, answering, speak):
    answering("ListPipelines", busy(sqlite3.SQLITE_LOCKED))

    answer = speak(tool, "ListPipelines")

    assert (answer.status, answer.code) == (400, "ThrottlingException")


def test_a_broken_database_is_a_defect(tool, answering):
    answering("StopPipelineExecution", busy(sqlite3.SQLITE_FULL))

    assert tool.json("StopPipelineExecution", UNKNOWN).status == 500
