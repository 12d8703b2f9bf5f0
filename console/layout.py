"""How a reader wants the diagram drawn: as asked for now, or else as the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

LAYOUTS = ("horizontal", "vertical")
A_YEAR = 365 * 24 * 3600


def chosen(request: HttpRequest) -> str:
    choices = (request.GET.get("view"), request.COOKIES.get("layout"))
    return next((choice for choice in choices if choice in LAYOUTS), LAYOUTS[0])


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, which keeps the choice for the next page if one was made on this."""
    if request.GET.get("view") in LAYOUTS:
        response.set_cookie(
            "layout", chosen(request), max_age=A_YEAR, samesite="Lax", httponly=True
        )
    return response
