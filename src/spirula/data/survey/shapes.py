"""The pictures' own sizes, and what bringing them to the network's size does to each.

With a = width / height of a picture and A that of the network's input, min(a/A, A/a) is the share of the picture that
a centre crop keeps; padding fills the same share of the input; squashing stretches one side against the other by its
reciprocal. One number, three ways to pay for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .spread import bars, spread

WORST = 12  # pictures that are named
NOTICED = 0.02  # of a side: less than this is rounding
FAR = 1.5  # one side against the other: what is stretched by this looks wrong, and a crop would cut off a third


def sizes(heights: np.ndarray, widths: np.ndarray) -> dict[str, Any]:
    """Return how large pictures are; heights and widths in pixels, int64 (N,), all above 0.

    common: up to five most frequent (height, width) with their numbers.
    """
    if not len(heights):
        return {"count": 0}
    pairs, numbers = np.unique(np.stack([heights, widths], axis=1), axis=0, return_counts=True)
    first = np.argsort(-numbers, kind="stable")[:5]
    shorter, aspects = np.minimum(heights, widths), widths / heights
    return {
        "count": len(heights),
        "distinct": len(pairs),
        "common": [
            {"height": int(pairs[row, 0]), "width": int(pairs[row, 1]), "count": int(numbers[row])}
            for row in first.tolist()
        ],
        "height": spread(heights),
        "width": spread(widths),
        "aspect": spread(aspects),
        "shorter_bars": bars(shorter),
        "aspect_bars": bars(aspects),
        "upright": int(np.count_nonzero(aspects < 1)),
        "lying": int(np.count_nonzero(aspects > 1)),
    }


def kept_shares(heights: np.ndarray, widths: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the share of each picture's area that a centre crop to the shape of ``size`` keeps, float64 (N,)."""
    relative = (widths / heights) * (size[0] / size[1])
    kept: np.ndarray = np.minimum(relative, 1 / relative)
    return kept


def scales(heights: np.ndarray, widths: np.ndarray, size: tuple[int, int], mode: str, share: float = 1.0) -> np.ndarray:
    """Return the factor on a side of each picture, float64 (N,): above 1 it is enlarged.

    Squashing has two; theirs is the geometric mean, the side of the area. share: as for :func:`resizing`.
    """
    down, across = size[0] / heights, size[1] / widths
    both = {"crop": np.maximum(down, across) / share, "pad": np.minimum(down, across), "squash": np.sqrt(down * across)}
    return both[mode]


def resizing(
    ids: Sequence[str],
    heights: np.ndarray,
    widths: np.ndarray,
    size: tuple[int, int],
    mode: str | None,
    share: float | None = None,
) -> dict[str, Any]:
    """Return what bringing pictures to ``size`` (height, width) does; ``mode`` is None when no picture needs it.

    share: of the shorter side that a crop keeps, see :func:`spirula.data.pictures.fitting.fit`.
    lost: share of the area that a crop cuts off. empty: share of the input that padding leaves empty. stretched: one
    side against the other when squashed. far: how many would be stretched by half or more. worst: (id, lost) of the
    pictures that lose most, the worst first.
    """
    if not len(heights):
        return {"mode": mode, "size": list(size), "share": share, "count": 0}
    factors = scales(heights, widths, size, mode or "squash", share or 1.0)
    fitting = kept_shares(heights, widths, size)
    lost = 1 - fitting * (share or 1.0) ** 2
    larger, smaller = factors > 1 + NOTICED, factors < 1 - NOTICED
    worst = np.argsort(-lost, kind="stable")[:WORST]
    return {
        "mode": mode,
        "size": list(size),
        "share": share,
        "count": len(heights),
        "enlarged": {"count": int(larger.sum()), "times": spread(factors[larger])},
        "reduced": {"count": int(smaller.sum()), "times": spread(1 / factors[smaller])},
        "lost": spread(lost),
        "empty": spread(1 - fitting),
        "stretched": spread(1 / fitting),
        "reshaped": int(np.count_nonzero(fitting < 1 - NOTICED)),
        "far": int(np.count_nonzero(fitting < 1 / FAR)),
        "shorter_median": float(np.median(np.minimum(heights, widths))),
        "worst": [
            {"id": ids[row], "lost": float(lost[row]), "height": int(heights[row]), "width": int(widths[row])}
            for row in worst.tolist()
            if lost[row] > NOTICED
        ],
    }
