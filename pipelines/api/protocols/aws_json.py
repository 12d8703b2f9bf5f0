"""AWS JSON 1.1, which the `aws` command and the SDKs speak (spec/api.md §2).

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

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
    from datetime import datetime

    from pipelines.api.received import Received

CONTENT_TYPE = "application/x-amz-json-1.1"


def operation_of(received: Received) -> str:
    """The operation that the header X-Amz-Target names."""
    check_method(received)
    if received.raw_path != "/":
        raise NothingThere("The operations of CodePipeline are asked for at /.")
    service, _, name = received.headers.get("x-amz-target", "").partition(".")
    if service != SERVICE or model.operation(name) is None:
        raise UnknownOperation(f"X-Amz-Target names no operation; it is {SERVICE}.<Operation>.")
    check_content_type(received, CONTENT_TYPE)
    return name


def decode(body: bytes) -> object:
    """What a body says; nothing is an empty object.

    Stricter than Python where two readers could see different things: a member that is named twice,
    and numbers that JSON does not have.
    """
    if not body:
        return {}
    try:
        text = body.decode()
        value = _DECODER.decode(text)
    except json.JSONDecodeError as problem:
        place = f"line {problem.lineno}, column {problem.colno}"
        raise NotReadable(f"The body is not JSON: {problem.msg} at {place}.") from None
    except UnicodeDecodeError:
        raise NotReadable("The body is not UTF-8.") from None
    except ValueError:
        raise NotReadable("The body has a number with too many digits.") from None
    except RecursionError:
        raise _too_deep() from None
    if text.count("{") + text.count("[") > NESTED_AT_MOST and _is_too_deep(value):
        raise _too_deep()
    return value


def encode(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")  # of a lone surrogate it makes JSON's own escape


def time(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotReadable("The body names a member twice.")
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotReadable("The body has a number that is too large.")
    return number


def _no_constant(name: str) -> NoReturn:
    raise NotReadable(f"The body is not JSON: {name} is no number.")


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(NESTED_AT_MOST):
        level = [inner for outer in level for inner in _inside(outer)]
    return any(isinstance(each, dict | list) for each in level)


def _inside(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too_deep() -> NotReadable:
    return NotReadable(f"The body is nested deeper than {NESTED_AT_MOST} levels.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant
)
AWS_JSON = Protocol(
    content_type=CONTENT_TYPE,
    headers={},
    empty_content_type=CONTENT_TYPE,
    error_namespace="",
    operation_of=operation_of,
    decode=decode,
    encode=encode,
    time=time,
)
