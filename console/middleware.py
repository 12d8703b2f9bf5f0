"""What holds for every page: tools pass by, and who is refused something is told so in words."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render, resolve_url
from django_htmx.middleware import HtmxDetails

from console.actor import caller_of, offers_to
from console.present.offers import READING
from console.refusals import NOT_FOUND
from pipelines import people
from pipelines.api import views as api
from pipelines.api.s3 import views as s3
from pipelines.core.refusals import AccessDenied
from pipelines.core.rights import least_role

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Handler = Callable[[HttpRequest], HttpResponseBase]


def let_aws_tools_pass_by(get_response: Handler) -> Handler:
    """Answer AWS tools before anything that is there for people, who have hosts, cookies and HTML.

    Whatever a tool sends, and wherever to, it is answered in its protocol.  A tool's request is
    signed with the host it went to, so that ALLOWED_HOSTS adds nothing.
    """

    def handle(request: HttpRequest) -> HttpResponseBase:
        if s3.is_meant(request):
            return s3.endpoint(request)
        return api.endpoint(request) if api.is_meant(request) else get_response(request)

    return handle


def send_signed_out_polls_to_sign_in(get_response: Handler) -> Handler:
    """A part of a page that asks for news is no place for the sign-in page: the tab goes there."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response, htmx = get_response(request), HtmxDetails(request)
        if not htmx or not _asks_to_sign_in(response):
            return response
        page = urlencode({"next": htmx.current_url_abs_path or "/"})
        redirect = f"{resolve_url(settings.LOGIN_URL)}?{page}"
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": redirect})

    return handle


def find_nothing_with_nulls(get_response: Handler) -> Handler:
    """No name has a null character, and PostgreSQL refuses to look for one."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        asked = [request.path_info, *(value for _, each in request.GET.lists() for value in each)]
        if any("\0" in text for text in asked):
            raise Http404("There is nothing of that name.")
        return get_response(request)

    return handle


def role_not_required(view: Handler) -> Handler:
    """A view that is there for everybody who is signed in, without any role."""
    view.role_required = False  # type: ignore[attr-defined]
    return view


class OnlyReaders:
    """Who has no role that shows anything sees which is missing, and whom to ask, on any page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Handler, _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        is_open = not getattr(view, "login_required", True)
        if is_open or not getattr(view, "role_required", True) or offers_to(request).reads:
            return None
        if HtmxDetails(request):  # the page that asks is not to be seen any more either
            headers = {"HX-Refresh": "true", "Cache-Control": "no-store", "Vary": "HX-Request"}
            return HttpResponse(status=HTTPStatus.FORBIDDEN, headers=headers)
        context = {
            "roles": sorted(caller_of(request).roles),
            "needed": least_role(READING).value,
            "administrators": people.administrators(),
        }
        return render(request, "no_role.html", context, status=HTTPStatus.FORBIDDEN)


class Refusals:
    """What does not exist is not found; what is not allowed is said in words."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if isinstance(exception, NOT_FOUND):
            raise Http404(exception.message) from exception
        if isinstance(exception, AccessDenied):
            context = {"message": exception.message}
            return render(request, "refused.html", context, status=HTTPStatus.FORBIDDEN)
        return None


def _asks_to_sign_in(response: HttpResponseBase) -> bool:
    return urlsplit(response.headers.get("Location", "")).path == resolve_url(settings.LOGIN_URL)
