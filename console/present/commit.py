"""A commit's diffs as lines that a page can tint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pipelines.git import ChangedFile, Changes, Commit

WORDS = {
    "A": "Added",
    "M": "Modified",
    "D": "Deleted",
    "R": "Renamed",
    "C": "Copied",
    "T": "Type changed",
}
OPEN_LINES = 400  # a longer diff waits to be opened
KINDS = {"+": "add", "-": "del", "@": "hunk"}


class Line(NamedTuple):
    """One line of a diff; kind is add, del, hunk or nothing."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One changed file."""

    path: str
    old_path: str  # where it was before it was renamed; else empty
    what: str
    lines: tuple[Line, ...]
    note: str  # instead of lines
    added: int
    deleted: int

    @property
    def is_open(self) -> bool:
        return len(self.lines) <= OPEN_LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesView:
    """What a commit changed."""

    files: tuple[FileView, ...]
    is_cut: bool

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def deleted(self) -> int:
        return sum(file.deleted for file in self.files)


def body_of(commit: Commit) -> str:
    """What the message says below its first line."""
    return commit.message.partition("\n")[2].strip("\n")


def changes_view(changes: Changes) -> ChangesView:
    return ChangesView(
        files=tuple(_file(each, is_cut=changes.is_cut) for each in changes.files),
        is_cut=changes.is_cut,
    )


def _file(changed: ChangedFile, *, is_cut: bool) -> FileView:
    head, body = _parts(changed.diff)
    lines = tuple(Line(KINDS.get(text[:1], ""), text) for text in body)
    moved = (line for line in head if line.startswith(("rename from ", "copy from ")))
    return FileView(
        path=changed.path,
        old_path=next(moved, "").partition(" from ")[2],
        what=WORDS.get(changed.status, "Changed"),
        lines=lines,
        note="" if lines else _note(changed, head, is_cut=is_cut),
        added=sum(line.kind == "add" for line in lines),
        deleted=sum(line.kind == "del" for line in lines),
    )


def _parts(diff: str) -> tuple[list[str], list[str]]:
    """What git says of the file, and the hunks.  Only a newline ends a line."""
    lines = diff.removesuffix("\n").split("\n")
    start = next((n for n, line in enumerate(lines) if line.startswith("@@")), len(lines))
    return lines[:start], lines[start:]


def _note(changed: ChangedFile, head: list[str], *, is_cut: bool) -> str:
    if any(line.startswith("Binary files ") for line in head):
        return "This file is binary; its content is not shown."
    if not changed.diff and is_cut:
        return "Not shown: this commit changes more than a page can show."
    if changed.status == "R":
        return "Renamed without a change."
    modes = [line for line in head if line.startswith(("old mode ", "new mode "))]
    return "; ".join(modes).capitalize() + "." if modes else "An empty file."
