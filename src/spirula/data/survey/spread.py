"""How values are spread: three numbers and a histogram."""

from __future__ import annotations

from typing import Any

import numpy as np

MOST_BARS = 24
TAIL = 4.0  # a largest value this many times the 99th percentile would squeeze all others into one bar


def spread(values: np.ndarray) -> dict[str, float] | None:
    """Return least, median and most of (N,) numbers; ``None`` when there is none."""
    if not len(values):
        return None
    return {"least": float(values.min()), "median": float(np.median(values)), "most": float(values.max())}


def bars(values: np.ndarray) -> dict[str, Any] | None:
    """Return a histogram, ``counts`` (B) between ``edges`` (B + 1); ``None`` when there is nothing to count.

    ``beyond``: values larger than the last edge, which the last bar counts too. There are some only where the largest
    value is many times the usual ones.
    """
    if not len(values):
        return None
    low, high = float(values.min()), float(values.max())
    usual = float(np.percentile(values, 99))
    if usual > low and high > TAIL * usual:
        high = usual
    if high <= low:
        low, high = low - 0.5, low + 0.5
    whole = np.issubdtype(values.dtype, np.integer)
    number = int(min(MOST_BARS, high - low + 1)) if whole else MOST_BARS
    counts, edges = np.histogram(np.minimum(values, high), bins=max(number, 1), range=(low, high))
    return {"counts": counts.tolist(), "edges": edges.tolist(), "beyond": int(np.count_nonzero(values > high))}
