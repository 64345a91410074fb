"""Translation invariance, measured: how often a network is right when its pictures are moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

Direction = Literal["right", "down"]


def moved(pixels: np.ndarray, by: int, direction: Direction = "right") -> np.ndarray:
    """Return pictures (N, H, W, C) moved by whole pixels; a negative number moves left or up.

    What enters at the border repeats the border: the background of a digit stays background, and a photo gets no edge
    that it did not have. What leaves at the other side is lost.
    """
    axis = 2 if direction == "right" else 1
    side = pixels.shape[axis]
    return pixels.take(np.clip(np.arange(side) - by, 0, side - 1), axis=axis)


def right_when_moved(
    probabilities: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    targets: np.ndarray,
    shifts: Sequence[int],
    direction: Direction = "right",
) -> list[int]:
    """Return for each shift how many of the pictures (N, H, W, C) are still called by their class, ``targets`` (N,).

    ``probabilities`` maps pictures to (N, K).
    """
    return [int((probabilities(moved(pixels, by, direction)).argmax(axis=1) == targets).sum()) for by in shifts]


def evenly(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most ``most`` of the rows, evenly spaced: where classes stand one after the other, all are there."""
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, most).round().astype(int)])
