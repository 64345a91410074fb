"""How much a network minds when its pictures change: accuracy against strength, and the weakest side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .intervals import wilson
from .paired import Difference, compare_shares

SURE = 0.05  # of a weak side's p-value, times the number of sides that were looked at (Bonferroni)

Interval = tuple[float, float]


@dataclass(frozen=True)
class Point:
    """One change of one strength, over ``count`` pictures.

    mild: whether people still name such pictures with ease. accuracy: share that is right, with Wilson's interval.
    probability: the mean one of the true class; its interval is Wilson's too, which for numbers between 0 and 1 is
    never too short (of all with that mean, zeros and ones vary most).
    """

    kind: str
    strength: float
    mild: bool
    count: int
    accuracy: float
    interval: Interval
    probability: float
    probability_interval: Interval


@dataclass(frozen=True)
class Weakness:
    """The mild change that costs most accuracy. difference: of the unchanged pictures and the changed, paired."""

    unchanged: Point
    changed: Point
    difference: Difference


def points(arrays: Mapping[str, np.ndarray]) -> list[Point]:
    """Return what the arrays of ``insight/robustness.npz`` say, the pictures as they are (kind "none") first."""
    right, probability = arrays["right"], arrays["probabilities"].astype(np.float64)
    count = right.shape[1]
    hits, sums = right.sum(axis=1), probability.sum(axis=1).clip(0, count)
    low, high = wilson(hits, np.full(len(hits), count))
    least, most = wilson(sums, np.full(len(sums), count))
    return [
        Point(
            str(arrays["kinds"][i]),
            float(arrays["strengths"][i]),
            bool(arrays["mild"][i]),
            count,
            float(hits[i] / max(count, 1)),
            (float(low[i]), float(high[i])),
            float(sums[i] / max(count, 1)),
            (float(least[i]), float(most[i])),
        )
        for i in range(len(hits))
    ]


def weakest(arrays: Mapping[str, np.ndarray]) -> Weakness | None:
    """Return the mild change after which fewest are right; None where all that is lost may be chance.

    Chance is judged by McNemar's exact test on the same pictures, for as many mild changes as there are (Bonferroni).
    """
    found, right = points(arrays), arrays["right"]
    mild = [i for i, point in enumerate(found) if point.mild]
    lost = [(i, compare_shares(right[0], right[i])) for i in mild]
    sure = [
        (i, apart)
        for i, apart in lost
        if apart.difference > 0 and apart.p_value is not None and apart.p_value * len(mild) <= SURE
    ]
    if not sure:
        return None
    place, apart = max(sure, key=lambda entry: entry[1].difference)
    return Weakness(found[0], found[place], apart)
