"""The output of an operation as a protocol encodes it, by its shape.

What the service model does not have never leaves: it is a defect of ours, and raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.api import model

if TYPE_CHECKING:
    from botocore.model import Shape

Writer = Callable[[Any], Any]
Time = Callable[[datetime], object]


class NotOfTheModel(Exception):
    """What an operation returned has no place in AWS's output."""


def output_of(operation: str, output: Mapping[str, Any] | None, *, time: Time) -> object:
    """What to encode, or None where AWS answers with nothing."""
    shape = model.service().operation_model(operation).output_shape
    if shape is None:
        if output:
            raise NotOfTheModel(f"{operation} has no output.")
        return None
    return writer_of(shape.name, time)(output or {})


@cache
def writer_of(shape_name: str, time: Time) -> Writer:
    """The function that writes values of a shape; `time` writes the times in them."""
    shape = model.service().shape_for(shape_name)
    match shape.type_name:
        case "structure":
            return _structure(shape, time)
        case "list":
            return _list(shape, time)
        case "map":
            return _map(shape, time)
        case _:
            return _scalar(shape, time)


def _structure(shape: Shape, time: Time) -> Writer:
    name = shape.name
    writers = {member: writer_of(of.name, time) for member, of in shape.members.items()}

    def write(value: Any) -> dict[str, Any]:
        _check(isinstance(value, Mapping), name, value)
        if unknown := value.keys() - writers.keys():
            raise NotOfTheModel(f"{name} has no member {', '.join(sorted(unknown))}.")
        return {key: writers[key](each) for key, each in value.items() if each is not None}

    return write


def _list(shape: Shape, time: Time) -> Writer:
    name, write_member = shape.name, writer_of(shape.member.name, time)

    def write(value: Any) -> list[Any]:
        _check(isinstance(value, list | tuple), name, value)
        return [write_member(member) for member in value]

    return write


def _map(shape: Shape, time: Time) -> Writer:
    name, write_value = shape.name, writer_of(shape.value.name, time)

    def write(value: Any) -> dict[str, Any]:
        _check(isinstance(value, Mapping), name, value)
        return {str(key): write_value(member) for key, member in value.items()}

    return write


def _scalar(shape: Shape, time: Time) -> Writer:
    name, choices = shape.name, frozenset(shape.metadata.get("enum", ()))

    def write_text(value: Any) -> str:
        _check(isinstance(value, str) and (not choices or value in choices), name, value)
        return str(value)

    def write_time(value: Any) -> object:
        _check(isinstance(value, datetime) and value.tzinfo is not None, name, value)
        return time(value)

    def write_integer(value: Any) -> int:
        _check(type(value) is int, name, value)
        return int(value)

    def write_boolean(value: Any) -> bool:
        _check(type(value) is bool, name, value)
        return bool(value)

    return {
        "boolean": write_boolean,
        "integer": write_integer,
        "string": write_text,
        "timestamp": write_time,
    }[shape.type_name]


def _check(holds: bool, shape: str, value: object) -> None:
    if not holds:
        raise NotOfTheModel(f"This {type(value).__name__} is no {shape}.")  # it may be secret
