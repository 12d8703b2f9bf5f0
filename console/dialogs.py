"""Forms that are asked for in a dialog, and are pages of their own without JavaScript."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from console.present.offers import Offer
from console.refusals import status_of
from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from console.live import HtmxHttpRequest


NOT_ALLOWED = "components/not_allowed.html"
ALWAYS = Offer(is_allowed=True, why_not="")


class SeeOther(HttpResponseRedirect):
    """What was asked for is done: look at that page."""

    status_code = HTTPStatus.SEE_OTHER


def handle(
    request: HtmxHttpRequest,
    template: str,
    context: dict[str, Any],
    form: Form,
    act: Callable[[], str],
    *,
    allowed: Offer = ALWAYS,
) -> HttpResponse:
    """Show the form; once it is filled in, do what it asks for and go back.

    Who is not allowed to do it is told so instead; `act` refuses it all the same.

    `act` returns what to tell the person.  What is wrong with the form, or refused, is told in it,
    and nothing typed is lost.  The context has `pipeline`, `title`, which is the dialog's, and
    `back`, the page that it was opened from; or instead of `pipeline` a `page` of its own.  When it
    is done, the way leads to `done` if there is one, which `act` may still say.
    """
    if not allowed.is_allowed and not form.is_bound:
        refused = {**context, "why_not": allowed.why_not}
        return show(request, NOT_ALLOWED, refused, status=HTTPStatus.FORBIDDEN)
    status = _attempt(request, form, act) if form.is_bound else HTTPStatus.OK
    if status is HTTPStatus.SEE_OTHER:
        return SeeOther(context.get("done", context["back"]))
    return show(request, template, {**context, "form": form}, status=status)


def show(
    request: HtmxHttpRequest, template: str, context: dict[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """The form alone for the `<dialog>`, or a page around it."""
    page = context.get("page", "components/dialog_page.html")
    around = {**context, "dialog": template}
    response = render(request, template if request.htmx else page, around, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if request.htmx:
        response["Cache-Control"] = "no-store"
    return response


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that the person came from, if the address names one in `next`."""
    asked = request.GET.get("next", "")
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else otherwise


def _attempt(request: HtmxHttpRequest, form: Form, act: Callable[[], str]) -> HTTPStatus:
    if not form.is_valid():
        return HTTPStatus.BAD_REQUEST
    try:
        told = act()
    except Refusal as refusal:
        form.add_error(None, refusal.message)
        return status_of(refusal)
    messages.success(request, told)
    return HTTPStatus.SEE_OTHER
