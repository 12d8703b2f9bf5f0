"""AWS's glob patterns: which names of branches and tags, and which paths, a pattern matches.

https://docs.aws.amazon.com/codepipeline/latest/userguide/syntax-glob.html

Matching keeps all the places where the pattern could be at once, so that its cost is the length of
the pattern times that of the text: no pattern, however full of stars, takes longer than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SEPARATOR = "/"


class NotAGlob(Exception):
    """The pattern is malformed; the message says how."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a compiled pattern: take a character and go on, or go on without one."""

    takes: Callable[[str], bool] | None  # None: it takes no character
    to: tuple[int, ...]  # where it goes on, as distances from here


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text.  Raises NotAGlob."""
    steps = compiled(pattern)
    here = _reached(steps, [0])
    for character in text:
        if not here:
            return False
        taken = (
            place + distance
            for place in here - {len(steps)}
            if (takes := steps[place].takes) and takes(character)
            for distance in steps[place].to
        )
        here = _reached(steps, taken)
    return len(steps) in here


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> tuple[Step, ...]:
    """Raises NotAGlob."""
    steps, at = _sequence(pattern, 0, inside="")
    if at < len(pattern):
        raise NotAGlob(f"{pattern!r} has a }} that closes nothing.")
    return tuple(steps)


def _reached(steps: tuple[Step, ...], places: Iterable[int]) -> set[int]:
    """These places, and those that can be come to from them without taking a character."""
    reached: set[int] = set()
    to_see = list(places)
    while to_see:
        place = to_see.pop()
        if place in reached:
            continue
        reached.add(place)
        if place < len(steps) and steps[place].takes is None:
            to_see += [place + distance for distance in steps[place].to]
    return reached


def _sequence(pattern: str, at: int, *, inside: str) -> tuple[list[Step], int]:
    """The steps of the pattern from there to its end, or inside a group to where a part ends."""
    steps: list[Step] = []
    ends = ",}" if inside else "}"
    while at < len(pattern) and pattern[at] not in ends:
        if inside and pattern[at] == "{":
            raise NotAGlob(f"{pattern!r} has a group inside a group.")
        more, at = _part(pattern, at)
        steps += more
    if inside and at == len(pattern):
        raise NotAGlob(f"{pattern!r} has a {{ that is not closed.")
    return steps, at


def _part(pattern: str, at: int) -> tuple[list[Step], int]:
    """The steps of what stands there, and where the next part begins."""
    if pattern.startswith("**", at):
        return _any_number(_anything), at + 2
    if pattern[at] == "*":
        return _any_number(_within_a_name), at + 1
    if pattern[at] == "{":
        return _group(pattern, at + 1)
    takes, at = _one_character(pattern, at)
    return [Step(takes, (1,))], at


def _any_number(takes: Callable[[str], bool]) -> list[Step]:
    return [Step(None, (1, 2)), Step(takes, (-1,))]


def _one_character(pattern: str, at: int) -> tuple[Callable[[str], bool], int]:
    match pattern[at]:
        case "?":
            return _within_a_name, at + 1
        case "[":
            return _bracket(pattern, at + 1)
        case "\\" if at + 1 == len(pattern):
            raise NotAGlob(f"{pattern!r} ends with a backslash.")
        case "\\":
            return pattern[at + 1].__eq__, at + 2
        case character:
            return character.__eq__, at + 1


def _group(pattern: str, at: int) -> tuple[list[Step], int]:
    """`{a,b}`, from behind the brace: a fork to each part, and from each a way behind them all."""
    parts: list[list[Step]] = []
    while True:
        part, at = _sequence(pattern, at, inside="{")
        parts.append(part)
        at += 1
        if pattern[at - 1] == "}":
            break
    length = sum(len(part) + 1 for part in parts)
    starts: list[int] = []
    steps: list[Step] = []
    for part in parts:
        starts.append(len(steps) + 1)
        steps += part
        steps.append(Step(None, (length - len(steps),)))
    return [Step(None, tuple(starts)), *steps], at


def _bracket(pattern: str, at: int) -> tuple[Callable[[str], bool], int]:
    """`[abc]`, `[a-c]`, `[!a]`, from behind the bracket; inside it `*`, `?` and `\\` are plain."""
    end = pattern.find("]", at)
    if end < 0:
        raise NotAGlob(f"{pattern!r} has a [ that is not closed.")
    said = pattern[at:end]
    is_negated = said.startswith("!")
    said = said[is_negated:]
    if not said or SEPARATOR in said:
        raise NotAGlob(f"{pattern!r} has a bracket with nothing or with a / in it.")
    ranges = _ranges(pattern, said)

    def takes(character: str) -> bool:
        is_in = any(first <= character <= last for first, last in ranges)
        return character != SEPARATOR and is_in is not is_negated

    return takes, end + 1


def _ranges(pattern: str, said: str) -> list[tuple[str, str]]:
    """A hyphen that comes first stands for itself."""
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(said):
        first = last = said[at]
        if at > 0 and first == "-":
            raise NotAGlob(f"{pattern!r} has a - in a bracket that is between no two characters.")
        if said[at + 1 : at + 2] == "-" and at + 2 < len(said):
            last = said[at + 2]
            at += 2
        if last < first:
            raise NotAGlob(f"{pattern!r} has a range that ends before it begins: {first}-{last}.")
        ranges.append((first, last))
        at += 1
    return ranges


def _anything(_: str) -> bool:
    return True


def _within_a_name(character: str) -> bool:
    return character != SEPARATOR
