"""What the artifact endpoint refuses, in S3's words (AWS page "Error responses" of Amazon S3)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from django.http import HttpResponse

from pipelines.core.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

XML = "application/xml"
HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
STATUSES = {
    "AccessDenied": HTTPStatus.FORBIDDEN,
    "InvalidAccessKeyId": HTTPStatus.FORBIDDEN,
    "SignatureDoesNotMatch": HTTPStatus.FORBIDDEN,
    "RequestTimeTooSkewed": HTTPStatus.FORBIDDEN,
    "NoSuchKey": HTTPStatus.NOT_FOUND,
    "NoSuchUpload": HTTPStatus.NOT_FOUND,
    "MethodNotAllowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "MissingContentLength": HTTPStatus.LENGTH_REQUIRED,
    "PreconditionFailed": HTTPStatus.PRECONDITION_FAILED,
    "InvalidRange": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "InternalError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "NotImplemented": HTTPStatus.NOT_IMPLEMENTED,
    "ServiceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}


class S3Error(Refusal):
    """An error of S3; `more` are further elements of its document."""

    def __init__(self, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.code = code
        self.more = more

    @property
    def status(self) -> HTTPStatus:
        return STATUSES.get(self.code, HTTPStatus.BAD_REQUEST)


def document(root: str, values: Mapping[str, str]) -> bytes:
    """An XML document of one level."""
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    return f"{HEADER}<{root}>{inside}</{root}>".encode()


def answer(error: S3Error, *, resource: str, request_id: str, has_body: bool) -> HttpResponse:
    """The answer that says it; without its document where there is no body, as to a HEAD."""
    said = {
        "Code": error.code,
        "Message": error.message,
        **error.more,
        "Resource": resource,
        "RequestId": request_id,
    }
    body = document("Error", said) if has_body else b""
    response = HttpResponse(body, status=error.status, content_type=XML)
    response.headers["Content-Length"] = str(len(body))
    return response
