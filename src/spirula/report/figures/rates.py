"""The curve of a learning-rate range test: the smoothed loss by the rate, and the rate that was chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from .. import wording
from .svg import Scale, drawing, element, path, text, x_axis, y_axis
from .words import speaker

WIDTH, HEIGHT = 640.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 620.0, 26.0, 246.0


def rate_chart(known: Mapping[str, Any], language: str = "en") -> Markup:
    """Draw ``insight/rates.json``; rates stand on a logarithmic axis. Every point names its values on hover."""
    say = speaker(language)
    places = [math.log10(float(rate)) for rate in known["rates"]]
    losses = [float(loss) for loss in known["losses"]]
    chosen = int(known["index"])
    low = min(losses)
    high = max(losses[: max(chosen + 1, 1)])  # where it breaks, the curve leaves the drawing
    margin = (high - low or abs(high) or 1.0) * 0.2
    x, y = Scale(places[0], places[-1], LEFT + 10, RIGHT - 10), Scale(low - margin, high + margin, BOTTOM, TOP)
    marks = y_axis(y, LEFT, RIGHT, wording.tick)
    powers = [float(power) for power in range(math.ceil(places[0]), math.floor(places[-1]) + 1)]
    marks += x_axis(x, BOTTOM, lambda power: f"{10.0**power:g}", say("rate_axis"), powers)
    shown = [(x(place), max(y(loss), TOP)) for place, loss in zip(places, losses, strict=True)]
    marks.append(path(shown, "curve series-0"))
    marks.append(element("line", x1=shown[chosen][0], x2=shown[chosen][0], y1=TOP - 6, y2=BOTTOM, class_="best"))
    marks.append(text(say("rate_chosen", rate=f"{known['rate']:g}"), shown[chosen][0], TOP - 11, "middle", "tick"))
    width = (RIGHT - LEFT) / len(places)
    for (centre, _), rate, loss in zip(shown, known["rates"], losses, strict=True):
        label = say("rate_point", rate=wording.number(float(rate)), loss=wording.number(loss))
        box = {"x": centre - width / 2, "y": TOP, "width": width, "height": BOTTOM - TOP}
        marks.append(element("rect", element("title", label), class_="hover", **box))
    said = say("rate_said", n=len(places), rate=f"{known['rate']:g}")
    return drawing(WIDTH, HEIGHT, *marks, key="rates", title=say("rate_title"), description=said)
