"""RPC v2 with CBOR: what botocore writes is read, what we write it reads, bombs do not go off."""

from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from pipelines.api import model
from pipelines.api.protocols import RPC_V2_CBOR, writing
from pipelines.api.protocols.protocol import NESTED_AT_MOST
from pipelines.api.refusals import NotReadable
from pipelines.api.validation import input_of
from tests.api.samples import MOMENT, OPERATIONS, Size, input_shape, output_shape, sample

WITH_OUTPUT = [name for name in OPERATIONS if output_shape(name)]
MEGABYTE = 1024 * 1024
OTHER_TAGS = [*range(300), 1000, 1004, 43000, 55799, 2**32, 2**64 - 1]
OTHER_TAGS.remove(1)


def hexed(text):
    return bytes.fromhex(text)


def tagged(tag, value):
    return cbor2.dumps({"a": cbor2.CBORTag(tag, value)})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_botocore_sends_is_what_it_was_given(operation):
    given = sample(input_shape(operation), Size.MOST)
    serializer = create_serializer("smithy-rpc-v2-cbor")
    sent = serializer.serialize_to_request(given, model.operation(operation))

    assert input_of(operation, RPC_V2_CBOR.decode(sent["body"])) == given


@pytest.mark.parametrize("operation", WITH_OUTPUT)
def test_botocore_reads_every_output_as_it_was(operation):
    shape = output_shape(operation)
    output = sample(shape, Size.MOST)

    body = RPC_V2_CBOR.encode(writing.output_of(operation, output, time=RPC_V2_CBOR.time))
    answer = {"status_code": 200, "headers": {"smithy-protocol": "rpc-v2-cbor"}, "body": body}
    read = create_parser("smithy-rpc-v2-cbor").parse(answer, shape)

    assert read.pop("ResponseMetadata") is not None
    assert read == output


def test_a_time_is_tagged_and_has_milliseconds():
    moment = MOMENT + timedelta(microseconds=678_499)

    written = RPC_V2_CBOR.encode(RPC_V2_CBOR.time(moment))

    assert written[:2] == hexed("c1fb")  # tag 1, a double
    assert cbor2.loads(written) == MOMENT + timedelta(milliseconds=678)


def test_nothing_is_an_empty_map():
    assert RPC_V2_CBOR.decode(b"") == {}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("bf6161 9f0102ff ff", {"a": [1, 2]}),  # lengths that only the end tells
        ("a161617f61786179ff", {"a": "xy"}),
        ("a16161f7", {"a": None}),  # undefined
        ("a16161 82f7f6", {"a": [None, None]}),
        ("a16161f93e00", {"a": 1.5}),  # half a float
        ("a16161c11a69572ba5", {"a": datetime(2026, 1, 2, 2, 21, 25, tzinfo=UTC)}),
        ("a16161c1fb41da55cae96b645a", {"a": datetime(2026, 1, 2, 2, 21, 25, 678000, tzinfo=UTC)}),
        ("a161613b7fffffffffffffff", {"a": -(2**63)}),
    ],
)
def test_every_way_of_smithy_is_read(body, value):
    assert RPC_V2_CBOR.decode(hexed(body)) == value


def test_as_deep_as_allowed_is_read():
    levels = NESTED_AT_MOST - 1

    assert RPC_V2_CBOR.decode(hexed("a1617a") + b"\x81" * levels + b"\x00")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xa1", "The body is not CBOR as Smithy has it: premature end"),
        (b"\xff", "The body is not CBOR as Smithy has it: break"),
        (b"{}", "The body is not CBOR as Smithy has it"),
        (hexed("a000"), "The body goes on after its end."),
        (hexed("a0") + b"\x00" * 100_000, "The body goes on after its end."),
        (hexed("a2616101616102"), "The body is not CBOR as Smithy has it: error decoding map"),
        (hexed("a1810102"), "The body is not CBOR as Smithy has it: error decoding map"),
        (hexed("a1616161ff"), "The body is not CBOR as Smithy has it: error decoding text"),
        (hexed("a1616163eda080"), "The body is not CBOR as Smithy has it: error decoding text"),
        (hexed("9bffffffffffffffff"), "The body is not CBOR as Smithy has it: premature end"),
        (hexed("bbffffffffffffffff"), "The body is not CBOR as Smithy has it: premature end"),
        (hexed("7bffffffffffffffff"), "The body is not CBOR as Smithy has it: premature end"),
        (b"\x81" * 65 + b"\x00", "The body is not CBOR as Smithy has it: maximum container"),
        (b"\x81" * (MEGABYTE - 1) + b"\x00", "The body is not CBOR as Smithy has it: maximum"),
        (b"\x9f" * MEGABYTE, "The body is not CBOR as Smithy has it: maximum container"),
        (b"\xbf\x61a" * 100_000, "The body is not CBOR as Smithy has it: maximum container"),
        (b"\xc1" * MEGABYTE, "The body is not CBOR as Smithy has it"),
        (b"\xc6" * MEGABYTE, "The body is not CBOR as Smithy has it"),
        (tagged(1, "2026"), "The body is not CBOR as Smithy has it: error decoding semantic tag 1"),
        (tagged(1, True), "The body is not CBOR as Smithy has it: error decoding semantic tag 1"),
        (tagged(1, float("nan")), "The body is not CBOR as Smithy has it: error decoding"),
        (tagged(1, float("inf")), "The body is not CBOR as Smithy has it: error decoding"),
        (tagged(1, 1e300), "The body is not CBOR as Smithy has it: error decoding"),
        (tagged(1, 2**64 - 1), "The body is not CBOR as Smithy has it: error decoding"),
        (tagged(4, [2**40, 1]), "The body is not CBOR as Smithy has it: error decoding semantic"),
        (cbor2.dumps({"a": 2**70}), "The body is not CBOR as Smithy has it: error decoding"),
    ],
)
def test_what_is_no_cbor_of_smithy_is_refused(body, said):
    with pytest.raises(NotReadable) as refused:
        RPC_V2_CBOR.decode(body)

    assert refused.value.message.startswith(said)


@pytest.mark.parametrize("value", [1, "x", b"x", [1, 2], {"a": 1}, [b"x", "x"]], ids=repr)
def test_no_tag_but_that_of_times_is_read(value):
    for tag in OTHER_TAGS:
        with pytest.raises(NotReadable, match="tags other than 1"):
            RPC_V2_CBOR.decode(tagged(tag, value))


def test_a_list_that_contains_itself_is_refused():
    with pytest.raises(NotReadable, match="tags other than 1"):
        RPC_V2_CBOR.decode(hexed("a16161d81c81d81d00"))


def test_a_complaint_repeats_little_of_the_body():
    with pytest.raises(NotReadable) as refused:
        RPC_V2_CBOR.decode(b"\xa2" + (cbor2.dumps("x" * 100_000) + b"\x00") * 2)

    assert len(refused.value.message) < 300


def test_unknown_tags_are_not_remembered():
    from pipelines.api.protocols.rpc_v2_cbor import _TAGS  # noqa: PLC0415

    with pytest.raises(NotReadable):
        RPC_V2_CBOR.decode(tagged(99_999, 1))

    assert list(_TAGS) == [1]
