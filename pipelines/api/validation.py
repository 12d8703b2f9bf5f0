"""The input of an operation against its shape, in AWS's words (spec/api.md §6 E2 and E3).

Each shape is turned into a function once, since walking botocore's model costs more than the check.
A value of another type raises NotReadable, as AWS's parser does; all else that is wrong is told in
one ValidationException.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from pipelines.api import conversion, model
from pipelines.api.constraints import (
    Constraint,
    are_not,
    broken,
    clipped,
    constraints_of,
    is_not,
    is_null,
    is_secret,
    is_storable,
    not_storable,
    quoted,
)
from pipelines.core.structure_refusals import InvalidValue

if TYPE_CHECKING:
    from botocore.model import Shape

# Given a value that is not null, its path, and where to put complaints; gives what to work with.
Reader = Callable[[Any, str, list[str]], Any]

# Nobody mends more at once, and a list of a megabyte would have hundreds of thousands.
COMPLAINTS_AT_MOST = 100


def input_of(operation: str, value: object) -> dict[str, Any]:
    """What an operation works with: its members that AWS knows and that are not null.

    Raises NotReadable, or InvalidValue (ValidationException) with all that is wrong.
    """
    problems: list[str] = []
    read: dict[str, Any] = _reader_of_input(operation)(value, "", problems)
    if problems:
        raise InvalidValue(tuple(problems))
    return read


@cache
def reader_of(shape_name: str) -> Reader:
    """The function that reads values of a shape."""
    shape = model.service().shape_for(shape_name)
    match shape.type_name:
        case "structure":
            return _structure(shape)
        case "list":
            return _list(shape)
        case "map":
            return _map(shape)
        case _:
            return _scalar(shape)


@cache
def _reader_of_input(operation: str) -> Reader:
    return reader_of(model.service().operation_model(operation).input_shape.name)


def _scalar(shape: Shape) -> Reader:
    typed, constraints, secret = _typed(shape), constraints_of(shape), is_secret(shape)
    if not constraints:
        return typed

    def read(value: Any, path: str, problems: list[str]) -> Any:
        before = len(problems)
        value = typed(value, path, problems)
        if len(problems) == before and (found := broken(constraints, value)):
            shown = "" if secret else quoted(value)
            problems.extend(is_not(each, path, shown) for each in found)
        return value

    return read


def _typed(shape: Shape) -> Reader:
    """Of a scalar, without its constraints: collections tell those of all members at once."""
    if shape.type_name == "string":
        return _text
    convert = conversion.SCALARS[shape.type_name]

    def read(value: Any, path: str, _problems: list[str]) -> Any:
        return convert(value, path)

    return read


def _text(value: Any, path: str, problems: list[str]) -> str:
    text = conversion.text(value, path)
    if not is_storable(text):
        problems.append(not_storable(path))
    return text


def _list(shape: Shape) -> Reader:
    sizes = constraints_of(shape)
    member, rules = _member(shape.member)
    shows = bool(rules) and not is_secret(shape.member)

    def shown(values: list[Any]) -> str:
        return quoted(f"[{', '.join(map(str, values))}]") if shows or not values else ""

    def read(value: Any, path: str, problems: list[str]) -> list[Any]:
        values = conversion.values(value, path)
        if found := broken(sizes, values):
            problems.extend(is_not(each, path, shown(values)) for each in found)
        members = []
        for number, each in enumerate(values, start=1):
            if len(problems) >= COMPLAINTS_AT_MOST:
                break
            if each is None:
                problems.append(is_null(f"{path}.{number}.member"))
            else:
                members.append(member(each, f"{path}.{number}.member", problems))
        if any(broken(rules, each) for each in members):
            problems.append(are_not("Member", rules, path, shown=shown(members)))
        return members

    return read


def _map(shape: Shape) -> Reader:
    """Keys and values are complained about once each, and not repeated: they may be secrets."""
    sizes, key_rules = constraints_of(shape), constraints_of(shape.key)
    member, rules = _member(shape.value)

    def read(value: Any, path: str, problems: list[str]) -> dict[str, Any]:
        entries = conversion.entries(value, path)
        problems.extend(is_not(each, path, "") for each in broken(sizes, entries))
        members = {}
        for key, each in entries.items():
            if len(problems) >= COMPLAINTS_AT_MOST:
                break
            _text(key, f"{path}.key", problems)
            if each is None:
                problems.append(is_null(f"{path}.{clipped(key)}.member"))
            else:
                members[key] = member(each, f"{path}.{clipped(key)}.member", problems)
        if any(broken(key_rules, key) for key in members):
            problems.append(are_not("Map keys", key_rules, path))
        if any(broken(rules, each) for each in members.values()):
            problems.append(are_not("Map value", rules, path))
        return members

    return read


def _member(shape: Shape) -> tuple[Reader, tuple[Constraint, ...]]:
    if shape.type_name in {"structure", "list", "map"}:
        return reader_of(shape.name), ()
    return _typed(shape), constraints_of(shape)


def _structure(shape: Shape) -> Reader:
    required = frozenset(shape.required_members)
    readers = {name: reader_of(member.name) for name, member in shape.members.items()}

    def read(value: Any, path: str, problems: list[str]) -> dict[str, Any]:
        given = conversion.members(value, path)
        before = f"{path}." if path else ""
        members = {}
        for name, reader in readers.items():
            member = given.get(name)
            if member is not None:
                members[name] = reader(member, before + name, problems)
            elif name in required:
                problems.append(is_null(before + name))
        return members

    return read
