"""Bad input, derived from the service model: one fault at every place of an operation's input.

What a fault must be answered with is derived here from the model, not from the code under test.
"""

import re
from dataclasses import dataclass
from typing import Any

from tests.api.encoding import Raw

VALID, INVALID, UNREADABLE = "let through", "ValidationException", "SerializationException"
REMOVED = object()
KEY = object()  # in a path: the key itself, not what is under it


class Entry(str):
    """In a path: the key of a map."""

    __slots__ = ()


HUGE = "x" * 200_000
WRONG_TYPES = {
    "string": "text",
    "integer": 7,
    "decimal": 1.5,
    "boolean": True,
    "list": [],
    "map": {},
    "bytes": b"bytes",
}
RIGHT_TYPES = {
    "structure": {"map"},
    "timestamp": {"integer", "decimal"},
}
TEXTS = {
    "newline": "first\nsecond",
    "ends in a newline": "website\n",
    "bidi": "a\u202eb\u2066c",
    "combining": "e" + "\u0301" * 40,
    "beyond the BMP": "\U0001f6b0",
    "other digits": "\u0661\u0662\u0663",
    "no break": "a\u00a0b",
    "separator": "a\u2028b",
    "format": "%s%n{0}{{7*7}}${jndi:ldap://localhost/a}",
    "SQL": "'; DROP TABLE pipelines_pipeline; --",
    "HTML": "<script>alert(1)</script>",
    "path": "../../../../etc/passwd",
    "command": "ok; rm -rf /",
    "huge": HUGE,
    "blank": "   ",
    "formula": "=1+1",
}
NUMBERS = {"2^31": 2**31, "2^63": 2**63, "2^70": 2**70, "-2^31-1": -(2**31) - 1}
NO_NUMBERS = {
    "NaN": Raw(json="NaN", cbor=b"\xfb\x7f\xf8" + bytes(6)),
    "infinity": Raw(json="-Infinity", cbor=b"\xf9\xfc\x00"),
    "1e400": Raw(json="1e400", cbor=b"\xf9\x7c\x00"),
    "5000 digits": Raw(json="7" * 5000, cbor=b"\xc2\x59\x08\x00" + b"\xff" * 2048),
}
DEEP = Raw(json="[" * 500 + "]" * 500, cbor=b"\x81" * 500 + b"\x00")
TWICE = Raw(json='{"a":1,"a":2}', cbor=bytes.fromhex("a2616101616102"))
SURROGATE = Raw(json='"a\\ud800b"', cbor=b"\x65a\xed\xa0\x80b")
NOT_UTF8 = Raw(json=b'"\xff"'.decode("latin-1"), cbor=b"\x61\xff")  # JSON is sent as Latin-1 is
UNDEFINED = Raw(json="null", cbor=b"\xf7")
SET = Raw(json="\x00", cbor=b"\xd9\x01\x02\x81\x01")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in one place, and what the answer must be."""

    path: tuple[Any, ...]
    name: str
    value: Any
    expected: Any  # VALID, INVALID, UNREADABLE, or those of JSON and of CBOR
    places: tuple[str, ...] = ()  # of which a complaint names one

    def __str__(self):
        return f"{self.name} at {place_of(self.path) or 'the input'}"

    def expects(self, protocol):
        """What a protocol is answered with."""
        return self.expected[protocol] if isinstance(self.expected, dict) else self.expected


def faults_of(shape, value, path=(), *, within=()):
    """Every fault of a value that fits the shape, and of everything in it.

    `within` names the list or map that complains for a member without members of its own.
    """
    places = (place_of(path), *within)
    for name, wrong, expected in [*wrong_types(shape), *BY_TYPE[shape.type_name](shape, value)]:
        yield Fault(path, name, wrong, expected, places)
    match shape.type_name:
        case "structure":
            yield from faults_of_members(shape, value, path)
        case "list" if value:
            yield Fault((*path, 0), "null", None, INVALID, (place_of((*path, 0)),))
            yield from faults_of(shape.member, value[0], (*path, 0), within=(place_of(path),))
        case "map" if value:
            yield from faults_of_entries(shape, value, path)


def faults_of_members(shape, value, path):
    for name, member in shape.members.items():
        at, places = (*path, name), (place_of((*path, name)),)
        absent = INVALID if name in shape.required_members else VALID
        yield Fault(at, "missing", REMOVED, absent, places)
        yield Fault(at, "null", None, absent, places)
        yield Fault(at, "undefined", UNDEFINED, absent, places)
        yield from faults_of(member, value[name], at)


def faults_of_entries(shape, value, path):
    key, place = Entry(next(iter(value))), place_of(path)
    for name, text, expected in in_text(shape.key, key):
        if not isinstance(text, Raw) and text != key:
            yield Fault((*path, key, KEY), f"key: {name}", text, expected, (place, f"{place}.key"))
    yield Fault((*path, key), "null", None, INVALID, (place_of((*path, key)),))
    yield from faults_of(shape.value, value[key], (*path, key), within=(place,))


def wrong_types(shape):
    right = RIGHT_TYPES.get(shape.type_name, {shape.type_name})
    for name, wrong in WRONG_TYPES.items():
        if name not in right:
            yield f"{name} for {shape.type_name}", wrong, UNREADABLE
    for name, wrong in (("twice", TWICE), ("not UTF-8", NOT_UTF8), ("a set", SET), ("deep", DEEP)):
        yield name, wrong, UNREADABLE


def in_text(shape, value):
    most, least = shape.metadata.get("max"), shape.metadata.get("min", 0)
    if most is not None:
        yield "too long", (value * most)[: most + 1], INVALID
    if least:
        yield "too short", value[: least - 1], INVALID
    yield "null character", f"{value[:1]}\0{value[1:]}"[: most or None], INVALID
    yield "lone surrogate", SURROGATE, {"json": INVALID, "cbor": UNREADABLE}
    for name, text in TEXTS.items():
        yield name, text, VALID if fits(shape, text) else INVALID
    if shape.metadata.get("enum"):
        yield "another spelling", value.swapcase(), INVALID


def fits(shape, text):
    """Whether the model allows the text."""
    rules = shape.metadata
    return (
        rules.get("min", 0) <= len(text) <= rules.get("max", len(text))
        and ("enum" not in rules or text in rules["enum"])
        and ("pattern" not in rules or bool(re.fullmatch(rules["pattern"], text, re.ASCII)))
    )


def in_integer(shape, _value):
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    if most is not None:
        yield "too large", most + 1, INVALID
    if least is not None:
        yield "too small", least - 1, INVALID
    for name, number in [*NUMBERS.items(), *NO_NUMBERS.items()]:
        yield name, number, UNREADABLE


def in_boolean(_shape, _value):
    for name, number in NO_NUMBERS.items():
        yield name, number, UNREADABLE


def in_timestamp(_shape, _value):
    yield "before all calendars", -1e18, UNREADABLE
    yield "after all calendars", 2**70, UNREADABLE
    yield "long ago", -62_135_596_800, VALID
    for name, number in NO_NUMBERS.items():
        yield name, number, UNREADABLE


def in_list(shape, value):
    most, least = shape.metadata.get("max"), shape.metadata.get("min", 0)
    if most is not None and value:
        yield "too many", value * (most + 1), INVALID
    if least:
        yield "too few", value[: least - 1], INVALID


def in_map(shape, value):
    most = shape.metadata.get("max")
    if most is not None and value:
        (each, *_rest) = value.values()
        yield "too many", {f"key{number}": each for number in range(most + 1)}, INVALID


def in_structure(_shape, value):
    """Members that nobody knows are not looked at, unless the body cannot be read for them."""
    yield "unknown member", {**value, "unknown": {"a": [None, {"b": 2**40}]}}, VALID
    yield "unknown member, ten deep", {**value, "unknown": [[[[[[[[[[]]]]]]]]]]}, VALID
    yield "unknown member, too deep", {**value, "unknown": DEEP}, UNREADABLE
    yield "unknown member, twice in itself", {**value, "unknown": TWICE}, UNREADABLE
    for name, number in NO_NUMBERS.items():
        read = VALID if name != "5000 digits" else UNREADABLE
        yield (
            f"unknown member, {name}",
            {**value, "unknown": number},
            {"json": UNREADABLE, "cbor": read},
        )
    yield "unknown names", {**value, "__class__": "x", "": 1, "\u202e": 2, "constructor": {}}, VALID


BY_TYPE = {
    "boolean": in_boolean,
    "integer": in_integer,
    "list": in_list,
    "map": in_map,
    "string": in_text,
    "structure": in_structure,
    "timestamp": in_timestamp,
}


def with_fault(value, fault):
    """A copy of the input that has the fault; the input itself where the place is gone."""
    return replaced(value, fault.path, fault.value)


def replaced(value, path, new):
    if not path:
        return new
    first, *rest = path
    if isinstance(value, dict) and first in value:
        if rest == [KEY]:
            return {(new if key == first else key): member for key, member in value.items()}
        if not rest and new is REMOVED:
            return {key: member for key, member in value.items() if key != first}
        return {**value, first: replaced(value[first], rest, new)}
    if isinstance(value, list) and isinstance(first, int) and first < len(value):
        return [*value[:first], replaced(value[first], rest, new), *value[first + 1 :]]
    return value


def place_of(path):
    """A place as AWS names it: pipeline.stages.1.member.name."""
    return ".".join(map(step, path))


def step(name):
    if isinstance(name, int):
        return f"{name + 1}.member"
    return f"{name}.member" if isinstance(name, Entry) else str(name)
