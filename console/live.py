"""Pages that keep themselves true: what a poll asks, and what it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest
    from django_htmx.middleware import HtmxDetails

    class HtmxHttpRequest(HttpRequest):
        """A request behind `django_htmx.middleware.HtmxMiddleware`."""

        htmx: HtmxDetails


BUSY, IDLE = "every 2s", "every 30s"  # how often a page asks
HIDDEN = ("rev", "shown")  # the hidden fields that say what the page shows


def own_url(request: HttpRequest) -> str:
    """The address of the page, whether the page asks or its poll does."""
    query = request.GET.copy()
    for field in HIDDEN:
        query.pop(field, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def is_current(request: HtmxHttpRequest, revision: object) -> bool:
    """Whether this is a poll of a page that shows this revision already."""
    return bool(request.htmx) and request.GET.get("rev") == str(revision)


def nothing_new() -> HttpResponse:
    return _uncached(HttpResponse(status=204))


def answer(
    request: HtmxHttpRequest, page: str, fragment: str, context: dict[str, Any]
) -> HttpResponse:
    """The whole page, or to a poll only the fragment that is kept true."""
    if not request.htmx:
        return _varying(render(request, page, context))
    return _uncached(render(request, fragment, context))


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return _varying(response)


def _varying(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response
