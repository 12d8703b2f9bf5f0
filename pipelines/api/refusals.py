"""What the API itself refuses, before any rule is asked: requests that are not one of AWS's."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from pipelines.core.refusals import Refusal


class NotARequest(Refusal):
    """Nobody could tell what to do; `code` is AWS's name of why."""

    code: ClassVar[str]
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST


class NotReadable(NotARequest):
    """The body is not what the protocol or the service model says."""

    code = "SerializationException"


class WrongContentType(NotReadable):
    """The body is said to be of another protocol, or of none."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TooLarge(NotReadable):
    """The body is longer than anything that AWS would take."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnknownOperation(NotARequest):
    """No operation of AWS is named."""

    code = "UnknownOperationException"


class NothingThere(UnknownOperation):
    """The path leads to no operation."""

    status = HTTPStatus.NOT_FOUND


class WrongMethod(UnknownOperation):
    """Operations are asked for with POST."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
