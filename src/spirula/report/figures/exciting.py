"""The patches that filters answer most strongly, each beside the picture that it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from .figure import Figure
from .matrix import shorten
from .svg import element, text
from .tiles import bitmap

SIDE = 84.0
GAP = 8.0
STEP = 2 * SIDE + 3 + 2 * GAP
MOST_ACROSS = 5


@dataclass(frozen=True, eq=False)
class ExcitedPatch:
    """patch, picture: uint8 (h, w, 1 | 3). box: (top, left, bottom, right) of the patch, as shares of the picture."""

    patch: np.ndarray
    picture: np.ndarray
    box: tuple[float, float, float, float]
    first: str
    second: str


def exciting_figure(groups: Sequence[tuple[str, Sequence[ExcitedPatch]]], *, title: str) -> Figure:
    """Draw a block for each filter, named by the first of each pair: its patches, each with its picture beside it."""
    marks: list[Markup] = []
    y = 0.0
    for name, patches in groups:
        marks.append(text(name, 0, y + 12, class_="curve-name"))
        y += 22
        for start in range(0, len(patches), MOST_ACROSS):
            for column, entry in enumerate(patches[start : start + MOST_ACROSS]):
                marks += _one(entry, column * STEP, y)
            y += SIDE + 44
        y += 8
    widest = max((min(len(patches), MOST_ACROSS) for _, patches in groups), default=1)
    said = " ".join(f"{name}: {', '.join(entry.second for entry in patches)}." for name, patches in groups)
    return Figure(max(widest * STEP - 2 * GAP, 300.0), max(y - 8, 40.0), tuple(marks), title, said)


def _one(entry: ExcitedPatch, x: float, y: float) -> list[Markup]:
    marks = [_placed(entry.patch, x, y, entry.first)]
    height, width = entry.picture.shape[:2]
    wide, high = SIDE * width / max(height, width), SIDE * height / max(height, width)
    left = x + SIDE + 3
    marks.append(bitmap(entry.picture, left, y, wide, high, entry.second))
    top, first, bottom, last = entry.box
    frame = {"x": left + first * wide, "y": y + top * high}
    size = {"width": (last - first) * wide, "height": (bottom - top) * high}
    marks += [element("rect", class_=class_, **frame, **size) for class_ in ("halo", "outline before")]
    marks.append(text(shorten(entry.first, 24), x, y + SIDE + 15, class_="curve-value"))
    marks.append(text(shorten(entry.second, 24), x, y + SIDE + 30))
    return marks


def _placed(patch: np.ndarray, x: float, y: float, words: str) -> Markup:
    height, width = patch.shape[:2]
    return bitmap(patch, x, y, SIDE * width / max(height, width), SIDE * height / max(height, width), words)
