"""What is better seen than read: confidence against truth, and predicted against true values."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from ...metrics.calibration import Reliability, reliability
from ...metrics.intervals import wilson
from .. import wording
from ..facts import Facts
from ..figures.distributions import histogram, reliability_chart, scatter


def calibration(facts: Facts, split: str) -> dict[str, Any]:
    """Return how sure the network is, how often it is right, and the figures that compare the two."""
    stored = facts.predictions(split)
    if facts.task == "multilabel":
        said = stored.probabilities > 0.5
        confidence = np.where(said, stored.probabilities, 1 - stored.probabilities).ravel()
        right = (said == (stored.targets > 0)).ravel()
    else:
        confidence = stored.probabilities.max(axis=1)
        right = stored.probabilities.argmax(axis=1) == stored.targets
    table = reliability(confidence, right)
    mean, accuracy = float(confidence.mean()), float(right.mean())
    word = "overconfident" if mean > accuracy else "too modest"
    close = abs(mean - accuracy) < 0.01
    return {
        "error": wording.percent(table.error),
        "words": f"On average it is {wording.percent(mean)} sure and {wording.percent(accuracy)} right"
        + (": its confidence can be taken at its word." if close else f": it is {word}."),
        "chart": _reliability_chart(table, split),
        "histogram": histogram(
            table.counts.tolist(),
            table.edges.tolist(),
            key=f"{split}-confidence",
            title="How sure it is",
            description=f"{int(table.counts.sum()):,} predictions; mean confidence {wording.percent(mean)}.",
            x_title="confidence",
            wording=lambda value: wording.percent_tick(round(value, 3)),
            ticks=wording.percent_tick,
        ),
        "rows": [
            {
                "range": f"{100 * low:.0f}–{100 * high:.0f}\u202f%",
                "count": wording.count(number),
                "confidence": wording.percent(float(sure)),
                "accuracy": wording.percent(float(share)),
            }
            for low, high, number, sure, share in zip(
                table.edges[:-1], table.edges[1:], table.counts, table.confidence, table.accuracy, strict=True
            )
            if number
        ],
    }


def _reliability_chart(table: Reliability, split: str) -> Markup:
    right = np.round(np.nan_to_num(table.accuracy) * table.counts)
    ends = zip(*wilson(right, table.counts), strict=True)
    return reliability_chart(
        table.edges.tolist(),
        table.counts.tolist(),
        table.confidence.tolist(),
        table.accuracy.tolist(),
        [(float(low), float(high)) for low, high in ends],
        key=f"{split}-reliability",
        title="Right as often as it is sure?",
        description=f"Bars ending on the dashed diagonal are honest. Calibration error {wording.percent(table.error)}.",
    )


def values(facts: Facts, split: str) -> dict[str, Markup]:
    """Return the figures of a regression: predicted against true, and the errors."""
    stored = facts.predictions(split)
    true, predicted = stored.targets.astype(np.float64), stored.probabilities[:, 0].astype(np.float64)
    residuals = predicted - true
    counts, edges = np.histogram(residuals, bins=min(max(round(len(residuals) ** 0.5), 5), 30))
    return {
        "scatter": scatter(
            true,
            predicted,
            key=f"{split}-scatter",
            title="Predicted against true",
            wording=wording.number,
            ticks=wording.tick,
        ),
        "residuals": histogram(
            counts.tolist(),
            edges.tolist(),
            key=f"{split}-residuals",
            title="How far off",
            description=f"Predicted minus true: from {wording.number(edges[0])} to {wording.number(edges[-1])}.",
            x_title="predicted minus true",
            wording=wording.number,
            ticks=wording.tick,
            zero=True,
        ),
    }
