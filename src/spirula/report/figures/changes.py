"""Accuracy, or error, against the strength of changes, a small chart for each kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...metrics.robustness import Point
from .. import wording
from .figure import Figure
from .svg import Scale, decimal, element, path, text, x_axis, y_axis

ACROSS = 3
WIDE, HIGH = 280.0, 214.0
GAP = 14.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, WIDE - 12, 30.0, HIGH - 44


@dataclass(frozen=True)
class Panel:
    """One kind of change: its points by rising strength, the unchanged one among them. words: of a point, on hover."""

    title: str
    axis: str
    points: Sequence[Point]
    words: Callable[[Point], str]


def changes_figure(panels: Sequence[Panel], *, title: str, value: str, probability: str) -> Figure:
    """Draw small charts on one vertical scale; ``value`` and ``probability`` name the two curves.

    Without probabilities the values are errors, from zero up.
    """
    every = [point for panel in panels for point in panel.points]
    shares = all(point.probability is not None for point in every)
    if shares:
        lowest = min(min(point.interval[0], point.probability or 0.0) for point in every)
        ends, tick = (max(0.0, min(int(10 * lowest) / 10, 0.9)), 1.0), wording.percent_tick
    else:
        ends, tick = (0.0, max(point.interval[1] for point in every) or 1.0), wording.tick
    marks: list[Markup] = [
        element("line", x1=0, x2=26, y1=8, y2=8, class_="curve series-0"),
        text(value, 34, 12),
    ]
    if shares:
        marks += [element("line", x1=150, x2=176, y1=8, y2=8, class_="curve series-1"), text(probability, 184, 12)]
    top = 28.0
    for number, panel in enumerate(panels):
        row, column = divmod(number, ACROSS)
        place = f"translate({decimal(column * (WIDE + GAP))} {decimal(top + row * (HIGH + GAP))})"
        marks.append(element("g", *_chart(panel, ends, tick), transform=place))
    rows, columns = -(-len(panels) // ACROSS), min(len(panels), ACROSS)
    said = " ".join(f"{panel.title}: {'; '.join(map(panel.words, panel.points))}." for panel in panels)
    width = max(columns * (WIDE + GAP) - GAP, 460.0)
    return Figure(width, top + rows * (HIGH + GAP) - GAP, tuple(marks), title, said)


def _chart(panel: Panel, ends: tuple[float, float], tick: Callable[[float], str]) -> list[Markup]:
    strengths = [point.strength for point in panel.points]
    x = Scale(strengths[0], strengths[-1], LEFT + 8, RIGHT)
    y = Scale(*ends, BOTTOM, TOP)
    marks = [text(panel.title, 0, 16, class_="curve-name")]
    marks += y_axis(y, LEFT, RIGHT, tick)
    marks += x_axis(x, BOTTOM, wording.tick, panel.axis, _apart(strengths, x))
    unchanged = next(point for point in panel.points if point.kind == "none")
    marks.append(element("line", x1=LEFT, x2=RIGHT, y1=y(unchanged.value), y2=y(unchanged.value), class_="best"))
    upper = [(x(point.strength), y(point.interval[1])) for point in panel.points]
    lower = [(x(point.strength), y(point.interval[0])) for point in panel.points]
    outline = "L".join(f"{decimal(a)} {decimal(b)}" for a, b in [*upper, *reversed(lower)])
    marks.append(element("path", d=f"M{outline}Z", class_="band series-0"))
    second = [(x(point.strength), y(point.probability)) for point in panel.points if point.probability is not None]
    if second:
        marks.append(path(second, "curve series-1"))
    line = [(x(point.strength), y(point.value)) for point in panel.points]
    marks.append(path(line, "curve series-0"))
    for point, (a, b) in zip(panel.points, line, strict=True):
        marks.append(element("circle", element("title", panel.words(point)), cx=a, cy=b, r=3, class_="dot series-0"))
    return marks


def _apart(strengths: Sequence[float], x: Scale) -> list[float]:
    """Return those strengths whose numbers do not run into each other: both ends, then the others from the last on."""
    kept = [strengths[0], strengths[-1]]
    for strength in reversed(strengths[1:-1]):
        if all(abs(x(strength) - x(other)) >= 30 for other in kept):
            kept.append(strength)
    return kept
