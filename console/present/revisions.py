"""Source revisions as links with a line of text, and which addresses a page may link to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRevision:
    """What one source action found."""

    action_name: str
    id: str
    summary: str  # the first line of the message
    url: str  # empty: nowhere to go
    asked_for: str = ""  # what was asked for in place of the newest, in words


def source_revisions(
    stored: Iterable[Mapping[str, str]], overrides: Iterable[Override] = ()
) -> tuple[SourceRevision, ...]:
    """From `PipelineExecution.source_revisions`, and what was asked of their sources."""
    asked: dict[str, list[str]] = {}
    for override in overrides:
        asked.setdefault(override.action_name, []).append(f"{override.type} {override.value}")
    return tuple(
        SourceRevision(
            action_name=revision["actionName"],
            id=revision["revisionId"],
            summary=first_line(revision["revisionSummary"]),
            url=safe_link(revision["revisionUrl"]),
            asked_for=", ".join(asked.get(revision["actionName"], ())),
        )
        for revision in stored
    )


class Override(NamedTuple):
    """A source revision that was asked for in place of the newest."""

    action_name: str
    type: str
    value: str


def overrides_of(stored: Iterable[Mapping[str, str]]) -> tuple[Override, ...]:
    """From `PipelineExecution.source_overrides`."""
    return tuple(
        Override(each["actionName"], each["revisionType"], each["revisionValue"]) for each in stored
    )


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0].rstrip()


def safe_link(url: str) -> str:
    """The address if it is one of the web; one of ours without host, however the reader came here.

    Empty for any other, so that nobody's configuration becomes a script.
    """
    if url.startswith(f"{settings.PENSTOCK_URL}/"):
        return url.removeprefix(settings.PENSTOCK_URL)
    return url if url.lower().startswith(WEB) else ""
