"""Histograms of weights, the trained ones beside those that training began with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from .. import wording
from ..speech import Say
from .figure import Figure
from .matrix import shorten
from .svg import Scale, decimal, element, nice_ticks, text, x_axis, y_axis
from .words import speaker

COLUMNS = 3
WIDE, HIGH = 280.0, 266.0

Spread = tuple[float, float]


@dataclass(frozen=True, eq=False)
class WeightSet:
    """A tensor's values before and after training.

    shape: in words. count: how many values it has; ``trained`` and ``initial`` may be an even sample of them, but the
    spreads, mean and standard deviation, are those of all.
    """

    name: str
    shape: str
    count: int
    trained: np.ndarray
    trained_spread: Spread
    initial: np.ndarray | None = None
    initial_spread: Spread | None = None


def weight_figure(sets: Sequence[WeightSet], of: int | None = None, language: str = "en") -> Figure:
    """Draw one histogram per tensor: bars are the trained values, the line those before training.

    ``of``: how many there are in all, if more than are drawn; the figure then says so.
    """
    say = speaker(language)
    columns = min(COLUMNS, len(sets))
    marks: list[Markup] = []
    top = 0.0
    if any(entry.initial is not None for entry in sets):
        marks += [
            element("rect", x=0, y=2, width=14, height=11, class_="bar"),
            text(say("trained"), 20, 12),
            element("line", x1=84, x2=104, y1=8, y2=8, class_="outline before"),
            text(say("before_training"), 110, 12),
        ]
        top = 26.0
    if of is not None and of > len(sets):
        marks.append(text(say("first_kernels", n=str(len(sets)), of=of), 250 if top else 0, 12, class_="axis-title"))
        top = 26.0
    for number, entry in enumerate(sets):
        row, column = divmod(number, columns)
        place = f"translate({decimal(column * (WIDE + 10))} {decimal(top + row * (HIGH + 14))})"
        marks.append(element("g", *_panel(entry, say), transform=place))
    rows = -(-len(sets) // columns)
    names = ", ".join(entry.name for entry in sets)
    width = max(columns * (WIDE + 10) - 10, 300.0)
    said = " ".join(_said(entry, say) for entry in sets)
    return Figure(width, top + rows * (HIGH + 14) - 14, tuple(marks), say("weights_title", names=names), said)


def _panel(entry: WeightSet, say: Say) -> list[Markup]:
    trained = _finite(entry.trained)
    initial = None if entry.initial is None else _finite(entry.initial)
    both = trained if initial is None else np.concatenate([trained, initial])
    bins = int(np.clip(round(len(trained) ** 0.5), 8, 40))
    edges = np.histogram_bin_edges(both, bins) if both.size else np.linspace(-1, 1, bins + 1)
    counts = np.histogram(trained, edges)[0]
    before = None if initial is None else np.histogram(initial, edges)[0]
    most = max(int(counts.max(initial=1)), 1 if before is None else int(before.max(initial=1)))
    x, y = Scale(float(edges[0]), float(edges[-1]), 44, WIDE - 8), Scale(0, 1.04 * most, HIGH - 46, 72)
    marks = [
        text(shorten(entry.name, 26), 0, 12, class_="curve-name"),
        text(shorten(f"{entry.shape}: {_sampled(entry, say)}", 46), 0, 28, class_="curve-value"),
        *[text(words, 0, 43 + 15 * line, class_="curve-value") for line, words in enumerate(_spreads(entry, say))],
        *y_axis(y, 44, WIDE - 8, lambda value: f"{value:,.0f}", 3),
        *x_axis(x, HIGH - 46, wording.tick, say("weights_axis"), nice_ticks(x.low, x.high, 4)),
    ]
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        if count:
            ends = {"low": wording.number(float(low)), "high": wording.number(float(high))}
            label = say("weights_bar", n=f"{count:,}", **ends)
            box = {"x": x(float(low)), "y": y(count), "height": y(0) - y(count)}
            width = max(x(float(high)) - x(float(low)) - 0.6, 0.5)
            marks.append(element("rect", element("title", label), class_="bar", width=width, **box))
    if before is not None:
        marks.append(element("path", d=_steps(edges, before, x, y), class_="outline before"))
    return marks


def _steps(edges: np.ndarray, counts: np.ndarray, x: Scale, y: Scale) -> str:
    """Return the outline of a histogram, from the base line back to it."""
    steps = [f"M{decimal(x(float(edges[0])))} {decimal(y(0))}"]
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        height = decimal(y(int(count)))
        steps.append(f"L{decimal(x(float(low)))} {height}L{decimal(x(float(high)))} {height}")
    return "".join([*steps, f"L{decimal(x(float(edges[-1])))} {decimal(y(0))}"])


def _finite(values: np.ndarray) -> np.ndarray:
    flat = np.asarray(values, dtype=np.float64).ravel()
    return flat[np.isfinite(flat)]


def _sampled(entry: WeightSet, say: Say) -> str:
    size = entry.trained.size
    whole = size == entry.count
    return say("weights" if whole else "weights_part", n=f"{size:,}", of=f"{entry.count:,}")


def _spreads(entry: WeightSet, say: Say) -> list[str]:
    spreads = {"trained": entry.trained_spread, "before": entry.initial_spread}
    return [f"{say(when)}: {_spread(spread, say)}" for when, spread in spreads.items() if spread is not None]


def _spread(spread: Spread, say: Say) -> str:
    return say("spread_short", mean=wording.number(spread[0]), std=wording.number(spread[1]))


def _said(entry: WeightSet, say: Say) -> str:
    return f"{entry.name}, {entry.shape}: {_sampled(entry, say)}; {'; '.join(_spreads(entry, say))}."
