"""A small SVG writer: elements with escaped content, scales, axes, and a frame that a screen reader can read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Attribute = str | float | int | None


def element(name: str, *children: str | Markup, **attributes: Attribute) -> Markup:
    """Return ``<name …>children</name>`` with everything escaped that is not :class:`Markup` already.

    In attribute names a trailing underscore is dropped and others become ``-``: ``class_``, ``stroke_width``.
    An attribute that is ``None`` is left out; numbers get at most two decimals.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            text = decimal(value) if isinstance(value, float | int) else str(value)
            parts.append(f'{key.rstrip("_").replace("_", "-")}="{escape(text)}"')
    inside = Markup("").join(children)
    head = " ".join(parts)
    return Markup(f"<{head}>{inside}</{name}>" if inside else f"<{head}/>")


def decimal(value: float) -> str:
    """Return a coordinate with at most two decimals: ``12``, ``0.5``, ``3.25``."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def drawing(
    width: float, height: float, *children: Markup, key: str, title: str, description: str, class_: str = "figure"
) -> Markup:
    """Return a whole ``<svg>``. ``key`` must be unique on the page; title and description are read aloud."""
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *children,
        class_=class_,
        viewBox=f"0 0 {decimal(width)} {decimal(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
    )


def text(content: str, x: float, y: float, anchor: str = "start", class_: str = "tick", **more: Attribute) -> Markup:
    """Return a text whose ``anchor`` (start, middle, end) is at x and whose baseline is at y."""
    return element("text", content, x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=class_, **more)


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """Return a line through the points; a single point is drawn as a dot by the round line cap."""
    first, *rest = points
    steps = "".join(f"L{decimal(x)} {decimal(y)}" for x, y in rest) or "h0"
    return element("path", d=f"M{decimal(first[0])} {decimal(first[1])}{steps}", class_=class_)


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers (1, 2 or 5 times a power of ten apart) inside ``low``…``high``, at most ``most + 1``."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{index * step:.15g}") for index in range(first, last + 1)]


@dataclass(frozen=True)
class Scale:
    """Maps ``low``…``high`` of the data to ``start``…``end`` on the paper."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def y_axis(scale: Scale, left: float, right: float, wording: Callable[[float], str], most: int = 5) -> list[Markup]:
    """Return horizontal grid lines with their numbers at the left."""
    marks: list[Markup] = []
    for tick in nice_ticks(scale.low, scale.high, most):
        y = scale(tick)
        marks.append(element("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
        marks.append(text(wording(tick), left - 8, y + 4, "end"))
    return marks


def x_axis(
    scale: Scale, bottom: float, wording: Callable[[float], str], title: str, ticks: Sequence[float] | None = None
) -> list[Markup]:
    """Return the base line with its numbers and, below them, what they count."""
    marks = [element("line", x1=scale.start, x2=scale.end, y1=bottom, y2=bottom, class_="axis")]
    shown = nice_ticks(scale.low, scale.high) if ticks is None else ticks
    marks += [text(wording(tick), scale(tick), bottom + 17, "middle") for tick in shown]
    marks.append(text(title, (scale.start + scale.end) / 2, bottom + 36, "middle", "axis-title"))
    return marks
