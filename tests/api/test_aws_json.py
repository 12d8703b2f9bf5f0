"""AWS JSON 1.1: what botocore writes is read, what we write botocore reads, bombs do not go off."""

import json
from datetime import timedelta

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from pipelines.api import model
from pipelines.api.protocols import AWS_JSON, writing
from pipelines.api.protocols.protocol import NESTED_AT_MOST
from pipelines.api.refusals import NotReadable
from pipelines.api.validation import input_of
from tests.api.samples import MOMENT, OPERATIONS, Size, input_shape, output_shape, sample

WITH_OUTPUT = [name for name in OPERATIONS if output_shape(name)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_botocore_sends_is_what_it_was_given(operation):
    given = sample(input_shape(operation), Size.MOST)
    sent = create_serializer("json").serialize_to_request(given, model.operation(operation))

    assert input_of(operation, AWS_JSON.decode(sent["body"])) == given


@pytest.mark.parametrize("operation", WITH_OUTPUT)
def test_botocore_reads_every_output_as_it_was(operation):
    shape = output_shape(operation)
    output = sample(shape, Size.MOST)

    body = AWS_JSON.encode(writing.output_of(operation, output, time=AWS_JSON.time))
    answer = {"status_code": 200, "headers": {}, "body": body}
    read = create_parser("json").parse(answer, shape)

    assert read.pop("ResponseMetadata")
    assert read == output


def test_a_time_is_seconds_with_milliseconds():
    moment = MOMENT + timedelta(microseconds=678_499)

    assert AWS_JSON.encode({"created": AWS_JSON.time(moment)}) == b'{"created":1795437296.678}'


def test_text_is_written_as_it_is():
    assert AWS_JSON.encode({"message": "»é“ 🚰"}) == '{"message":"»é“ 🚰"}'.encode()


def test_even_what_is_no_text_is_written_as_json():
    assert json.loads(AWS_JSON.encode({"message": "a\ud800b"})) == {"message": "a\ud800b"}


def test_nothing_is_an_empty_object():
    assert AWS_JSON.decode(b"") == {}


@pytest.mark.parametrize(
    ("opening", "inmost", "closing"), [(b"[", b"", b"]"), (b'{"a":', b"7", b"}")]
)
def test_as_deep_as_allowed_is_read(opening, inmost, closing):
    levels = NESTED_AT_MOST - 1

    assert AWS_JSON.decode(b'{"unknown":' + opening * levels + inmost + closing * levels + b"}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "The body is not JSON: Expecting property name"),
        (b"{} {}", "The body is not JSON: Extra data at line 1, column 4."),
        (b"{'a': 1}", "The body is not JSON"),
        (b'{"a": 1,}', "The body is not JSON"),
        (b'{"a": \x00}', "The body is not JSON"),
        (b'{"a": "\x00"}', "The body is not JSON: Invalid control character"),
        (b'{"a": "\n"}', "The body is not JSON: Invalid control character"),
        (b'\xef\xbb\xbf{"a": 1}', "The body is not JSON"),
        (b'{"a": "\xff"}', "The body is not UTF-8."),
        (b'{"a": "\xed\xa0\x80"}', "The body is not UTF-8."),
        (b'{"a": "\xc0\x80"}', "The body is not UTF-8."),
        ('{"a": 1}'.encode("utf-16"), "The body is not UTF-8."),
        ('{"a": 1}'.encode("utf-16-le"), "The body is not JSON"),
        (b'{"a": NaN}', "The body is not JSON: NaN is no number."),
        (b'{"a": Infinity}', "The body is not JSON: Infinity is no number."),
        (b'{"a": -Infinity}', "The body is not JSON: -Infinity is no number."),
        (b'{"a": 1e400}', "The body has a number that is too large."),
        (b'{"a": -1e400}', "The body has a number that is too large."),
        (b'{"a": ' + b"7" * 5000 + b"}", "The body has a number with too many digits."),
        (b'{"a": 1, "a": 1}', "The body names a member twice."),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "The body names a member twice."),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "The body is nested deeper than 64 levels."),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "The body is nested deeper than 64 levels."),
        (b'{"a":' * 100_000, "The body is nested deeper than 64 levels."),
        (b"[" * 500_000, "The body is nested deeper than 64 levels."),
    ],
)
def test_what_is_no_json_is_refused(body, said):
    with pytest.raises(NotReadable) as refused:
        AWS_JSON.decode(body)

    assert refused.value.message.startswith(said)
