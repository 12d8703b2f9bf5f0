"""The one endpoint: a request of an AWS tool, from its bytes to the bytes of the answer."""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from pipelines.api import contention, dispatch, protocols, signature, validation
from pipelines.api.errors import DEFECT, error_of
from pipelines.api.protocols import writing
from pipelines.api.received import headers_and_path
from pipelines.api.refusals import NotReadable, TooLarge

if TYPE_CHECKING:
    from django.http import HttpRequest

    from pipelines.api.errors import WireError
    from pipelines.api.protocols.protocol import Protocol
    from pipelines.api.received import Received

logger = logging.getLogger(__name__)

SIGNED = "AWS4-HMAC-SHA256"
CONTENT_TYPES = (protocols.AWS_JSON.content_type, protocols.RPC_V2_CBOR.content_type)


def is_meant(request: HttpRequest) -> bool:
    """Whether the request shows that an AWS tool sent it, whatever its path."""
    meta = request.META
    return (
        "HTTP_X_AMZ_TARGET" in meta
        or "HTTP_SMITHY_PROTOCOL" in meta
        or meta.get("HTTP_AUTHORIZATION", "").startswith(SIGNED)
        or meta.get("CONTENT_TYPE", "").startswith(CONTENT_TYPES)
    )


@csrf_exempt
@login_not_required
def endpoint(request: HttpRequest, **_path: str) -> HttpResponse:
    """Do what is asked for, or say why not, always in the protocol of the request.

    Cookies are not looked at: the signature alone says who is calling.
    """
    request_id = str(uuid4())
    received = headers_and_path(request)
    protocol = protocols.spoken_in(received)
    try:
        answer = _answer(request, received, protocol)
    except Exception as problem:
        error = error_of(problem)
        if error is DEFECT:
            logger.exception("Request %s ended in a defect", request_id)
        answer = _refused(error, protocol)
    answer.headers["x-amzn-RequestId"] = request_id
    return answer


def _answer(request: HttpRequest, received: Received, protocol: Protocol) -> HttpResponse:
    """The stations in AWS's order (spec/api.md §6 E2); each may refuse."""
    operation = protocol.operation_of(received)
    received = replace(received, body=_body(request))
    with contention.refused(operation):
        caller = signature.authenticate(received, now=timezone.now())
        caller.check(operation)
        given = validation.input_of(operation, protocol.decode(received.body))
        done = dispatch.answer(operation, given, by=caller)
    written = writing.output_of(operation, done.output, time=protocol.time)
    body = b"" if written is None else protocol.encode(written)
    answer = _response(body, protocol, HTTPStatus.OK)
    for name, value in done.headers.items():
        answer.headers[name] = value
    return answer


def _body(request: HttpRequest) -> bytes:
    try:
        body = request.body
    except RequestDataTooBig:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raise TooLarge(f"The body is larger than {most} bytes.") from None
    except UnreadablePostError:
        raise NotReadable("The body did not arrive.") from None
    length = str(len(body))
    if (request.META.get("CONTENT_LENGTH") or length) != length:
        raise NotReadable("The body did not arrive as a whole.")
    return body


def _refused(error: WireError, protocol: Protocol) -> HttpResponse:
    body = {"__type": protocol.error_namespace + error.code, "message": error.message}
    answer = _response(protocol.encode(body), protocol, error.status)
    answer.headers["x-amzn-ErrorType"] = error.code
    if error.status is HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = "POST"
    return answer


def _response(body: bytes, protocol: Protocol, status: HTTPStatus) -> HttpResponse:
    content_type = protocol.content_type if body else protocol.empty_content_type
    answer = HttpResponse(body, status=status, content_type=content_type, headers=protocol.headers)
    if content_type is None:
        del answer.headers["Content-Type"]
    answer.headers["Content-Length"] = str(len(body))
    return answer
