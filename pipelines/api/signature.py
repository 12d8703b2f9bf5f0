"""Who is calling: AWS Signature Version 4 (spec/api.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.api.received import Received
    from pipelines.core.rights import Caller


class NotAuthenticated(Refusal):
    """The request does not show who sends it; `code` is AWS's name of why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def authenticate(received: Received, *, now: datetime) -> Caller:
    """The caller whose signature this is, or NotAuthenticated."""
    raise NotAuthenticated("MissingAuthenticationTokenException", "Missing Authentication Token")
