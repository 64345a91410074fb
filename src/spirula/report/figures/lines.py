"""Learning curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..speech import Say
from .svg import Scale, drawing, element, nice_ticks, path, text, x_axis, y_axis
from .words import speaker

WIDTH, HEIGHT = 400.0, 270.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 318.0, 26.0, 222.0
MOST_HOVER_BANDS = 250


@dataclass(frozen=True)
class Line:
    """One curve: its name, its values (``None`` where there is none) and its CSS class."""

    name: str
    values: Sequence[float | None]
    class_: str


def line_chart(
    lines: Sequence[Line],
    epochs: Sequence[int],
    *,
    key: str,
    title: str,
    wording: Callable[[float], str],
    ticks: Callable[[float], str],
    from_zero: bool = True,
    best: int | None = None,
    language: str = "en",
) -> Markup:
    """Draw curves over epochs; ``best`` is the epoch to mark. Every epoch names its values on hover.

    Gaps (``None``) stay gaps. At least one value must be known.
    """
    say = speaker(language)
    known = [value for line in lines for value in line.values if value is not None]
    low, high = min(known), max(known)
    margin = (high - low or abs(high) or 1.0) * 0.06
    low = 0.0 if from_zero and low >= 0 else low - margin
    y = Scale(low, high + margin, BOTTOM, TOP)
    x = Scale(epochs[0], epochs[-1], LEFT + 10, RIGHT - 10)
    marks = y_axis(y, LEFT, RIGHT, ticks)
    whole = [tick for tick in nice_ticks(epochs[0], epochs[-1], 6) if tick == int(tick)]
    marks += x_axis(x, BOTTOM, lambda epoch: f"{epoch:.0f}", say("epoch_axis"), whole)
    if best is not None and best in epochs:
        marks.append(element("line", x1=x(best), x2=x(best), y1=TOP - 6, y2=BOTTOM, class_="best"))
        anchor = "start" if x(best) < LEFT + 40 else "end" if x(best) > RIGHT - 40 else "middle"
        marks.append(text(say("best"), x(best), TOP - 11, anchor, "tick"))
    for line in lines:
        marks += _curve(line, epochs, x, y)
    marks += _names(lines, y, wording)
    marks += _hover(lines, epochs, x, wording, say)
    description = _describe(lines, epochs, wording, best, say)
    return drawing(WIDTH, HEIGHT, *marks, key=key, title=title, description=description)


def _curve(line: Line, epochs: Sequence[int], x: Scale, y: Scale) -> list[Markup]:
    marks: list[Markup] = []
    stretch: list[tuple[float, float]] = []
    for epoch, value in [*zip(epochs, line.values, strict=True), (0, None)]:
        if value is not None:
            stretch.append((x(epoch), y(value)))
        elif stretch:
            marks.append(path(stretch, f"curve {line.class_}"))
            stretch = []
    if len(epochs) <= 40:
        points = [(x(e), y(v)) for e, v in zip(epochs, line.values, strict=True) if v is not None]
        marks += [
            element("circle", cx=a, cy=b, r=2.6 if len(points) > 1 else 4, class_=f"dot {line.class_}")
            for a, b in points
        ]
    return marks


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _names(lines: Sequence[Line], y: Scale, wording: Callable[[float], str]) -> list[Markup]:
    """Name each curve at its end, pushed apart where ends meet."""
    ends = [(y(end), line, end) for line in lines if (end := _last(line.values)) is not None]
    ends.sort(key=lambda item: item[0])
    marks: list[Markup] = []
    floor = TOP
    room = [29.0 * (len(ends) - index) for index in range(len(ends))]
    for (place, line, end), below in zip(ends, room, strict=True):
        place = min(max(place, floor), BOTTOM - below + 22)
        marks.append(text(line.name, RIGHT + 4, place + 1, class_=f"curve-name {line.class_}"))
        marks.append(text(wording(end), RIGHT + 4, place + 15, class_="curve-value"))
        floor = place + 31
    return marks


def _hover(
    lines: Sequence[Line], epochs: Sequence[int], x: Scale, wording: Callable[[float], str], say: Say
) -> list[Markup]:
    stride = len(epochs) // MOST_HOVER_BANDS + 1
    width = (RIGHT - LEFT) / len(epochs) * stride
    marks: list[Markup] = []
    for index in range(0, len(epochs), stride):
        words = [f"{line.name} {wording(v)}" for line in lines if (v := line.values[index]) is not None]
        label = say("epoch_values", epoch=epochs[index], values=", ".join(words) or say("no_value"))
        box = {"x": x(epochs[index]) - width / 2, "y": TOP, "width": width, "height": BOTTOM - TOP}
        marks.append(element("rect", element("title", label), class_="hover", **box))
    return marks


def _describe(
    lines: Sequence[Line], epochs: Sequence[int], wording: Callable[[float], str], best: int | None, say: Say
) -> str:
    words = [say("epochs", n=str(len(epochs)))]
    for line in lines:
        start, end = next((v for v in line.values if v is not None), None), _last(line.values)
        if start is not None and end is not None:
            words.append(say("course", name=line.name.capitalize(), first=wording(start), last=wording(end)))
    if best is not None:
        words.append(say("best_epoch", epoch=best))
    return " ".join(words)
