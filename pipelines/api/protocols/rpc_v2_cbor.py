"""Smithy RPC v2 with CBOR, which AWS's service model names first (spec/api.md §3).

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn

import cbor2

from pipelines.api import model
from pipelines.api.protocols.protocol import (
    NESTED_AT_MOST,
    SERVICE,
    Protocol,
    check_content_type,
    check_method,
)
from pipelines.api.refusals import NothingThere, NotReadable, UnknownOperation

if TYPE_CHECKING:
    from pipelines.api.received import Received

CONTENT_TYPE = "application/cbor"
PATH = f"/service/{SERVICE}/operation/"
PROTOCOL = "rpc-v2-cbor"
EPOCH = 1  # the one tag that Smithy has
UNDEFINED = b"\xf7"


def operation_of(received: Received) -> str:
    """The operation that the path names."""
    check_method(received)
    before, path, name = received.raw_path.partition(PATH)
    if before or not path or model.operation(name) is None:
        raise NothingThere(f"The operations of CodePipeline are asked for at {PATH}<Operation>.")
    if received.headers.get("smithy-protocol") != PROTOCOL:
        raise UnknownOperation(f"The header smithy-protocol must be {PROTOCOL}.")
    if "x-amz-target" in received.headers:
        raise UnknownOperation("The path names the operation, so X-Amz-Target must not.")
    check_content_type(received, CONTENT_TYPE)
    return name


def decode(body: bytes) -> object:
    """What a body says; nothing is an empty map.

    Only what Smithy has: text keys, each once, no tag but that of times, nothing after the end.
    """
    if not body:
        return {}
    stream = BytesIO(body)
    try:
        value = cbor2.CBORDecoder(
            stream,
            semantic_decoders=_TAGS,
            max_depth=NESTED_AT_MOST,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        ).decode()
    except cbor2.CBORDecodeError as problem:
        why = f"{problem}: {problem.__cause__}" if problem.__cause__ else str(problem)
        raise NotReadable(f"The body is not CBOR as Smithy has it: {why:.200}.") from None
    if stream.tell() != len(body):
        raise NotReadable("The body goes on after its end.")
    return _defined(value) if UNDEFINED in body else value


def encode(value: object) -> bytes:
    return cbor2.dumps(value)


def time(moment: datetime) -> cbor2.CBORTag:
    return cbor2.CBORTag(EPOCH, round(moment.timestamp(), 3))


def _moment(seconds: object, _immutable: bool) -> datetime:
    if type(seconds) in {int, float}:
        return datetime.fromtimestamp(seconds, UTC)  # type: ignore[arg-type]
    raise ValueError("a time is a number")


def _no_tag(_value: object, _immutable: bool) -> NoReturn:
    raise ValueError("tags other than 1 are not allowed")


def _defined(value: Any) -> Any:
    """The same with nulls for what is undefined."""
    match value:
        case dict():
            return {key: _defined(member) for key, member in value.items()}
        case list():
            return [_defined(member) for member in value]
        case _:
            return None if value is cbor2.undefined else value


class _Tags(dict[int, Any]):
    """How a value under a tag is read: every tag has an answer, so none of cbor2's own is used."""

    def __missing__(self, tag: int) -> Any:
        return _no_tag


_TAGS = _Tags({EPOCH: _moment})
RPC_V2_CBOR = Protocol(
    content_type=CONTENT_TYPE,
    headers={"smithy-protocol": PROTOCOL},
    empty_content_type=None,
    error_namespace="com.amazonaws.codepipeline#",
    operation_of=operation_of,
    decode=decode,
    encode=encode,
    time=time,
)
