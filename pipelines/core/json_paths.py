"""JSONPath, as far as the filters of webhooks need it: names, indexes, wildcards, one descent.

The AWS page API_WebhookFilterRule names the Java implementation.  Its expressions, functions,
slices and unions are not here: a path that has any is refused, never half understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"[^\W\d][\w\-$@]*|[$@][\w\-$@]*"
_STEP = re.compile(
    rf"""(?P<descent>\.\.)(?P<deep>{_NAME})
    | \.(?P<name>{_NAME})
    | (?P<all>\.\*|\[\s*\*\s*\])
    | \[\s*(?P<index>-?\d{{1,9}})\s*\]
    | \[\s*'(?P<single>(?:[^'\\]|\\.)+)'\s*\]
    | \[\s*"(?P<double>(?:[^"\\]|\\.)+)"\s*\]""",
    re.VERBOSE,
)


class NotAPath(Exception):
    """The path is malformed or uses what is not here; the message says which."""


@dataclass(frozen=True, slots=True)
class Name:
    """The member of that name; `deep`: at any depth."""

    name: str
    deep: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a list; negative ones count from its end."""

    index: int


@dataclass(frozen=True, slots=True)
class Everything:
    """Every member or element."""


Step = Name | Index | Everything


def parse(path: str) -> tuple[Step, ...]:
    """Raises NotAPath."""
    rest = path.strip()
    rest = rest[1:] if rest.startswith("$") else f".{rest}"
    steps: list[Step] = []
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise NotAPath(f"{path!r} cannot be read at {rest[:20]!r}.")
        steps.append(_step(match))
        rest = rest[match.end() :]
    if sum(isinstance(step, Name) and step.deep for step in steps) > 1:
        raise NotAPath(f"{path!r} has .. more than once.")
    return tuple(steps)


def select(steps: tuple[Step, ...], document: Any) -> list[Any]:
    """The values that the path leads to, in the order of the document."""
    found = [document]
    for step in steps:
        found = [value for each in found for value in _taken(step, each)]
    return found


def text_of(value: Any) -> str | None:
    """A value as a filter compares it; None for what has no text."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            return None


def _step(match: re.Match[str]) -> Step:
    if match["deep"]:
        return Name(match["deep"], deep=True)
    if match["all"]:
        return Everything()
    if match["index"]:
        return Index(int(match["index"]))
    quoted = match["single"] or match["double"]
    return Name(re.sub(r"\\(.)", r"\1", quoted) if quoted else match["name"])


def _taken(step: Step, value: Any) -> Iterator[Any]:
    match step:
        case Name(name, deep=True):
            yield from _anywhere(name, value)
        case Name(name) if isinstance(value, dict) and name in value:
            yield value[name]
        case Index(index) if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]
        case Everything() if isinstance(value, dict):
            yield from value.values()
        case Everything() if isinstance(value, list):
            yield from value
        case _:
            return


def _anywhere(name: str, document: Any) -> Iterator[Any]:
    """Without recursion: documents come from strangers."""
    to_see = [document]
    while to_see:
        value = to_see.pop()
        if isinstance(value, dict):
            if name in value:
                yield value[name]
            to_see += reversed(value.values())
        elif isinstance(value, list):
            to_see += reversed(value)
