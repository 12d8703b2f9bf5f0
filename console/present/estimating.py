"""How long a stop that waits will take, from how long the running actions usually take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

A_FEW, MINUTE, HOUR = 10, 60, 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A running action."""

    name: str
    started_at: datetime
    asks: bool  # it waits for an answer: nobody knows how long
    usual_seconds: float | None


def remaining(live: Sequence[Live], *, now: datetime) -> float | None:
    """Seconds until the last of them is complete, negative when it is late; None: nobody knows."""
    known = [
        one.usual_seconds - (now - one.started_at).total_seconds()
        for one in live
        if one.usual_seconds is not None
    ]
    return max(known) if known and len(known) == len(live) else None


def about(seconds: float) -> str:
    """One round number: "a few seconds", "about 40 s", "about 3 min", "about 2 h"."""
    if seconds < A_FEW:
        return "a few seconds"
    if seconds < MINUTE - A_FEW / 2:
        return f"about {round(seconds / A_FEW) * A_FEW} s"
    if seconds < 1.5 * HOUR:
        return f"about {max(1, round(seconds / MINUTE))} min"
    return f"about {round(seconds / HOUR)} h"
