"""Who asks: the person who is signed in, as everything is recorded under and permitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import access

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pipelines.core.rights import Caller


def caller_of(request: HttpRequest) -> Caller:
    """The signed-in user; `LoginRequiredMiddleware` lets nobody else get here."""
    return access.caller_of(request.user)
