"""How bright the pictures are and how much they vary, from the pixels that the network gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..pictures.passing import let_go
from .spread import bars, spread

# Of brightness and contrast, both 0…1. What lies beyond is hardly a picture of anything.
DARK, BRIGHT, BLANK = 0.06, 0.94, 0.02
FLAT = 0.1  # contrast of what is called dark or bright: white strokes on black are a drawing, not a dark picture
GREY = 2.0  # of 255: channels that differ by less from the first on average: a grey picture, stored as colour
NAMED = 12
_SAMPLED = 64  # lines of a picture that are looked at, at least: enough for a mean and a deviation
# Bytes looked at together: their float32 copies stay in a cache, where the arithmetic is ten times as fast as outside.
_CHUNK = 1 << 20
_LUMA = (0.299, 0.587, 0.114)  # ITU-R 601, as the decoder's grey


@dataclass(frozen=True, eq=False)
class Light:
    """brightness, contrast: mean and standard deviation of each picture's luma, float32 (N,), 0…1. grey: bool (N,)."""

    brightness: np.ndarray
    contrast: np.ndarray
    grey: np.ndarray


def measure(pixels: np.ndarray) -> Light:
    """Look at uint8 (N, H, W, C) pictures, a chunk at a time: a memory map is never loaded whole.

    Of large pictures every second line and column (third, …) counts.
    """
    number, height, width, channels = pixels.shape
    step = max(1, min(height, width) // _SAMPLED)
    brightness, contrast = np.zeros(number, np.float32), np.zeros(number, np.float32)
    grey = np.ones(number, dtype=bool)
    together = max(1, _CHUNK // max(height * width * channels, 1))
    for start in range(0, number, together):
        rows = slice(start, start + together)
        part = np.asarray(pixels[rows, ::step, ::step])
        planes = [part[:, :, :, channel].reshape(len(part), -1).astype(np.float32) for channel in range(channels)]
        luma = _luma(planes)
        brightness[rows] = luma.mean(axis=1)
        luma -= brightness[rows, None]
        contrast[rows] = np.sqrt(np.einsum("np,np->n", luma, luma) / luma.shape[1])
        for plane in planes[1:]:
            grey[rows] &= np.abs(plane - planes[0]).mean(axis=1) < GREY
        let_go(pixels)
    return Light(brightness / 255, contrast / 255, grey)


def _luma(planes: Sequence[np.ndarray]) -> np.ndarray:
    """Return the brightness of every pixel; of channels that are not RGB, their mean."""
    weights = _LUMA if len(planes) == 3 else [1 / len(planes)] * len(planes)
    whole: np.ndarray = planes[0] * np.float32(weights[0])
    for plane, weight in zip(planes[1:], weights[1:], strict=True):
        whole += plane * np.float32(weight)
    return whole


def light(ids: Sequence[str], pixels: np.ndarray) -> dict[str, Any]:
    """Return how bright, how varied and how coloured uint8 (N, H, W, C) pictures are.

    dark, bright, blank: how many are extreme, and the most extreme of them by name. A picture that is blank is not
    also called dark or bright, and neither is a drawing.
    """
    found = measure(pixels)
    blank = found.contrast < BLANK
    flat = ~blank & (found.contrast < FLAT)
    return {
        "brightness": spread(found.brightness),
        "contrast": spread(found.contrast),
        "brightness_bars": bars(found.brightness),
        "contrast_bars": bars(found.contrast),
        "grey": int(found.grey.sum()),
        "coloured": int(len(found.grey) - found.grey.sum()),
        "dark": _named(ids, flat & (found.brightness < DARK), found.brightness),
        "bright": _named(ids, flat & (found.brightness > BRIGHT), -found.brightness),
        "blank": _named(ids, blank, found.contrast),
    }


def _named(ids: Sequence[str], chosen: np.ndarray, order: np.ndarray) -> dict[str, Any]:
    rows = np.flatnonzero(chosen)
    first = rows[np.argsort(order[rows], kind="stable")][:NAMED]
    return {"count": len(rows), "ids": [ids[row] for row in first.tolist()]}
