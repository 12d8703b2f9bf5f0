"""Medians and percentiles."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def median(figures: Sequence[float]) -> float:
    return statistics.median(figures) if figures else 0.0


def percentile(figures: Sequence[float], which: int) -> float:
    """The smallest figure that at least so many in a hundred do not exceed."""
    if not figures:
        return 0.0
    position = -(-which * len(figures) // 100) - 1
    return sorted(figures)[max(position, 0)]
