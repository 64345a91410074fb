"""Small pictures in rows and columns, and the legend that says what their colours mean."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from PIL import Image

from .. import wording
from .colours import rising, signed
from .svg import element, text

GAP = 5.0
LABEL = 13.0  # room below a tile for its label


@dataclass(frozen=True)
class Grid:
    """A drawn grid and the paper that it takes."""

    marks: tuple[Markup, ...]
    width: float
    height: float


def tile_grid(
    tiles: Sequence[np.ndarray],
    names: Sequence[str],
    columns: int,
    side: float,
    x: float,
    y: float,
    labels: Sequence[str] | None = None,
) -> Grid:
    """Draw uint8 (h, w, 3) tiles of one shape, row by row, each with its name on hover; (x, y) is the upper left.

    ``side`` is the longer side of a tile on the paper. ``labels``: what stands below each.
    """
    if not tiles:
        return Grid((), 0, 0)
    h, w = tiles[0].shape[:2]
    wide, high = side * w / max(h, w), side * h / max(h, w)
    below = 0.0 if labels is None else LABEL
    step = high + below + GAP
    marks = []
    for number, (tile, name) in enumerate(zip(tiles, names, strict=True)):
        row, column = divmod(number, columns)
        left, top = x + column * (wide + GAP), y + row * step
        marks.append(bitmap(tile, left, top, wide, high, name, "tile"))
        if labels is not None:
            marks.append(text(labels[number], left + wide / 2, top + high + below - 1, "middle"))
    rows = -(-len(tiles) // columns)
    return Grid(tuple(marks), min(columns, len(tiles)) * (wide + GAP) - GAP, rows * step - GAP)


def bitmap(
    pixels: np.ndarray, x: float, y: float, width: float, height: float, name: str, class_: str | None = None
) -> Markup:
    """Embed uint8 (h, w, 1 | 3) pixels as they are: squares, not blurred."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return element(
        "image",
        element("title", name),
        href="data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii"),
        x=x,
        y=y,
        width=width,
        height=height,
        preserveAspectRatio="none",
        image_rendering="pixelated",
        class_=class_,
    )


def signed_legend(
    limit: float, x: float, y: float, width: float, words: str, *, clipped: bool = False
) -> tuple[Markup, ...]:
    """Draw the scale of :func:`~spirula.report.figures.colours.signed`, 46 units high.

    ``clipped``: there are values beyond its ends.
    """
    bar = signed(np.linspace(-limit, limit, 256), limit)[None]
    low, high = wording.number(-limit, 2), wording.number(limit, 2)
    ends = (f"≤ {low}", "0", f"≥ {high}") if clipped else (low, "0", high)
    return _legend(bar, ends, x, y, width, words)


def rising_legend(
    high: float, x: float, y: float, width: float, words: str, *, clipped: bool = False
) -> tuple[Markup, ...]:
    """Draw the scale of :func:`~spirula.report.figures.colours.rising`, 46 units high.

    ``clipped``: there are values beyond its end.
    """
    bar = rising(np.linspace(0, high, 256), high)[None]
    return _legend(bar, ("0", "", "≥ " * clipped + wording.number(high, 2)), x, y, width, words)


def _legend(
    bar: np.ndarray, ends: tuple[str, str, str], x: float, y: float, width: float, words: str
) -> tuple[Markup, ...]:
    return (
        text(words, x, y + 10, class_="axis-title"),
        bitmap(bar, x, y + 18, width, 10, words),
        text(ends[0], x, y + 43),
        text(ends[1], x + width / 2, y + 43, "middle"),
        text(ends[2], x + width, y + 43, "end"),
    )
