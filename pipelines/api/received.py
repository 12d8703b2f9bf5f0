"""A request as it came in: the bytes that were signed, before anything is read into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the front and the signature both look at."""

    method: str
    raw_path: str  # byte for byte as in the request line, with the query if there was one
    headers: Mapping[str, str]  # names in lower case
    body: bytes
