"""Class-activation maps of many pictures, coarse and small: what the report's browser lays over each of them."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from .attention import Looker, Method, class_maps
from .looked import Layer

MOST_SIDE, LEAST_SIDE = 14, 7  # of a map; what a last layer has of a photograph
MOST_VALUES = 1 << 20  # of all maps of a split together
_TOGETHER = 512  # pictures that are read at once


def heat_maps(
    looker: Looker, layer: Layer, method: Method, pixels: np.ndarray, rows: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    """Return uint8 (n, h, w) of the pictures ``pixels[rows]``: what speaks for the classes ``asked`` (n,).

    Each map is in 255ths of its own largest value, and all zero where nothing speaks. Larger maps than there is room
    for are averaged to fewer places: from 14 a side down to 7 where the pictures are very many.
    """
    side = int(np.clip((MOST_VALUES / max(len(rows), 1)) ** 0.5, LEAST_SIDE, MOST_SIDE))
    parts = []
    for start in range(0, len(rows), _TOGETHER):
        some = slice(start, start + _TOGETHER)
        maps = torch.from_numpy(class_maps(looker, np.asarray(pixels[rows[some]]), asked[some], method, layer.call))
        smaller = adaptive_avg_pool2d(maps[:, None], (min(side, maps.shape[1]), min(side, maps.shape[2])))[:, 0]
        highest = smaller.amax((1, 2), keepdim=True)
        parts.append((smaller / torch.where(highest > 0, highest, 1.0) * 255).round().to(torch.uint8).numpy())
    return np.concatenate(parts)
