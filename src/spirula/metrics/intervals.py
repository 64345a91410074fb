"""95 % intervals: Wilson's for a share, the percentile bootstrap for everything else.

The bootstrap draws with a fixed seed, so the same predictions always get the same interval.
"""

from __future__ import annotations

import numpy as np

Z95 = 1.959963984540054  # 97.5 % point of the normal distribution
LEVEL = 0.95
# 97.5 % points of Student's t for 1, 2, … degrees of freedom.
T95 = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)

RESAMPLES = 1000
FEWEST_RESAMPLES = 200
BUDGET = 200_000_000  # elementary operations in all: what takes a few tenths of a second
DRAW = 8  # a random number costs about as much as this many additions


def wilson(successes: np.ndarray | float, trials: np.ndarray | float, z: float = Z95) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper end of the score interval of a share, elementwise.

    Unlike the textbook interval it stays inside 0…1 and is right for shares near 0 and 1 and for
    few trials. Zero trials tell nothing: the interval is (0, 1).

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    n = np.asarray(trials, dtype=np.float64)
    x = np.asarray(successes, dtype=np.float64)
    if np.any(n < 0) or np.any(x < 0) or np.any(x > n):
        raise ValueError("wilson needs 0 <= successes <= trials")
    safe = np.maximum(n, 1.0)
    share = x / safe
    spread = z * np.sqrt(share * (1 - share) / safe + z * z / (4 * safe * safe))
    centre = share + z * z / (2 * safe)
    scale = 1 + z * z / safe
    # At 0 and n successes an end is exactly 0 or 1; rounding must not push it past.
    low = np.where((n == 0) | (x == 0), 0.0, (centre - spread) / scale)
    high = np.where((n == 0) | (x == n), 1.0, (centre + spread) / scale)
    return low, high


def student(freedom: int) -> float:
    """Return the 97.5 % point of Student's t with ``freedom`` ≥ 1 degrees of freedom, right to two thousandths.

    Beyond the table by two terms of the expansion in 1 / freedom (M. Abramowitz, I. A. Stegun, "Handbook of
    mathematical functions" (1964), 26.7.5).
    """
    if freedom <= len(T95):
        return T95[freedom - 1]
    first, second = (Z95**3 + Z95) / 4, (5 * Z95**5 + 16 * Z95**3 + 3 * Z95) / 96
    return Z95 + first / freedom + second / freedom**2


def f1_interval(
    right: np.ndarray | float, support: np.ndarray | float, predicted: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper end of the interval of F1 = 2 right / (support + predicted), elementwise.

    Of the ``support + predicted - right`` samples that are of the class or are called so, ``right``
    are both: a share, which has Wilson's interval. F1 = 2 share / (1 + share) grows with it, so its
    ends are the images of the share's ends. Unlike a bootstrap this is not of width 0 at F1 = 1.
    """
    low, high = wilson(right, np.asarray(support) + np.asarray(predicted) - np.asarray(right))
    return 2 * low / (1 + low), 2 * high / (1 + high)


def percentile_interval(draws: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return the two ends of the middle ``level`` of bootstrap ``draws`` (B, …) along the first axis.

    Draws that are NaN (a resample in which the statistic has no value) do not count; an end is NaN
    where no draw has a value.

    Source: B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979).
    """
    draws = np.asarray(draws, dtype=np.float64)
    tail = (1 - level) / 2
    missing = np.isnan(draws)
    if not missing.any():
        low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
        return low, high
    ends = np.full((2, *draws.shape[1:]), np.nan)
    for column in np.ndindex(draws.shape[1:]):
        known = draws[(slice(None), *column)][~missing[(slice(None), *column)]]
        if known.size:
            ends[(slice(None), *column)] = np.quantile(known, [tail, 1 - tail])
    return ends[0], ends[1]


def resamples_for(operations: int) -> int:
    """Return how many resamples to draw when each costs so much: 1,000; fewer, at least 200, when it costs a lot."""
    return int(np.clip(BUDGET // max(operations, 1), FEWEST_RESAMPLES, RESAMPLES))


def bootstrap_means(columns: np.ndarray, *, resamples: int | None = None, seed: int = 0) -> np.ndarray:
    """Return the column means (B, M) of B resamples, with replacement, of the rows of ``columns`` (N, M).

    Everything that is a function of means (a share, F1, RMSE, R²) gets its bootstrap from these.
    """
    count, _ = columns.shape
    if count == 0:
        raise ValueError("bootstrap_means needs at least one row")
    rng = np.random.default_rng(seed)
    values = np.ascontiguousarray(columns.T, dtype=np.float64)
    draws = np.empty((resamples or resamples_for(DRAW * count + values.size), len(values)))
    for draw in draws:
        times = np.bincount(rng.integers(0, count, count), minlength=count)
        # Not @: a thousand small products would wake the threads of BLAS a thousand times.
        draw[:] = np.einsum("n,mn->m", times, values)
    draws /= count
    return draws


def bootstrap_confusions(
    confusion: np.ndarray, *, resamples: int | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what B resamples of the samples behind a confusion matrix (K, K) hold, each (B, K):
    right predictions, samples, and predictions of every class.

    Drawing N samples with replacement and counting them into cells is one multinomial draw of the
    cells: the same bootstrap, without touching the N samples.
    """
    size = len(confusion)
    row, column = np.nonzero(confusion)
    counts = confusion[row, column].astype(np.float64)
    total = int(counts.sum())
    if total == 0:
        raise ValueError("bootstrap_confusions needs at least one sample")
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(total, counts / total, size=resamples or resamples_for(2 * DRAW * len(counts)))
    right = np.zeros((len(draws), size))
    diagonal = row == column
    right[:, row[diagonal]] = draws[:, diagonal]
    return right, _sum_by(draws, row, size), _sum_by(draws, column, size)


def _sum_by(draws: np.ndarray, group: np.ndarray, size: int) -> np.ndarray:
    """Sum the columns of ``draws`` (B, cells) that belong to the same group → (B, size)."""
    order = np.argsort(group, kind="stable")
    present, starts = np.unique(group[order], return_index=True)
    sums = np.zeros((len(draws), size))
    sums[:, present] = np.add.reduceat(draws[:, order], starts, axis=1)
    return sums
