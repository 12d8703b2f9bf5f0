"""Values as the protocols read them, into the types of the service model.

What is of another type is no matter of constraints: AWS's parser refuses it, and so do these, with
its words and the place.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipelines.api.refusals import NotReadable

if TYPE_CHECKING:
    from collections.abc import Callable

INTEGERS = range(-(2**31), 2**31)


def text(value: Any, path: str) -> str:
    if type(value) is not str:
        raise _not_convertible(value, "a String", path)
    return value


def integer(value: Any, path: str) -> int:
    """A whole number of 32 bits; true and 1.0 are none."""
    if type(value) is not int or value not in INTEGERS:
        raise _not_convertible(value, "an Integer", path)
    return value


def boolean(value: Any, path: str) -> bool:
    if type(value) is not bool:
        raise _not_convertible(value, "a Boolean", path)
    return value


def timestamp(value: Any, path: str) -> datetime:
    """Seconds since the epoch, which JSON has; CBOR has made a time of them already."""
    if type(value) is datetime:
        return value
    if type(value) in {int, float}:
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            pass  # in no calendar
    raise _not_convertible(value, "milliseconds since epoch", path)


def values(value: Any, path: str) -> list[Any]:
    """What is in a list."""
    if type(value) is not list:
        raise _no_collection("list", value, path)
    return value


def entries(value: Any, path: str) -> dict[str, Any]:
    """What is in a map."""
    if type(value) is not dict:
        raise _no_collection("map", value, path)
    return value


def members(value: Any, path: str) -> dict[str, Any]:
    """What is in a structure."""
    if type(value) is not dict:
        raise _no_collection("structure", value, path)
    return value


SCALARS: dict[str, Callable[[Any, str], Any]] = {
    "boolean": boolean,
    "integer": integer,
    "string": text,
    "timestamp": timestamp,
}


def _not_convertible(value: object, to: str, path: str) -> NotReadable:
    said = _unexpected_start(value) or f"{_token(value)} can not be converted to {to}"
    return NotReadable(said + _at(path))


def _no_collection(kind: str, value: object, path: str) -> NotReadable:
    return NotReadable((_unexpected_start(value) or f"Expected {kind} or null") + _at(path))


def _unexpected_start(value: object) -> str:
    if isinstance(value, list):
        return "Start of list found where not expected"
    if isinstance(value, dict):
        return "Start of structure or map found where not expected"
    return ""


def _token(value: object) -> str:
    """What AWS's parser calls it."""
    match value:
        case bool():
            return f"{value}_VALUE".upper()
        case int() | float():
            return "NUMBER_VALUE"
        case str():
            return "STRING_VALUE"
        case _:
            return f"{type(value).__name__.upper()}_VALUE"


def _at(path: str) -> str:
    return f" at '{path}'" if path else ""
