"""Accuracy against the number of training samples: measured with intervals, drawn on with a band."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .. import wording
from ..speech import Say
from .svg import Scale, decimal, drawing, element, path, text, x_axis, y_axis
from .words import speaker

WIDTH, HEIGHT = 640.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 620.0, 24.0, 246.0


def growth_chart(known: Mapping[str, Any], language: str = "en") -> Markup:
    """Draw ``insight/growth.json``; the sizes stand on a logarithmic axis. Every size names its values on hover."""
    say = speaker(language)
    sizes = [float(size) for size in known["sizes"]]
    further = [float(size) for size in known["further"]]
    low, high = [*known["low"], *known["further_low"]], [*known["high"], *known["further_high"]]
    bottom, top = min(low), max(high)
    margin = (top - bottom or 0.01) * 0.06
    y = Scale(bottom - margin, min(top + margin, 1.0), BOTTOM, TOP)
    x = Scale(math.log2(sizes[0]), math.log2(max([*sizes, *further])), LEFT + 12, RIGHT - 24)
    marks = y_axis(y, LEFT, RIGHT, wording.percent_tick)
    named = {math.log2(size): size for size in [*sizes, *further[2::2]]}
    marks += x_axis(
        x,
        BOTTOM,
        lambda place: wording.count(named[place]),
        say("growth_axis"),
        list(named),
    )
    if further:
        marks.append(_band(further, known["further_low"], known["further_high"], x, y))
        ahead = [(x(math.log2(size)), y(value)) for size, value in zip(further, known["further_accuracy"], strict=True)]
        marks.append(path(ahead, "curve series-1"))
    points = [(x(math.log2(size)), y(value)) for size, value in zip(sizes, known["accuracy"], strict=True)]
    marks.append(path(points, "curve series-0"))
    for (place, centre), ends in zip(points, zip(known["low"], known["high"], strict=True), strict=True):
        marks.append(element("line", x1=place, x2=place, y1=y(ends[0]), y2=y(ends[1]), class_="whisker"))
        marks.append(element("circle", cx=place, cy=centre, r=3, class_="dot series-0"))
    marks += _hover(sizes, known["accuracy"], low, high, x, say) + _hover(
        further[1:], known["further_accuracy"][1:], low[len(sizes) + 1 :], high[len(sizes) + 1 :], x, say
    )
    if further:
        marks.append(text(say("drawn_on"), x(math.log2(further[-1])), TOP - 8, "end", "curve-name series-1"))
    first, last = (wording.percent(known["accuracy"][place]) for place in (0, -1))
    said = say("growth_said", first=first, few=f"{sizes[0]:,.0f}", last=last, many=f"{sizes[-1]:,.0f}")
    return drawing(WIDTH, HEIGHT, *marks, key="growth", title=say("growth_title"), description=said)


def _band(sizes: Sequence[float], low: Sequence[float], high: Sequence[float], x: Scale, y: Scale) -> Markup:
    places = [x(math.log2(size)) for size in sizes]
    there = [(place, y(value)) for place, value in zip(places, high, strict=True)]
    back = [(place, y(value)) for place, value in zip(reversed(places), reversed(list(low)), strict=True)]
    return element(
        "polygon", points=" ".join(f"{decimal(a)},{decimal(b)}" for a, b in [*there, *back]), class_="band series-1"
    )


def _hover(
    sizes: Sequence[float], values: Sequence[float], low: Sequence[float], high: Sequence[float], x: Scale, say: Say
) -> list[Markup]:
    marks: list[Markup] = []
    for size, value, *ends in zip(sizes, values, low, high, strict=False):
        interval = wording.percent_range(ends)
        label = say("growth_point", n=f"{size:,.0f}", accuracy=wording.percent(value), interval=interval)
        box = {"x": x(math.log2(size)) - 14, "y": TOP, "width": 28, "height": BOTTOM - TOP}
        marks.append(element("rect", element("title", label), class_="hover", **box))
    return marks
