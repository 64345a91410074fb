"""The section "How far to trust it": temperature, coverage, and what it refuses."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np

from ...errors import RunError
from ...metrics.coverage import Coverage, coverage
from ...metrics.intervals import wilson
from ...metrics.refusal import Refusal
from ...runs.folder import EMBEDDING, Predictions
from .. import wording
from ..facts import Facts
from ..speech import Say, speaker
from ..words.samples import split_words
from .figure import coverage_figure
from .honest import temperature
from .words import WORDS

SHARES = (1.0, 0.99, 0.95, 0.9, 0.8, 0.5)
TOLD = 0.9  # of the samples: the point that the sentence is about


def trust(facts: Facts) -> dict[str, Any]:
    """Return what is said of the first evaluated split; nothing for a regression."""
    say, split = speaker(WORDS, facts.language), facts.evaluated[0]
    stored, card = facts.predictions(split), _card(facts)
    refusal = _refusal(facts, split, stored, Refusal.from_dict(card.get("refusal")), say)
    apart, has_embedding = facts.task == "multilabel", facts.run.insight_path(f"{EMBEDDING}.npz").is_file()
    return {
        "say": say,
        "split": split,
        "lead": say("lead" if refusal or has_embedding else "lead_two", split=split_words(split, facts.language)),
        "temperature": temperature(facts, split, stored, card, say),
        "coverage": _coverage(split, stored, apart, say),
        "refusal": refusal,
        "has_embedding": has_embedding,
        "refuse": shlex.join(["spirula", "calibrate", facts.address, "--refuse", "0.05"]),
    }


def _card(facts: Facts) -> dict[str, Any]:
    try:
        return facts.run.card()
    except RunError:
        return {}  # a cross-validation has none: each fold has its own


def _coverage(split: str, stored: Predictions, apart: bool, say: Say) -> dict[str, Any]:
    values = stored.probabilities
    if apart:
        confidence = np.maximum(values, 1 - values).min(axis=1)
        right = ((values > 0.5) == (stored.targets > 0)).all(axis=1)
    else:
        confidence, right = values.max(axis=1), values.argmax(axis=1) == stored.targets
    curve = coverage(confidence, right, stored.together)
    points = list(dict.fromkeys(point for share in SHARES if (point := curve.at(share)) is not None))
    told = curve.at(TOLD)
    assert told is not None  # somebody was asked
    rows = [_row(curve, point) for point in points]
    told_row, everything = _row(curve, told), _row(curve, len(curve.answered) - 1)
    return {
        "words": say(
            "coverage_words",
            share=told_row["share"],
            accuracy=told_row["accuracy"],
            interval=told_row["interval"],
            all=everything["accuracy"],
        ),
        "note": say("exact_note") if apart else "",
        "figure": coverage_figure(
            curve,
            points,
            say,
            key=f"{split}-coverage",
            description=say(
                "coverage_said",
                points="; ".join(say("answered_point", share=row["share"], accuracy=row["accuracy"]) for row in rows),
            ),
        ),
        "rows": rows,
    }


def _refusal(facts: Facts, split: str, stored: Predictions, refusal: Refusal | None, say: Say) -> list[str]:
    """Return the sentences on what is refused, how many of the split that are, and how the others fare."""
    if refusal is None:
        return []
    likeness = facts.run.arrays(EMBEDDING).get(f"{split}_likeness")
    words = say(
        "refusal_words",
        threshold=wording.number(refusal.threshold),
        target=wording.percent(refusal.target),
        n=wording.count(refusal.samples),
    )
    if likeness is None or len(likeness) != len(stored.ids):
        return [words]
    answered = ~refusal.refuses(likeness)
    if facts.task == "multilabel":
        right = ((stored.probabilities > 0.5) == (stored.targets > 0)).all(axis=1) & answered
    else:
        right = (stored.probabilities.argmax(axis=1) == stored.targets) & answered
    share, interval = _share(len(answered) - int(answered.sum()), len(answered))
    accuracy, accuracy_interval = _share(int(right.sum()), int(answered.sum()))
    measured = say(
        "refusal_measured",
        n=wording.count(len(answered)),
        split=split_words(split, facts.language),
        share=share,
        interval=interval,
        accuracy=accuracy,
        accuracy_interval=accuracy_interval,
    )
    return [words, measured]


def _share(part: int, whole: int) -> tuple[str, str]:
    """Return a share and its interval in words."""
    low, high = wilson(part, whole)
    return wording.percent(part / whole if whole else None), wording.percent_range([float(low), float(high)])


def _row(curve: Coverage, point: int) -> dict[str, str]:
    low, high = (float(ends[point]) for ends in curve.band)
    return {
        "share": wording.percent(float(curve.coverage[point])),
        "count": wording.count(int(curve.answered[point])),
        "threshold": wording.percent(float(curve.confidence[point])),
        "accuracy": wording.percent(float(curve.accuracy[point])),
        "interval": wording.percent_range([low, high]),
    }
