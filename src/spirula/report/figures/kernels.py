"""Kernels and feature maps as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from .. import wording
from ..retold.retell import retold
from ..speech import Say
from .colours import coloured, limit_of, rising, signed, strong_of
from .figure import Figure
from .matrix import shorten
from .svg import text
from .tiles import GAP, bitmap, rising_legend, signed_legend, tile_grid
from .words import speaker

WIDTH = 860.0
LEFT = 34.0  # room for the number of the first tile of each row
PICTURE = 150.0
MOST_TILES = 256


@dataclass(frozen=True, eq=False)
class KernelSet:
    """Kernels (filters, height, width, 1 | 3) and what they are called, such as "trained"."""

    name: str
    values: np.ndarray


def kernel_figure(
    sets: Sequence[KernelSet],
    *,
    layer: str,
    shown: str,
    total: int | None = None,
    limit: float | None = None,
    columns: int = 16,
    language: str = "en",
) -> Figure:
    """Draw every kernel of a layer, set below set, all on one scale that is symmetric around zero.

    Parameters
    ----------
    shown: what the values are, for the legend.
    total: how many kernels the layer has, if more than are given; more than 256 are not drawn.
    limit: the value with the strongest colour; the largest absolute one when not given. Larger ones are clipped.
    columns: kernels in a row.
    """
    say, shown = speaker(language), retold(shown, language)
    sets = [KernelSet(entry.name, entry.values[:MOST_TILES]) for entry in sets]
    _, height, width, depth = sets[0].values.shape
    count = total or len(sets[0].values)
    scale = limit or limit_of(*(entry.values for entry in sets))
    side = min(72.0, (WIDTH - LEFT + GAP) / columns - GAP)
    drawn = len(sets[0].values)
    title = say("kernels", layer=layer, n=f"{count:,}", height=height, width=width)
    heading = say("first_of", title=title, n=f"{drawn:,}") if drawn < count else title
    marks: list[Markup] = [text(shorten(heading, 100), 0, 12, class_="curve-name")]
    y = 24.0
    for entry in sets:
        pixels = coloured(entry.values, scale) if depth == 3 else signed(entry.values[..., 0], scale)
        names = [_kernel_words(number, value, say) for number, value in enumerate(entry.values)]
        marks.append(text(f"{entry.name}: {_spread(entry.values, say)}", 0, y + 12, class_="axis-title"))
        grid = tile_grid(list(pixels), names, columns, side, LEFT, y + 22)
        marks += grid.marks
        marks += _row_numbers(drawn, columns, side * height / max(height, width), y + 22)
        y += 22 + grid.height + 16
    words = say("mid_grey", shown=shown, limit=wording.number(scale, 2)) if depth == 3 else shown
    if depth == 3:
        marks.append(text(words, LEFT, y + 10, class_="axis-title"))
        y += 16
    else:
        clipped = limit_of(*(entry.values for entry in sets)) > scale
        marks += signed_legend(scale, LEFT, y, 240, words, clipped=clipped)
        y += 48
    return Figure(WIDTH, y, tuple(marks), title, _kernel_description(sets, words, scale, say))


def _kernel_description(sets: Sequence[KernelSet], shown: str, scale: float, say: Say) -> str:
    said = [
        say("kernel_set", name=entry.name.capitalize(), n=len(entry.values), spread=_spread(entry.values, say))
        for entry in sets
    ]
    return " ".join([say("kernels_said", shown=shown, limit=wording.number(scale, 2)), *said])


def _spread(values: np.ndarray, say: Say) -> str:
    exact = values.astype(np.float64)
    return say("spread", mean=wording.number(float(exact.mean())), std=wording.number(float(exact.std())))


def _kernel_words(number: int, kernel: np.ndarray, say: Say) -> str:
    low, high = wording.number(float(kernel.min()), 2), wording.number(float(kernel.max()), 2)
    return say("kernel", number=number, low=low, high=high)


def _row_numbers(count: int, columns: int, high: float, y: float, x: float = LEFT) -> list[Markup]:
    firsts = range(0, count, columns)
    return [text(f"{first}", x - 8, y + row * (high + GAP) + high / 2 + 4, "end") for row, first in enumerate(firsts)]


def map_figure(
    maps: np.ndarray,
    *,
    layer: str,
    total: int,
    size: tuple[int, int],
    channels: Sequence[int] | None = None,
    picture: np.ndarray | None = None,
    caption: str = "",
    columns: int | None = None,
    most_active: bool = False,
    language: str = "en",
) -> Figure:
    """Draw the maps (C, H, W) that a layer makes of one picture, all on one scale.

    Values that can be negative are coloured around zero, others from dark (0) to light. The strongest colour begins
    where one in a hundred of the values that are not 0 lies; the legend says so.

    Parameters
    ----------
    total: how many maps the layer has. size: their height and width in the network.
    channels: the numbers of the given maps; 0, 1, 2, … when not given. More than 256 are not drawn. Where they do not
        ascend, each stands below its map.
    most_active: whether they come by their activity, which the heading then says.
    picture: what the network was shown, uint8 (H, W, 1 | 3), and its ``caption``.
    columns: maps in a row; 8, or 16 where there are more than 64.
    """
    say = speaker(language)
    numbers = list(range(len(maps)) if channels is None else channels)[:MOST_TILES]
    drawn = np.asarray(maps[:MOST_TILES], dtype=np.float32)
    columns = columns or (8 if len(drawn) <= 64 else 16)
    negative = bool((drawn < 0).any())
    scale = strong_of(drawn)
    clipped = limit_of(drawn) > scale
    pixels = signed(drawn, scale) if negative else rising(drawn, scale)
    left = PICTURE + 30 if picture is not None else 0.0
    x = left + LEFT
    side = min(80.0, (WIDTH - x + GAP) / columns - GAP)
    title = say("maps", layer=layer, n=f"{total:,}", height=size[0], width=size[1])
    heading = say("some_of", title=title, n=f"{len(drawn):,}") if len(drawn) < total else title
    heading = say("most_active", title=heading) if most_active else heading
    marks: list[Markup] = [text(shorten(heading, 100), 0, 12, class_="curve-name")]
    names = [_map_words(number, value, say) for number, value in zip(numbers, drawn, strict=True)]
    labels = None if numbers == sorted(numbers) else [f"{number}" for number in numbers]
    grid = tile_grid(list(pixels), names, columns, side, x, 28, labels)
    marks += grid.marks
    if labels is None:
        high = side * drawn.shape[1] / max(drawn.shape[1:])
        marks += _map_numbers(numbers[::columns], high, x)
    bottom = 28.0
    if picture is not None:
        h, w = picture.shape[:2]
        wide, tall = PICTURE * w / max(h, w), PICTURE * h / max(h, w)
        marks.append(bitmap(picture, 0, 28, wide, tall, caption or say("the_picture")))
        marks.append(text(shorten(caption, 24), 0, 28 + tall + 17, class_="curve-value"))
        bottom += tall + 34
    draw_legend = signed_legend if negative else rising_legend
    if picture is None:
        marks += draw_legend(scale, x, 28 + grid.height + 14, 240, say("map_value"), clipped=clipped)
        bottom = 28 + grid.height + 62
    else:
        marks += draw_legend(scale, 0, bottom, PICTURE, say("map_value"), clipped=clipped)
        bottom = max(bottom + 48, 28 + grid.height)
    return Figure(WIDTH, bottom + 2, tuple(marks), title, _map_description(drawn, caption, say))


def _map_numbers(firsts: Sequence[int], high: float, x: float) -> list[Markup]:
    return [text(f"{n}", x - 8, 28 + row * (high + GAP) + high / 2 + 4, "end") for row, n in enumerate(firsts)]


def _map_description(drawn: np.ndarray, caption: str, say: Say) -> str:
    silent = int((drawn == 0).all(axis=(1, 2)).sum())
    low, high = wording.number(float(drawn.min()), 2), wording.number(float(drawn.max()), 2)
    words = say("maps_said", picture=caption or say("one_picture"), low=low, high=high)
    return f"{words} {say('silent', n=f'{silent:,}')}" if silent else words


def _map_words(number: int, value: np.ndarray, say: Say) -> str:
    low, high = wording.number(float(value.min()), 2), wording.number(float(value.max()), 2)
    return say("map" if value.any() else "map_empty", number=number, low=low, high=high)
