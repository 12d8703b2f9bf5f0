"""The artifact endpoint: a request that is signed for S3, from its first byte to its answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.http import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from pipelines.api.received import headers_and_path
from pipelines.api.s3 import asked as asking
from pipelines.api.s3 import errors, objects, signature
from pipelines.api.s3.body import Incoming
from pipelines.api.s3.errors import S3Error
from pipelines.stores import StoreError

if TYPE_CHECKING:
    from typing import BinaryIO

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from pipelines.api.received import Received

logger = logging.getLogger(__name__)

SIGNED_FOR_S3 = "/s3/aws4_request"


def is_meant(request: HttpRequest) -> bool:
    """Whether the request is signed for S3; its path may be any, since that names the object."""
    return SIGNED_FOR_S3 in request.META.get("HTTP_AUTHORIZATION", "")


@csrf_exempt
@login_not_required
def endpoint(request: HttpRequest) -> HttpResponseBase:
    """Do what is asked for, or say why not in S3's way."""
    request_id, received = uuid4().hex[:16].upper(), headers_and_path(request)
    try:
        answer = _answer(request, received)
    except Exception as problem:
        error = _error_of(problem)
        if error.code == "InternalError":
            logger.exception("Request %s ended in a defect", request_id)
        path = received.raw_path.partition("?")[0]
        has_body = received.method != "HEAD"
        answer = errors.answer(error, resource=path, request_id=request_id, has_body=has_body)
    answer.headers["x-amz-request-id"] = request_id
    return answer


def _answer(request: HttpRequest, received: Received) -> HttpResponseBase:
    signed = signature.authenticate(received, now=timezone.now())
    asked = asking.read(received)
    return objects.perform(
        asked, Incoming(stream=_stream(request), headers=received.headers, signed=signed)
    )


def _stream(request: HttpRequest) -> BinaryIO:
    """The body; Django itself takes one whose length is not said for an empty one."""
    if request.META.get("wsgi.input_terminated") and "CONTENT_LENGTH" not in request.META:
        return cast("BinaryIO", request.META["wsgi.input"])
    return cast("BinaryIO", request)


def _error_of(problem: Exception) -> S3Error:
    match problem:
        case S3Error():
            return problem
        case StoreError():
            logger.warning("The artifact store: %s", problem)
            return S3Error("ServiceUnavailable", str(problem))
        case UnreadablePostError():
            return S3Error("IncompleteBody", "The request body terminated unexpectedly")
        case _:
            return S3Error("InternalError", "We encountered an internal error. Please try again.")
