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
from ..speech import Say, speaker
from ..words.distributions import WORDS


def calibration(facts: Facts, split: str) -> dict[str, Any]:
    """Return how sure the network is, how often it is right, and the figures that compare the two."""
    stored, say = facts.predictions(split), speaker(WORDS, facts.language)
    if facts.task == "multilabel":
        said = stored.probabilities > 0.5
        confidence = np.where(said, stored.probabilities, 1 - stored.probabilities).ravel()
        right = (said == (stored.targets > 0)).ravel()
    else:
        confidence = stored.probabilities.max(axis=1)
        right = stored.probabilities.argmax(axis=1) == stored.targets
    table = reliability(confidence, right)
    mean, accuracy = float(confidence.mean()), float(right.mean())
    close = abs(mean - accuracy) < 0.01
    verdict = say("honest" if close else "overconfident" if mean > accuracy else "modest")
    words = say("sure", mean=wording.percent(mean), accuracy=wording.percent(accuracy), verdict=verdict)
    return {
        "say": say,
        "lead": say("lead", words=words, error=wording.percent(table.error)),
        "chart": _reliability_chart(table, split, facts.language, say),
        "histogram": histogram(
            table.counts.tolist(),
            table.edges.tolist(),
            key=f"{split}-confidence",
            title=say("confidence"),
            description=say("confidence_said", n=wording.count(table.counts.sum()), mean=wording.percent(mean)),
            x_title=say("confidence_name"),
            wording=lambda value: wording.percent_tick(round(value, 3)),
            ticks=wording.percent_tick,
            language=facts.language,
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


def _reliability_chart(table: Reliability, split: str, language: str, say: Say) -> Markup:
    right = np.round(np.nan_to_num(table.accuracy) * table.counts)
    ends = zip(*wilson(right, table.counts), strict=True)
    return reliability_chart(
        table.edges.tolist(),
        table.counts.tolist(),
        table.confidence.tolist(),
        table.accuracy.tolist(),
        [(float(low), float(high)) for low, high in ends],
        key=f"{split}-reliability",
        title=say("reliability"),
        description=say("reliability_said", error=wording.percent(table.error)),
        language=language,
    )


def values(facts: Facts, split: str) -> dict[str, Any]:
    """Return the figures of a regression: predicted against true, and the errors."""
    stored, say = facts.predictions(split), speaker(WORDS, facts.language)
    true, predicted = stored.targets.astype(np.float64), stored.probabilities[:, 0].astype(np.float64)
    residuals = predicted - true
    counts, edges = np.histogram(residuals, bins=min(max(round(len(residuals) ** 0.5), 5), 30))
    return {
        "say": say,
        "scatter": scatter(
            true,
            predicted,
            key=f"{split}-scatter",
            title=say("scatter"),
            wording=wording.number,
            ticks=wording.tick,
            language=facts.language,
        ),
        "residuals": histogram(
            counts.tolist(),
            edges.tolist(),
            key=f"{split}-residuals",
            title=say("residuals"),
            description=say("residuals_said", low=wording.number(edges[0]), high=wording.number(edges[-1])),
            x_title=say("residuals_axis"),
            wording=wording.number,
            ticks=wording.tick,
            zero=True,
            language=facts.language,
        ),
    }
