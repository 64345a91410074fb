"""The kernels of one convolution as small pictures, the same before training, dead ones framed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from .. import wording
from ..speech import Say
from .colours import coloured, limit_of, signed
from .figure import Figure
from .svg import element, text
from .tiles import bitmap, signed_legend

WIDTH = 860.0
LEFT = 34.0  # room for the number of the first tile of each row
COLUMNS = 16
LARGEST_TILE = 46.0
LARGEST_MATRIX = 400.0  # the longer side on the paper
SHARP = 12  # pixels that a kernel's side is drawn with, at least, so that the gaps between kernels are thin


@dataclass(frozen=True, eq=False)
class FilterSet:
    """Kernels (filters, height, width, 1 | 3), or one matrix (1, filters, inputs, 1), and what to say of them."""

    words: str
    values: np.ndarray


def filter_figure(
    sets: Sequence[FilterSet], *, title: str, shown: str, dead: Collection[int], say: Say, matrix: bool = False
) -> Figure:
    """Draw sets of kernels below each other, all on one scale that is symmetric around zero.

    title: what they are, for a screen reader. shown: what the values are, for the legend. dead: the numbers of the
    filters that are framed in the first set. matrix: whether each set is a single picture, a row for each filter.
    """
    scale = limit_of(*(entry.values for entry in sets))
    depth = sets[0].values.shape[3]
    marks: list[Markup] = []
    y = 0.0
    for number, entry in enumerate(sets):
        marks.append(text(entry.words, 0, y + 12, class_="axis-title"))
        pixels = coloured(entry.values, scale) if depth == 3 else signed(entry.values[..., 0], scale)
        framed = dead if number == 0 else ()
        draw = _matrix if matrix else _grid
        drawn, height = draw(pixels, entry.values, framed, y + 22, say, named=number == 0)
        marks += drawn
        y += 22 + height + 16
    if depth == 3:
        words = f"{shown}: {say('grey_zero', limit=wording.number(scale, 2))}"
        marks.append(text(words, LEFT, y + 10, class_="axis-title"))
        y += 16
    else:
        marks += signed_legend(scale, LEFT, y, 240, shown)
        y += 48
    return Figure(WIDTH, y, tuple(marks), title, f"{shown}. " + " ".join(f"{entry.words}." for entry in sets))


def _grid(
    pixels: np.ndarray, values: np.ndarray, dead: Collection[int], y: float, say: Say, *, named: bool
) -> tuple[list[Markup], float]:
    """Return a grid as one picture with see-through gaps, the numbers of its rows, and its height."""
    count, height, width = pixels.shape[:3]
    times = -(-SHARP // max(height, width))
    rows, across = -(-count // COLUMNS), min(count, COLUMNS)
    gap = 2
    high, wide = height * times + gap, width * times + gap
    sheet = np.zeros((rows * high - gap, across * wide - gap, 4), np.uint8)
    large = pixels.repeat(times, axis=1).repeat(times, axis=2)
    for number, tile in enumerate(large):
        row, column = divmod(number, COLUMNS)
        place = sheet[row * high : row * high + tile.shape[0], column * wide : column * wide + tile.shape[1]]
        place[..., :3], place[..., 3] = tile, 255
    unit = min((WIDTH - LEFT) / (COLUMNS * wide), LARGEST_TILE / wide, LARGEST_TILE / high)
    marks = [bitmap(sheet, LEFT, y, sheet.shape[1] * unit, sheet.shape[0] * unit, say("set_trained"), "tiles")]
    for number in range(count):
        row, column = divmod(number, COLUMNS)
        box = {"x": LEFT + column * wide * unit, "y": y + row * high * unit}
        size = {"width": (wide - gap) * unit, "height": (high - gap) * unit}
        if number in dead:
            marks.append(element("rect", class_="outline before", **box, **size))
        if named:
            marks.append(
                element(
                    "rect", element("title", _words(number, values[number], dead, say)), class_="hover", **box, **size
                )
            )
    firsts = range(0, count, COLUMNS)
    marks += [
        text(f"{first}", LEFT - 8, y + (row * high + high / 2) * unit + 3, "end") for row, first in enumerate(firsts)
    ]
    return marks, sheet.shape[0] * unit


def _words(number: int, kernel: np.ndarray, dead: Collection[int], say: Say) -> str:
    low, high = wording.number(float(kernel.min()), 2), wording.number(float(kernel.max()), 2)
    words = say("kernel", number=number, low=low, high=high)
    return f"{words}, {say('kernel_dead')}" if number in dead else words


def _matrix(
    pixels: np.ndarray, values: np.ndarray, dead: Collection[int], y: float, say: Say, *, named: bool
) -> tuple[list[Markup], float]:
    """Return a matrix as one picture, dead rows marked at their left, and its height."""
    sheet = pixels[0]
    unit = min(LARGEST_MATRIX / max(sheet.shape[:2]), 12.0)
    wide, high = sheet.shape[1] * unit, sheet.shape[0] * unit
    marks = [bitmap(sheet, LEFT, y, wide, high, say("set_trained"), "tiles")]
    marks += [
        element("rect", x=LEFT - 1, y=y + number * unit, width=wide + 2, height=unit, class_="outline before")
        for number in sorted(dead)
        if number < len(sheet)
    ]
    return marks, high
