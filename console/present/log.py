"""The log of an action as a page shows it: part by part, as text without a terminal's tricks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

FIRST_BYTES = 64 * 1024  # of the end of a log, with which a page begins
READ_LIMIT = 256 * 1024  # bytes that one request reads

ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]+[0-~]|[0-Z\\^-~])"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CONTINUATION = re.compile(rb"[\x80-\xbf]{0,3}")  # what is left of a character that was cut


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """Some of a log: whole lines, and the line that is still being written."""

    text: str = ""
    unfinished: str = ""
    next_offset: int = 0  # where the unfinished line begins
    end: int = 0  # how far it was read
    size: int = 0  # of the whole log; 0: there is none yet
    begins_late: bool = False  # the log has more before this

    @property
    def reaches_end(self) -> bool:
        return self.end >= self.size


def last_part(log: Path) -> LogPart:
    """The end of the log, from the beginning of a line."""
    return _part(log, offset=None, limit=FIRST_BYTES)


def part_from(log: Path, offset: int) -> LogPart:
    """What comes at this byte; a wrong one does no harm."""
    return _part(log, offset=offset, limit=READ_LIMIT)


def _part(log: Path, *, offset: int | None, limit: int) -> LogPart:
    try:
        with log.open("rb") as file:
            return _read(file, offset=offset, limit=limit)
    except FileNotFoundError:
        return LogPart()


def _read(file: BinaryIO, *, offset: int | None, limit: int) -> LogPart:
    size = file.seek(0, 2)
    start = max(0, size - limit) if offset is None else min(offset, size)
    file.seek(start)
    raw = file.read(min(limit, size - start))
    skipped = _beginning(raw, is_late=offset is None) if start else 0
    raw, start = raw[skipped:], start + skipped
    whole = _whole(raw, limit=limit - skipped)
    return LogPart(
        text=plain(raw[:whole]),
        unfinished=plain(raw[whole : len(raw) - _cut_character(raw)]),
        next_offset=start + whole,
        end=start + len(raw),
        size=size,
        begins_late=offset is None and start > 0,
    )


def _beginning(raw: bytes, *, is_late: bool) -> int:
    """Bytes to leave out: the rest of a line, or at least of a character, that began before."""
    line = raw.find(b"\n") + 1 if is_late else 0
    rest = CONTINUATION.match(raw)
    return line or (rest.end() if rest else 0)


def _whole(raw: bytes, *, limit: int) -> int:
    """How much of it will not change any more: whole lines, or all of a line without an end."""
    lines = raw.rfind(b"\n") + 1
    if lines or len(raw) < limit:
        return lines
    return len(raw) - _cut_character(raw)


def _cut_character(raw: bytes) -> int:
    """How many bytes at the end are the beginning of a character whose rest comes later."""
    for back in range(1, 4):
        byte = raw[-back] if len(raw) >= back else 0
        if byte >= 0xC0:
            length = 2 + (byte >= 0xE0) + (byte >= 0xF0)
            return back if length > back else 0
        if byte < 0x80:
            return 0
    return 0


def plain(raw: bytes) -> str:
    """Text without colours and cursor movements; of a line drawn many times, the last state."""
    text = ESCAPES.sub("", raw.decode("utf-8", errors="replace").replace("\r\n", "\n"))
    if "\r" in text:
        text = "\n".join(_last_state(line) for line in text.split("\n"))
    return CONTROLS.sub("", text)


def _last_state(line: str) -> str:
    return next((state for state in reversed(line.split("\r")) if state), "")
