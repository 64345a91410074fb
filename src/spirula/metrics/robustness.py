"""How much a network minds when its pictures change: accuracy or error against strength, and the weakest side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import LEVEL, bootstrap_means, percentile_interval, wilson
from .paired import Difference, compare_errors, compare_shares

SURE = 1 - LEVEL  # of a weak side's p-value, times the number of sides that were looked at (Bonferroni)

Interval = tuple[float, float]
Change = tuple[str, float, bool]  # kind, strength, mild


@dataclass(frozen=True)
class Point:
    """One change of one strength, over ``count`` pictures.

    mild: whether people still name such pictures with ease. value: the share that is right, with Wilson's interval; of
    a regression the mean absolute error, with a bootstrap's. probability: the mean one of the true class, None of a
    regression; its interval is Wilson's too, which for numbers between 0 and 1 is never too short (of all with that
    mean, zeros and ones vary most).
    """

    kind: str
    strength: float
    mild: bool
    count: int
    value: float
    interval: Interval
    probability: float | None = None
    probability_interval: Interval | None = None


@dataclass(frozen=True)
class Weakness:
    """The mild change that costs most. difference: what is lost, of the same pictures: the share that is right, or what
    the error grows by.
    """

    unchanged: Point
    changed: Point
    difference: Difference


def points(arrays: Mapping[str, np.ndarray]) -> list[Point]:
    """Return what the arrays of ``insight/robustness.npz`` say, the pictures as they are (kind "none") first."""
    changes: list[Change] = list(
        zip(arrays["kinds"].tolist(), arrays["strengths"].tolist(), arrays["mild"].tolist(), strict=True)
    )
    if "errors" in arrays:
        return _of_errors(changes, arrays["errors"])
    return _of_shares(changes, arrays["right"], arrays["probabilities"])


def _of_shares(changes: Sequence[Change], right: np.ndarray, probabilities: np.ndarray) -> list[Point]:
    count = right.shape[1]
    trials = np.full(len(changes), count)
    hits, sums = right.sum(axis=1), probabilities.sum(axis=1, dtype=np.float64).clip(0, count)
    value, probability = hits / max(count, 1), sums / max(count, 1)
    of_value, of_probability = np.stack(wilson(hits, trials), 1), np.stack(wilson(sums, trials), 1)
    return [
        Point(*change, count, float(value[i]), _ends(of_value[i]), float(probability[i]), _ends(of_probability[i]))
        for i, change in enumerate(changes)
    ]


def _of_errors(changes: Sequence[Change], errors: np.ndarray) -> list[Point]:
    count = errors.shape[1]
    if not count:
        return [Point(*change, 0, 0.0, (0.0, 0.0)) for change in changes]
    ends = np.stack(percentile_interval(bootstrap_means(errors.T)), 1)
    means = errors.mean(axis=1, dtype=np.float64)
    return [Point(*change, count, float(means[i]), _ends(ends[i])) for i, change in enumerate(changes)]


def _ends(interval: np.ndarray) -> Interval:
    return float(interval[0]), float(interval[1])


def weakest(arrays: Mapping[str, np.ndarray]) -> Weakness | None:
    """Return the mild change that costs most; None where all that is lost may be chance.

    Chance is judged on the same pictures, for as many mild changes as there are (Bonferroni): of what is right by
    McNemar's exact test, of errors by the bootstrap's interval of the difference.
    """
    found = points(arrays)
    mild = [i for i, point in enumerate(found) if point.mild]
    lost = _more_error(arrays["errors"], mild) if "errors" in arrays else _fewer_right(arrays["right"], mild)
    if not lost:
        return None
    place = max(lost, key=lambda i: lost[i].difference)
    return Weakness(found[0], found[place], lost[place])


def _fewer_right(right: np.ndarray, mild: list[int]) -> dict[int, Difference]:
    lost = {i: compare_shares(right[0], right[i]) for i in mild}
    return {
        i: apart
        for i, apart in lost.items()
        if apart.difference > 0 and apart.p_value is not None and apart.p_value * len(mild) <= SURE
    }


def _more_error(errors: np.ndarray, mild: list[int]) -> dict[int, Difference]:
    if not mild or not errors.shape[1]:
        return {}
    draws = bootstrap_means(errors[mild].T.astype(np.float64) - errors[0][:, None])
    low, _ = percentile_interval(draws, 1 - SURE / len(mild))
    return {i: compare_errors(errors[i], errors[0]) for i, least in zip(mild, low, strict=True) if least > 0}
