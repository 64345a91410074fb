"""Two classifiers (or regressions) on the same samples: the difference, with what is known about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .intervals import bootstrap_means, percentile_interval, wilson
from .multilabel import THRESHOLD


@dataclass(frozen=True)
class Difference:
    """What the first has more than the second, over the same samples.

    first, second: share of right samples, or mean absolute error. difference: first - second.
    interval: 95 %, ``(low, high)``; None without samples. p_value: of no difference at all (McNemar's exact test);
    None where it has no meaning. only_first, only_second: samples that only one has right.
    """

    count: int
    first: float
    second: float
    interval: tuple[float, float] | None
    p_value: float | None = None
    only_first: int | None = None
    only_second: int | None = None

    @property
    def difference(self) -> float:
        return self.first - self.second


def right(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return which samples a classifier has right, bool (N,).

    targets: int64 (N,), or 0 and 1 (N, K) of several labels, of which all must be right. probabilities: (N, K).
    """
    if targets.ndim == 1:
        agree: np.ndarray = probabilities.argmax(axis=1) == targets
        return agree
    matches: np.ndarray = ((probabilities > THRESHOLD) == (targets > 0)).all(axis=1)
    return matches


def absolute_errors(targets: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the absolute errors of a regression, float (N,); targets (N,), values (N, 1)."""
    errors: np.ndarray = np.abs(values[:, 0] - targets)
    return errors


def compare_shares(first: np.ndarray, second: np.ndarray) -> Difference:
    """Compare who was right: boolean (N,), (N,), in the same order.

    The interval is Newcombe's for paired proportions (1998, Statistics in Medicine 17, method 10): Wilson's intervals
    of both shares, put together with their correlation. The p-value is McNemar's (1947), exact.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"{first.shape} and {second.shape} are not the same samples")
    both, only_first = int((first & second).sum()), int((first & ~second).sum())
    only_second, neither = int((~first & second).sum()), int((~first & ~second).sum())
    count = len(first)
    if count == 0:
        return Difference(0, math.nan, math.nan, None, None, 0, 0)
    share_1, share_2 = (both + only_first) / count, (both + only_second) / count
    low_1, high_1 = (float(end) for end in wilson(both + only_first, count))
    low_2, high_2 = (float(end) for end in wilson(both + only_second, count))
    phi = _correlation(both, only_first, only_second, neither)
    apart = share_1 - share_2
    below = _together(share_1 - low_1, high_2 - share_2, phi)
    above = _together(high_1 - share_1, share_2 - low_2, phi)
    ends = (max(apart - below, -1.0), min(apart + above, 1.0))
    return Difference(count, share_1, share_2, ends, mcnemar(only_first, only_second), only_first, only_second)


def compare_errors(first: np.ndarray, second: np.ndarray) -> Difference:
    """Compare absolute errors, float (N,), (N,), in the same order; the interval is a paired bootstrap's."""
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"{first.shape} and {second.shape} are not the same samples")
    if not len(first):
        return Difference(0, math.nan, math.nan, None)
    apart = (first.astype(np.float64) - second.astype(np.float64))[:, None]
    low, high = percentile_interval(bootstrap_means(apart)[:, 0])
    return Difference(
        len(first), float(first.mean(dtype=np.float64)), float(second.mean(dtype=np.float64)), (float(low), float(high))
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided probability of so uneven a split of the disagreements, were both equally good."""
    total, fewer = only_first + only_second, min(only_first, only_second)
    if total == 0:
        return 1.0
    # In logarithms: 2 ** -total is zero for a thousand disagreements.
    logs = [math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1) for k in range(fewer + 1)]
    largest = max(logs)
    tail = math.log(sum(math.exp(value - largest) for value in logs)) + largest - total * math.log(2)
    return min(1.0, 2 * math.exp(tail))


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Return Newcombe's φ, with his correction for continuity where it is positive."""
    product = math.sqrt((both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither))
    if product == 0:
        return 0.0
    apart = float(both * neither - only_first * only_second)
    if apart > 0:
        apart = max(apart - (both + only_first + only_second + neither) / 2, 0.0)
    return apart / product


def _together(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))
