"""Accuracy against how far the pictures were moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from .. import wording
from ..speech import Say
from .figure import Figure
from .matrix import shorten
from .svg import Scale, decimal, element, nice_ticks, path, text, x_axis, y_axis
from .words import speaker

WIDTH, TOP, BOTTOM, LEFT = 620.0, 30.0, 300.0, 56.0
SERIES = 6  # distinct lines in the style sheet


@dataclass(frozen=True)
class ShiftCurve:
    """One run: accuracy and the ends of its interval for every shift."""

    name: str
    accuracy: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def shift_figure(
    curves: Sequence[ShiftCurve],
    shifts: Sequence[int],
    *,
    direction: str,
    samples: int,
    fill: str,
    language: str = "en",
) -> Figure:
    """Draw one curve with its interval band per run. ``shifts`` ascend; ``fill`` says what enters at the border."""
    say = speaker(language)
    lowest = min(min(curve.low) for curve in curves)
    highest = max(max(curve.high) for curve in curves)
    margin = max(0.04 * (highest - lowest), 0.01)
    x = Scale(shifts[0], shifts[-1], LEFT + 10, WIDTH - 10)
    y = Scale(max(lowest - margin, 0.0), min(highest + margin, 1.0), BOTTOM, TOP)
    marks = y_axis(y, LEFT, WIDTH, wording.percent_tick)
    ticks = [tick for tick in nice_ticks(shifts[0], shifts[-1], 12) if tick == int(tick)]
    way, opposite = ("to_right", "to_left") if direction == "right" else ("to_bottom", "to_top")
    marks += x_axis(x, BOTTOM, _signed, say(way), ticks)
    marks.insert(0, text(say("right_axis"), 12, 16, class_="axis-title"))
    for number, curve in enumerate(curves):
        marks += _curve(curve, shifts, x, y, f"series-{number % SERIES}", say)
    bottom = BOTTOM + 62
    for number, curve in enumerate(curves):
        marks += _name(curve, shifts, bottom + 19 * number, f"series-{number % SERIES}", say)
    bottom += 19 * len(curves)
    note = say("shift_note", n=f"{samples:,}", fill=fill)
    marks.append(text(note, 12, bottom + 8, class_="axis-title"))
    said = " ".join(_said(curve, shifts, say) for curve in curves)
    description = f"{say(opposite)} {said} {note}"
    return Figure(WIDTH, bottom + 14, tuple(marks), say("shift_title"), description)


def _signed(value: float) -> str:
    return f"{value:+.0f}".replace("-", "−") if value else "0"


def _curve(curve: ShiftCurve, shifts: Sequence[int], x: Scale, y: Scale, series: str, say: Say) -> list[Markup]:
    places = [x(by) for by in shifts]
    upper = [(a, y(high)) for a, high in zip(places, curve.high, strict=True)]
    lower = [(a, y(low)) for a, low in zip(places, curve.low, strict=True)]
    outline = "L".join(f"{decimal(a)} {decimal(b)}" for a, b in [*upper, *reversed(lower)])
    line = [(a, y(value)) for a, value in zip(places, curve.accuracy, strict=True)]
    marks = [element("path", d=f"M{outline}Z", class_=f"band {series}"), path(line, f"curve {series}")]
    for by, (a, b), value, low, high in zip(shifts, line, curve.accuracy, curve.low, curve.high, strict=True):
        values = {"accuracy": wording.percent(value), "interval": wording.percent_range([low, high])}
        label = say("shift_point", name=curve.name, by=_signed(by), **values)
        marks.append(element("circle", element("title", label), cx=a, cy=b, r=3, class_=f"dot {series}"))
    return marks


def _name(curve: ShiftCurve, shifts: Sequence[int], y: float, series: str, say: Say) -> list[Markup]:
    words = shorten(curve.name, 40)
    return [
        element("line", x1=12, x2=40, y1=y - 4, y2=y - 4, class_=f"curve {series}"),
        text(words, 48, y, class_=f"curve-name {series}"),
        text(_ends(curve, shifts, say), WIDTH, y, "end", "curve-value"),
    ]


def _ends(curve: ShiftCurve, shifts: Sequence[int], say: Say) -> str:
    """Say the accuracy in place, if it was measured, and the worst one."""
    worst = min(range(len(shifts)), key=lambda index: curve.accuracy[index])
    words = [say("shift_worst", accuracy=wording.percent(curve.accuracy[worst]), by=_signed(shifts[worst]))]
    if 0 in shifts:
        words.insert(0, say("shift_unmoved", accuracy=wording.percent(curve.accuracy[list(shifts).index(0)])))
    return ", ".join(words)


def _said(curve: ShiftCurve, shifts: Sequence[int], say: Say) -> str:
    return f"{curve.name}: {_ends(curve, shifts, say)}."
