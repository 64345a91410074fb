"""Two classifiers (or regressions) on the same samples: the difference, with what is known about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .clustered import belong_together, clustered_means, effective_size
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


def compare_shares(first: np.ndarray, second: np.ndarray, together: np.ndarray | None = None) -> Difference:
    """Compare who was right: boolean (N,), (N,), in the same order.

    The interval is Newcombe's for paired proportions (1998, Statistics in Medicine 17, method 10): Wilson's intervals
    of both shares, put together with their correlation. The p-value is McNemar's (1947), exact.

    together: int (N,), the same number for samples that belong together; ``None`` when each stands alone. The interval
    is then that of as many samples as say as much of the difference (:func:`.clustered.effective_size`), and the
    p-value that of :func:`sign_test` on the clusters' sums, which for samples that stand alone is McNemar's.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"{first.shape} and {second.shape} are not the same samples")
    both, only_first = int((first & second).sum()), int((first & ~second).sum())
    only_second, neither = int((~first & second).sum()), int((~first & ~second).sum())
    count = len(first)
    if count == 0:
        return Difference(0, math.nan, math.nan, None, None, 0, 0)
    worth, p_value = 1.0, mcnemar(only_first, only_second)
    if together is not None and belong_together(together):
        apart = first.astype(np.int64) - second
        worth = effective_size(apart, together) / count
        index = np.unique(together, return_inverse=True)[1]
        p_value = sign_test(np.bincount(index, weights=apart).astype(np.int64))
    cells = tuple(worth * cell for cell in (both, only_first, only_second, neither))
    share_1, share_2 = (both + only_first) / count, (both + only_second) / count
    return Difference(count, share_1, share_2, _newcombe(*cells), p_value, only_first, only_second)


def compare_errors(first: np.ndarray, second: np.ndarray, together: np.ndarray | None = None) -> Difference:
    """Compare absolute errors, float (N,), (N,), in the same order; the interval is a paired bootstrap's.

    together: as for :func:`compare_shares`; what belongs together is drawn together.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"{first.shape} and {second.shape} are not the same samples")
    if not len(first):
        return Difference(0, math.nan, math.nan, None)
    apart = (first.astype(np.float64) - second.astype(np.float64))[:, None]
    grouped = together is not None and belong_together(together)
    means = clustered_means(apart, together) if grouped and together is not None else bootstrap_means(apart)
    low, high = percentile_interval(means[:, 0])
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


def sign_test(sums: np.ndarray) -> float:
    """Return the two-sided probability of so large a total, did each of the ``sums``, int64 (M,), have either sign
    equally often: Fisher's randomisation test of pairs ("The design of experiments" (1935), section 21), exact.

    With sums of -1, 0 and 1 it is :func:`mcnemar`.
    """
    chances = np.ones(1)  # of every total from -reach to reach
    for size, number in zip(*np.unique(np.abs(sums[sums != 0]), return_counts=True), strict=True):
        own = np.zeros(2 * int(size) * int(number) + 1)
        own[:: 2 * int(size)] = _binomial(int(number))
        chances = np.convolve(chances, own)
    reach = len(chances) // 2
    far = np.abs(np.arange(-reach, reach + 1)) >= abs(int(sums.sum()))
    return min(1.0, float(chances[far].sum()))


def _binomial(number: int) -> np.ndarray:
    """Return the chance of every number of heads in so many tosses, float64 (number + 1,)."""
    logs = [math.lgamma(number + 1) - math.lgamma(k + 1) - math.lgamma(number - k + 1) for k in range(number + 1)]
    return np.exp(np.array(logs) - number * math.log(2))


def _newcombe(both: float, only_first: float, only_second: float, neither: float) -> tuple[float, float]:
    """Return the interval of the difference of the two shares; numbers of samples may be fractions."""
    count = both + only_first + only_second + neither
    share_1, share_2 = (both + only_first) / count, (both + only_second) / count
    low_1, high_1 = (float(end) for end in wilson(both + only_first, count))
    low_2, high_2 = (float(end) for end in wilson(both + only_second, count))
    phi = _correlation(both, only_first, only_second, neither)
    apart = share_1 - share_2
    below = _together(share_1 - low_1, high_2 - share_2, phi)
    above = _together(high_1 - share_1, share_2 - low_2, phi)
    return max(apart - below, -1.0), min(apart + above, 1.0)


def _correlation(both: float, only_first: float, only_second: float, neither: float) -> float:
    """Return Newcombe's φ, with his correction for continuity where it is positive."""
    product = math.sqrt((both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither))
    if product == 0:
        return 0.0
    apart = both * neither - only_first * only_second
    if apart > 0:
        apart = max(apart - (both + only_first + only_second + neither) / 2, 0.0)
    return apart / product


def _together(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))
