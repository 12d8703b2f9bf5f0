"""Outputs of operations that say more than AWS's shapes have a place for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class WithHeaders(NamedTuple):
    """An output whose answer also has headers of ours."""

    output: dict[str, Any] | None
    headers: Mapping[str, str]
