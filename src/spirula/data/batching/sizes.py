"""How many samples go through a network at once where nothing is learned from them."""

from __future__ import annotations

from typing import Final

MOST: Final = 256
FEWEST: Final = 8
# Of all pictures of a batch, on a processor: what lies between two layers should stay in its caches. 256 pictures of
# 224×224 took 4 GB in efficientnet-lite0 (float32), where 16 of them took 0.25 GB and no more time for each.
PIXELS: Final = 16 * 224 * 224


def samples_at_once(sides: tuple[int, ...], *, cpu: bool = True) -> int:
    """Return the batch size for samples of ``sides`` (H, W), or of any other shape for what is no picture; 8…256."""
    if not cpu or len(sides) != 2:
        return MOST
    return min(max(PIXELS // max(sides[0] * sides[1], 1), FEWEST), MOST)
