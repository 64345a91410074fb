"""When the picture changes: accuracy or error against the strength of changes, and the weakest side in one sentence."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...errors import RunError
from ...metrics.robustness import Point, points, weakest
from ...runs.folder import LEFT_OUT, ROBUSTNESS
from .. import wording
from ..facts import Facts
from ..figures.changes import Panel, changes_figure
from ..figures.figure import Figure
from ..retold.retell import retold
from ..speech import Say, speaker
from .words import WORDS

# What is counted, by task; words about it end so.
MEASURES = {"classification": "accuracy", "multilabel": "exact", "regression": "error"}
_TAUGHT = ("shift", "rotate", "contrast", "brightness")  # options of a training by the same names


def robustness(facts: Facts) -> dict[str, Any]:
    """Return the figure, the table and the sentence, from the arrays that were measured."""
    say, measure = speaker(WORDS, facts.language), MEASURES[facts.task]
    arrays = facts.run.arrays(ROBUSTNESS)
    command = shlex.join(["spirula", "explain", facts.address, "--robustness"])
    if not arrays:
        return {"say": say, "figure": "", "why": _why_not(facts, say), "command": command}
    try:
        found = points(arrays)
        split = str(arrays["split"])
        return {
            "say": say,
            "lead": say(
                "changes_lead",
                pictures=say("pictures_n", n=wording.count(found[0].count)),
                split=say(f"split_{split}") if f"split_{split}" in WORDS else split,
            ),
            "note": say("changes_error_note") if measure == "error" else "",
            "title": say(f"changes_figure_{measure}"),
            "weakest": weakest_words(facts, arrays, say),
            "figure": robustness_figure(found, say, measure).inside("robustness-figure"),
            "rows": [_row(point, say) for point in found],
            "caption": say(f"table_caption_{measure}", n=wording.count(found[0].count)),
            "heads": [say(f"head_{measure}"), *([] if measure == "error" else [say(f"head_probability_{measure}")])],
            "command": command,
        }
    except (KeyError, ValueError, IndexError) as error:
        raise RunError(f"The arrays of {facts.run.name}/insight do not fit: {error}", "Their files changed.") from error


def _why_not(facts: Facts, say: Say) -> str:
    failed = (facts.document.get(LEFT_OUT) or {}).get("robustness")
    return say("changes_failed", reason=retold(str(failed), facts.language)) if failed else say("changes_unmeasured")


def robustness_figure(found: Sequence[Point], say: Say, measure: str) -> Figure:
    """Draw a small chart for each kind; the unchanged pictures stand in every one."""
    unchanged = next(point for point in found if point.kind == "none")
    kinds = list(dict.fromkeys(point.kind for point in found if point.kind != "none"))
    words = partial(_point_words, say=say, measure=measure)
    panels = []
    for kind in kinds:
        start = 1.0 if kind == "contrast" else 0.0
        here = replace(unchanged, strength=start)
        shown = sorted([here, *(point for point in found if point.kind == kind)], key=lambda point: point.strength)
        if kind == "contrast":
            shown.reverse()  # from what it is to less and less
        panels.append(Panel(say(f"kind_{kind}"), say(f"axis_{kind}"), shown, words))
    title, probability = say(f"changes_figure_{measure}"), "" if measure == "error" else say(f"probability_{measure}")
    return changes_figure(panels, title=title, value=say(measure), probability=probability)


def weakest_words(facts: Facts, arrays: Mapping[str, np.ndarray], say: Say) -> dict[str, str]:
    """Say which mild change costs most (text), and what would teach it (after), if something would."""
    found, measure = weakest(arrays), MEASURES[facts.task]
    if found is None:
        none = say(f"changes_none_{measure}" if arrays["mild"].any() else "changes_untried")
        return {"before": "", "text": none, "after": ""}
    point, ends = found.changed, found.difference.interval
    text = say(
        f"weakest_{measure}",
        what=what_words(point, say),
        before=_value(found.unchanged),
        after=_value(point),
        interval=_range(point, ends, say),
    )
    return {"before": say("weakest_is"), "text": text, "after": _remedy(facts, point, say)}


def verdict(facts: Facts, arrays: Mapping[str, np.ndarray], say: Say) -> str:
    """Return the same as one text."""
    return " ".join(part for part in weakest_words(facts, arrays, say).values() if part)


def _remedy(facts: Facts, point: Point, say: Say) -> str:
    """Name the option that shows a network such pictures; none where features of the pictures are taken once."""
    if point.kind not in _TAUGHT:
        return say("remedy_none")
    if facts.config.get("training", {}).get("strategy") == "features":
        return ""
    needed, had = _needed(point, _side(facts)), facts.config.get("augmentation", {}).get(point.kind)
    if isinstance(had, int | float) and float(had) >= needed * (1 - 1e-9):
        return say("remedy_had", option=f"--{point.kind} {had:g}")
    return say("remedy", option=f"--{point.kind} {needed:g}")


def _needed(point: Point, side: int) -> float:
    if point.kind == "shift":
        return float(f"{point.strength / max(side, 1):.2g}")
    return round(1 - point.strength, 4) if point.kind == "contrast" else abs(point.strength)


def what_words(point: Point, say: Say) -> str:
    """Return what was done to the pictures, as the beginning of a sentence."""
    kind = point.kind
    if kind == "brightness":
        kind = "lighter" if point.strength > 0 else "darker"
    return say(f"what_{kind}", strength=strength_words(point, say))


def strength_words(point: Point, say: Say) -> str:
    """Return a strength with its unit."""
    if point.kind == "none":
        return wording.NONE
    if point.kind in ("shift", "blur"):
        return say("pixels", n=f"{point.strength:g}")
    if point.kind == "rotate":
        return f"{point.strength:g}°"
    if point.kind == "contrast":
        return f"{point.strength:g}"
    share = wording.percent(abs(point.strength), 0)
    return f"{'−' if point.strength < 0 else '+'}{share}" if point.kind == "brightness" else share


def _point_words(point: Point, say: Say, measure: str) -> str:
    return say(
        f"point_{measure}",
        strength=say("kind_none") if point.kind == "none" else strength_words(point, say),
        value=_value(point),
        interval=_range(point, point.interval, say),
        **({} if point.probability is None else {"probability": wording.percent(point.probability)}),
    )


def _row(point: Point, say: Say) -> dict[str, Any]:
    cells = [_value(point), _range(point, point.interval, say)]
    if point.probability is not None and point.probability_interval is not None:
        cells += [wording.percent(point.probability), wording.percent_range(list(point.probability_interval))]
    return {"kind": say(f"kind_{point.kind}"), "strength": strength_words(point, say), "cells": cells}


def _value(point: Point) -> str:
    return wording.number(point.value) if point.probability is None else wording.percent(point.value)


def _range(point: Point, ends: tuple[float, float] | None, say: Say) -> str:
    if ends is None:
        return wording.NONE
    if point.probability is not None:
        return wording.percent_range(list(ends))
    return say("range", low=wording.number(ends[0]), high=wording.number(ends[1]))


def _side(facts: Facts) -> int:
    shape = facts.document.get("data", {}).get("image") or (0, 0)
    return int(min(shape[:2])) if len(shape) >= 2 else 0
