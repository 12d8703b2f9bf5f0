"""Source revisions as links with a line of text, and which addresses a page may link to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


def source_revisions(stored: Iterable[Mapping[str, str]]) -> tuple[SourceRevision, ...]:
    """From `PipelineExecution.source_revisions`."""
    return tuple(
        SourceRevision(
            action_name=revision["actionName"],
            id=revision["revisionId"],
            summary=first_line(revision["revisionSummary"]),
            url=safe_link(revision["revisionUrl"]),
        )
        for revision in stored
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
