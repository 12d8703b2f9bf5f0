"""Shapes of values as AWS's service model describes them, and what is wrong with a value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    min: int = 0
    max: int | None = None
    pattern: str = ""  # empty: any text
    choices: tuple[str, ...] = ()  # empty: any text
    is_quotable: bool = True  # false: may hold a secret, so complaints do not repeat it


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    min: int
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    member: "Shape"
    min: int = 0
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOf:
    key: Text
    value: "Shape"
    min: int = 0
    max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    members: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()


Shape = Text | Number | ListOf | MapOf | Structure

# JSON can spell both, and neither can be stored.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def violations(value: object, shape: Shape, path: str) -> Iterator[str]:
    """Everything that is wrong with a value, in the words of AWS."""
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        return
    match shape:
        case Text():
            yield from text_violations(value, shape, path)
        case Number():
            yield from number_violations(value, shape, path)
        case ListOf():
            yield from list_violations(value, shape, path)
        case MapOf():
            yield from map_violations(value, shape, path)
        case Structure():
            yield from structure_violations(value, shape, path)
        case _:  # pragma: no cover
            assert_never(shape)


def clean(value: Any, shape: Shape) -> Any:
    """A copy of a value that has the shape, without the members that the shape does not know."""
    match shape:
        case Structure():
            return {
                name: clean(member, shape.members[name])
                for name, member in value.items()
                if member is not None and name in shape.members
            }
        case ListOf():
            return [clean(member, shape.member) for member in value]
        case MapOf():
            return {key: clean(member, shape.value) for key, member in value.items()}
        case _:
            return value


def text_violations(value: object, shape: Text, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield violated("be a string", path)
        return
    if UNSTORABLE.search(value):
        yield violated("be text without null characters and lone surrogates", path)
        return
    shown = f" '{value}'" if shape.is_quotable else ""
    yield from size_violations("length", len(value), shape, path=path, shown=shown)
    if shape.pattern and not re.fullmatch(shape.pattern, value, re.ASCII):
        yield violated(f"satisfy regular expression pattern: {shape.pattern}", path, shown)
    if shape.choices and value not in shape.choices:
        yield violated(f"satisfy enum value set: [{', '.join(shape.choices)}]", path, shown)


def number_violations(value: object, shape: Number, path: str) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield violated("be an integer", path)
        return
    yield from size_violations("value", value, shape, path=path, shown=f" '{value}'")


def list_violations(value: object, shape: ListOf, path: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield violated("be a list", path)
        return
    yield from size_violations("length", len(value), shape, path=path)
    for number, member in enumerate(value, start=1):
        yield from violations(member, shape.member, f"{path}.{number}.member")


def map_violations(value: object, shape: MapOf, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield violated("be a map", path)
        return
    yield from size_violations("length", len(value), shape, path=path)
    for key, member in value.items():
        wrong_with_key = [*violations(key, shape.key, f"{path}.key")]
        yield from wrong_with_key or violations(member, shape.value, f"{path}.{key}.member")


def structure_violations(value: object, shape: Structure, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield violated("be a structure", path)
        return
    for name, member in shape.members.items():
        if name in shape.required or value.get(name) is not None:
            yield from violations(value.get(name), member, f"{path}.{name}")


def size_violations(
    kind: str, size: int, shape: Text | Number | ListOf | MapOf, *, path: str, shown: str = ""
) -> Iterator[str]:
    if size < shape.min:
        yield violated(f"have {kind} greater than or equal to {shape.min}", path, shown)
    if shape.max is not None and size > shape.max:
        yield violated(f"have {kind} less than or equal to {shape.max}", path, shown)


def violated(constraint: str, path: str, shown: str = "") -> str:
    return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {constraint}"
