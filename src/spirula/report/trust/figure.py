"""Accuracy against the share of the samples that are answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ...metrics.coverage import Coverage
from .. import wording
from ..figures.svg import Scale, drawing, element, nice_ticks, path, text, x_axis, y_axis
from ..speech import Say

WIDTH, HEIGHT = 400.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 376.0, 30.0, 248.0
MOST_POINTS = 240
FEWEST_ANSWERED = 0.05  # of the samples: below, the band says nothing but that it is wide


def coverage_figure(curve: Coverage, marked: Sequence[int], say: Say, *, key: str, description: str) -> Markup:
    """Draw accuracy over coverage with its pointwise 95 % band; ``marked`` points have a dot and their number."""
    first = curve.at(FEWEST_ANSWERED) or 0
    chosen = np.unique(np.linspace(first, len(curve.answered) - 1, MOST_POINTS).round().astype(int))
    share, right = curve.coverage[chosen], curve.accuracy[chosen]
    low, high = (ends[chosen] for ends in curve.band)
    floor = min(nice_ticks(float(low.min()), 1.0)[0], float(low.min()))
    x, y = Scale(0, 1, LEFT, RIGHT), Scale(floor, 1, BOTTOM, TOP)
    marks = y_axis(y, LEFT, RIGHT, wording.percent_tick, 4)
    marks += x_axis(x, BOTTOM, wording.percent_tick, say("answered_axis"), [0, 0.2, 0.4, 0.6, 0.8, 1])
    marks.append(text(say("accuracy_axis"), 12, 16, class_="axis-title"))
    ends = [*zip(share, high, strict=True), *zip(share[::-1], low[::-1], strict=True)]
    outline = "L".join(f"{x(float(a)):.1f} {y(float(b)):.1f}" for a, b in ends)
    marks.append(element("path", d=f"M{outline}Z", class_="band series-0"))
    marks.append(path([(x(float(a)), y(float(b))) for a, b in zip(share, right, strict=True)], "curve series-0"))
    for point in marked:
        across, up = x(float(curve.coverage[point])), y(float(curve.accuracy[point]))
        words = say(
            "answered_point",
            share=wording.percent(float(curve.coverage[point])),
            accuracy=wording.percent(float(curve.accuracy[point])),
        )
        marks.append(element("circle", element("title", words), cx=across, cy=up, r=4, class_="dot series-0"))
    return drawing(WIDTH, HEIGHT, *marks, key=key, title=say("coverage"), description=description)
