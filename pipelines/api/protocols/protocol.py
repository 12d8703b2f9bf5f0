"""What a protocol is: where a request names its operation, and how bodies are read and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.api.refusals import WrongContentType, WrongMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pipelines.api.received import Received

SERVICE = "CodePipeline_20150709"
NESTED_AT_MOST = 64  # Lists and maps within one another; the deepest input of AWS has 12.


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One way of asking and answering."""

    content_type: str
    headers: Mapping[str, str]  # of every answer, beside the content type
    empty_content_type: str | None  # of an answer without a body
    error_namespace: str  # before the name of an error
    operation_of: Callable[[Received], str]  # or NotARequest
    decode: Callable[[bytes], object]  # or NotReadable
    encode: Callable[[object], bytes]
    time: Callable[[datetime], object]  # as `encode` takes it


def check_method(received: Received) -> None:
    if received.method != "POST":
        raise WrongMethod(f"Operations are asked for with POST, not with {received.method}.")


def check_content_type(received: Received, expected: str) -> None:
    """The body must say what it is; where there is none, nothing need be said."""
    given = received.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not given and received.headers.get("content-length", "0") == "0":
        return
    if given != expected:
        said = f"is {given!r}" if given else "is missing"
        raise WrongContentType(f"The Content-Type must be '{expected}'; it {said}.")
