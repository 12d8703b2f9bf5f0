"""Names and numbers in running text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    *others, last = names or [""]
    return f"{', '.join(others)} and {last}" if others else last


def counted(number: int, noun: str) -> str:
    """ "1 action", "2 actions"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def until_when(working: Sequence[str], asking: Sequence[str]) -> str:
    """What has to happen first: "UnitTests is complete and Ask is answered or expires"."""
    complete = f"{listed(working)} {are(working)} complete" if working else ""
    answered = f"{listed(asking)} {are(asking)} answered or {_expire(asking)}" if asking else ""
    return listed([part for part in (complete, answered) if part])


def _expire(names: Sequence[str]) -> str:
    return "expires" if len(names) == 1 else "expire"
