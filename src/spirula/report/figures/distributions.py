"""Reliability, histograms and predicted against true."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from markupsafe import Markup

from .svg import Scale, decimal, drawing, element, nice_ticks, path, text, x_axis, y_axis
from .words import speaker

MOST_POINTS = 2000


def reliability_chart(
    edges: Sequence[float],
    counts: Sequence[int],
    confidence: Sequence[float],
    accuracy: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    *,
    key: str,
    title: str,
    description: str,
    language: str = "en",
) -> Markup:
    """Draw the share of right predictions per confidence bin, with its interval, against the diagonal."""
    say = speaker(language)
    x, y = Scale(0, 1, 52, 340), Scale(0, 1, 318, 30)
    marks = y_axis(y, 52, 340, _percent)
    marks += x_axis(x, 318, _percent, say("confidence_axis"), [0, 0.2, 0.4, 0.6, 0.8, 1])
    marks.append(text(say("right_axis"), 12, 16, class_="axis-title"))
    rows = zip(edges[:-1], edges[1:], counts, confidence, accuracy, intervals, strict=True)
    for low, high, count, mean, right, (least, most) in rows:
        if not count:
            continue
        share = f"{100 * right:.1f}\u202f%"
        label = say("reliability_bar", n=f"{count:,}", low=_percent(low), high=_percent(high), share=share)
        middle = x(mean)
        bar = element(
            "rect", x=x(low) + 1, y=y(right), width=x(high) - x(low) - 2, height=y(0) - y(right), class_="bar"
        )
        whisker = element("line", x1=middle, x2=middle, y1=y(least), y2=y(most), class_="whisker")
        marks.append(element("g", element("title", label), bar, whisker))
        marks.append(element("circle", cx=middle, cy=y(right), r=3, class_="whisker-dot"))
    marks.append(element("line", x1=x(0), y1=y(0), x2=x(1), y2=y(1), class_="ideal"))
    return drawing(352, 362, *marks, key=key, title=title, description=description)


def histogram(
    counts: Sequence[int],
    edges: Sequence[float],
    *,
    key: str,
    title: str,
    description: str,
    x_title: str,
    wording: Callable[[float], str],
    ticks: Callable[[float], str],
    zero: bool = False,
    y_title: str = "",
    language: str = "en",
) -> Markup:
    """Draw bars over ``edges`` (B + 1); with ``zero``, a line at 0. ``y_title``: what is counted, if not just any."""
    say = speaker(language)
    x, y = Scale(edges[0], edges[-1], 52, 340), Scale(0, 1.04 * max(*counts, 1), 318, 30)
    marks = y_axis(y, 52, 340, lambda value: f"{value:,.0f}", 4)
    marks += x_axis(x, 318, ticks, x_title)
    marks.append(text(y_title or say("how_many"), 12, 16, class_="axis-title"))
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        if count:
            label = element("title", say("bar", low=wording(low), high=wording(high), n=f"{count:,}"))
            box = {"x": x(low) + 0.5, "y": y(count), "width": max(x(high) - x(low) - 1, 1), "height": y(0) - y(count)}
            ends = {"data_low": repr(float(low)), "data_high": repr(float(high))}  # as the browsed pictures are chosen
            marks.append(element("rect", label, class_="bar", **ends, **box))
    if zero and edges[0] < 0 < edges[-1]:
        marks.append(element("line", x1=x(0), x2=x(0), y1=30, y2=318, class_="ideal"))
    return drawing(352, 362, *marks, key=key, title=title, description=description)


def scatter(
    true: np.ndarray,
    predicted: np.ndarray,
    *,
    key: str,
    title: str,
    wording: Callable[[float], str],
    ticks: Callable[[float], str],
    language: str = "en",
) -> Markup:
    """Draw predicted against true values, (N,) each; at most 2,000 of them, chosen evenly by true value."""
    say = speaker(language)
    order = np.argsort(true, kind="stable")
    if len(order) > MOST_POINTS:
        order = order[np.linspace(0, len(order) - 1, MOST_POINTS).round().astype(int)]
    low, high = float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))
    margin = (high - low or 1.0) * 0.03
    x, y = Scale(low - margin, high + margin, 60, 340), Scale(low - margin, high + margin, 318, 30)
    marks = y_axis(y, 60, 340, ticks, 4)
    marks += x_axis(x, 318, ticks, say("true_axis"), nice_ticks(low, high, 4))
    marks.append(text(say("predicted_axis"), 12, 16, class_="axis-title"))
    places = zip(true[order], predicted[order], strict=True)
    dots = "".join(f"M{decimal(x(float(a)))} {decimal(y(float(b)))}h0" for a, b in places)
    marks.append(element("path", d=dots, class_="cloud"))
    marks.append(path([(x(low), y(low)), (x(high), y(high))], "ideal"))
    description = say("scatter_said", low=wording(low), high=wording(high))
    if len(order) < len(true):
        description += f" {say('scatter_part', shown=f'{len(order):,}', count=f'{len(true):,}')}"
    return drawing(352, 362, *marks, key=key, title=title, description=description)


def _percent(value: float) -> str:
    return f"{100 * value:.0f}\u202f%"
