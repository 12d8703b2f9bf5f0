"""The addresses that git hosts call: webhooks of pipelines, and the hooks of connections."""

from __future__ import annotations

import ipaddress
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from pipelines import connection_hooks
from pipelines.webhooks import receiving
from pipelines.webhooks.receiving import Received

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

LARGEST = 5 * 1024 * 1024  # bytes of a body: GitHub's largest are cut by it at 25 MB, few are here


@csrf_exempt
@login_not_required
def webhook(request: HttpRequest, token: str) -> JsonResponse:
    """The address that PutWebhook gives."""
    asked = _received(request)
    if isinstance(asked, JsonResponse):
        return asked
    return _answer(receiving.received(token, asked))


@csrf_exempt
@login_not_required
def connection(request: HttpRequest, connection_id: UUID) -> JsonResponse:
    """The address that a git host is given for all the repositories of a connection."""
    asked = _received(request)
    if isinstance(asked, JsonResponse):
        return asked
    return _answer(connection_hooks.received(connection_id, asked))


def _answer(receipt: receiving.Receipt | None) -> JsonResponse:
    if receipt is None:
        return _said(HTTPStatus.NOT_FOUND, "There is no such webhook.")
    answer = _said(receipt.status, receipt.said)
    if receipt.status is HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = "10"
    return answer


def _received(request: HttpRequest) -> Received | JsonResponse:
    """The request as the use cases see it, or what is wrong with it before anybody looks."""
    if request.method != "POST":
        refusal = _said(HTTPStatus.METHOD_NOT_ALLOWED, "Webhooks are called by POST.")
        refusal.headers["Allow"] = "POST"
        return refusal
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return _said(HTTPStatus.BAD_REQUEST, "The body did not arrive.")
    if len(body) > LARGEST:
        said = f"The body is larger than {LARGEST} bytes."
        return _said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Received(body=body, headers=headers, address=address_of(request))


def address_of(request: HttpRequest) -> str:
    """Whom the request is from: what the last trusted proxy says, when it comes from one."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    address = str(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(forwarded):
        if not hop.strip() or not _is_trusted(address):
            break
        address = hop.strip()
    return address


def _is_trusted(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
        return any(
            found in ipaddress.ip_network(each) for each in settings.PENSTOCK_TRUSTED_PROXIES
        )
    except ValueError:
        return False


def _said(status: HTTPStatus, message: str) -> JsonResponse:
    return JsonResponse({"message": message}, status=status)
