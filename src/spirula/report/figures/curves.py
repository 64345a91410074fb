"""The learning curves of a run: which metrics there are, and how each is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .. import wording
from .lines import Line, line_chart
from .style import stylesheet
from .svg import element
from .words import speaker

# name in the history → wording, whether the axis starts at zero; what it is called stands in the words
METRICS: dict[str, tuple[Callable[[float], str], bool]] = {
    "loss": (wording.number, True),
    "accuracy": (wording.percent, False),
    "mae": (wording.number, True),
    "rmse": (wording.number, True),
    "learning_rate": (wording.number, True),
}


def curve_charts(
    history: Sequence[Mapping[str, Any]], best: int | None, language: str = "en"
) -> list[tuple[str, Markup]]:
    """Return ``(heading, drawing)`` of every metric that the history holds. ``best`` is the best epoch."""
    say = speaker(language)
    epochs = [int(row.get("epoch", index)) for index, row in enumerate(history, 1)]
    charts: list[tuple[str, Markup]] = []
    for name, (words, from_zero) in METRICS.items():
        heading = say(name)
        columns = {"rate": name} if name == "learning_rate" else {"train": name, "validation": f"val_{name}"}
        lines = [Line(say(kind), [row.get(column) for row in history], kind) for kind, column in columns.items()]
        lines = [line for line in lines if any(value is not None for value in line.values)]
        if lines:
            key = f"learning-{name}"
            ticks = wording.percent_tick if words is wording.percent else wording.tick
            drawn = line_chart(
                lines,
                epochs,
                key=key,
                title=heading,
                wording=words,
                ticks=ticks,
                from_zero=from_zero,
                best=best,
                language=language,
            )
            charts.append((heading, drawn))
    return charts


def learning_curves(
    history: Sequence[Mapping[str, Any]], *, best: Mapping[str, Any] | None = None, language: str = "en"
) -> str:
    """Return all curves side by side as one SVG that carries its own style, for a notebook or a file.

    ``best`` is the entry of ``run.json`` of that name. An empty history gives an SVG that says so.
    """
    say = speaker(language)
    charts = curve_charts(history, (best or {}).get("epoch"), language)
    width, height = 400 * max(len(charts), 1), 300
    parts = [
        element("style", Markup(stylesheet(".spirula") + ".spirula.figure { font-family: system-ui, sans-serif; }"))
    ]
    for index, (heading, chart) in enumerate(charts):
        title = element("text", heading, x=12, y=16, class_="curve-name")
        parts.append(
            element(
                "g", title, element("g", chart, transform="translate(0 26)"), transform=f"translate({400 * index} 0)"
            )
        )
    if not charts:
        parts.append(element("text", say("no_epoch"), x=12, y=24))
    return str(
        element(
            "svg",
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width} {height}",
            width=width,
            height=height,
            class_="spirula figure",
            role="img",
            aria_label=say("learning_curves"),
        )
    )
