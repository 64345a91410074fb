"""What lies beyond the edges of an image, for whatever lets it in: a crop, a shift, a turn, a zoom.

The names are those of Keras' layers: ``constant`` is black (0), ``reflect`` the image mirrored at its outer edge
(d c b a | a b c d | d c b a: NumPy's ``symmetric``), ``nearest`` its outermost pixels again and again (``edge``).
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

FillMode = Literal["constant", "reflect", "nearest"]
FILL_MODES: tuple[str, ...] = get_args(FillMode)

# The same for grid_sample, which mirrors at the outer edge of the pixels when they are small squares (align_corners
# is False).
GRID_PADDING: dict[FillMode, str] = {"constant": "zeros", "reflect": "reflection", "nearest": "border"}


def padded(images: Tensor, padding: int, fill_mode: FillMode) -> Tensor:
    """Put ``padding`` pixels, 0 or more, on every side of (B, H, W, C): (B, H + 2p, W + 2p, C)."""
    b, h, w, c = images.shape
    if padding == 0:
        return images
    if fill_mode == "constant":
        canvas = images.new_zeros((b, h + 2 * padding, w + 2 * padding, c))
        canvas[:, padding : padding + h, padding : padding + w] = images
        return canvas
    around = (torch.arange(-padding, side + padding, device=images.device) for side in (h, w))
    rows, columns = (places_seen(places, side, fill_mode) for places, side in zip(around, (h, w), strict=True))
    canvas = images.new_empty((b, h + 2 * padding, w + 2 * padding, c))
    band = canvas[:, padding : padding + h]
    band[:, :, padding : padding + w] = images
    # Only the borders are gathered: pixel by pixel, the middle would take ten times as long.
    for strip in (slice(0, padding), slice(padding + w, None)):
        band[:, :, strip] = images.index_select(2, columns[strip])
    for strip in (slice(0, padding), slice(padding + h, None)):
        canvas[:, strip] = band.index_select(1, rows[strip])
    return canvas


def places_seen(places: Tensor, side: int, fill_mode: FillMode) -> Tensor:
    """Return which of ``side`` pixels is seen at each of ``places``, int64, which may lie beyond them on either side.

    Not for ``constant``, where nothing is seen there.
    """
    if fill_mode == "nearest":
        return places.clamp(0, side - 1)
    places = places.remainder(2 * side)  # the image and its mirror image, again and again
    return torch.minimum(places, 2 * side - 1 - places)
