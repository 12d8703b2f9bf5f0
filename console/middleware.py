"""What holds for every page: tools pass by, the signed out sign in, what is not is not found."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.middleware import HtmxDetails

from console.refusals import NOT_FOUND
from pipelines.api import views as api

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


class NotFoundRefusals:
    """Pages of pipelines, executions, stages and actions that do not exist are not found."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, NOT_FOUND):
            raise Http404(exception.message) from exception


def _asks_to_sign_in(response: HttpResponseBase) -> bool:
    return urlsplit(response.headers.get("Location", "")).path == resolve_url(settings.LOGIN_URL)
