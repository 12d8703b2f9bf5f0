"""A request as it came in: the bytes that were signed, before anything is read into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

BODY = ("CONTENT_TYPE", "CONTENT_LENGTH")  # what WSGI spells otherwise than other headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the front and the signature both look at."""

    method: str
    raw_path: str  # byte for byte as in the request line, with the query if there was one
    headers: Mapping[str, str]  # names in lower case
    body: bytes


def headers_and_path(request: HttpRequest) -> Received:
    """Without its body, which may be refused."""
    meta = request.META
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in meta.items()
        if name.startswith("HTTP_")
    }
    headers |= {name.replace("_", "-").lower(): meta[name] for name in BODY if meta.get(name)}
    return Received(
        method=str(request.method),
        raw_path=meta.get("RAW_URI") or request.get_full_path(),  # gunicorn's: nothing decoded
        headers=headers,
        body=b"",
    )
