"""Intervals against published numbers and against their own promise: coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spirula.metrics.intervals import (
    bootstrap_confusions,
    bootstrap_means,
    f1_interval,
    percentile_interval,
    resamples_for,
    student,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
        # Medicine 17 (1998), table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_equals_published_values(successes: int, trials: int, low: float, high: float) -> None:
    ends = wilson(successes, trials)
    assert ends[0] == pytest.approx(low, abs=5e-5)
    assert ends[1] == pytest.approx(high, abs=5e-5)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_wilson_holds_the_share_inside_zero_and_one(successes: int, failures: int) -> None:
    trials = successes + failures
    low, high = wilson(successes, trials)
    assert 0 <= low <= high <= 1
    if trials:
        assert low <= successes / trials <= high


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_is_symmetric(successes: int, extra: int) -> None:
    trials = successes + extra
    low, high = wilson(successes, trials)
    mirrored_low, mirrored_high = wilson(trials - successes, trials)
    assert (float(low), float(high)) == pytest.approx((1 - float(mirrored_high), 1 - float(mirrored_low)))


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_refuses_what_is_not_a_share() -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_wilson_covers_the_true_share_in_about_95_of_100_trials() -> None:
    rng = np.random.default_rng(0)
    low, high = wilson(rng.binomial(200, 0.9, size=20_000), np.full(20_000, 200))
    assert np.mean((low <= 0.9) & (high >= 0.9)) == pytest.approx(0.95, abs=0.015)


def test_f1_intervals_cover_the_true_f1_in_about_95_of_100_trials() -> None:
    """1,500 samples, 10 % of a class, 80 % of them found, 2 % false alarms among the others."""
    rng = np.random.default_rng(0)
    cells = rng.multinomial(1500, [0.08, 0.02, 0.018, 0.882], size=20_000)
    right, missed, alarms = cells[:, 0], cells[:, 1], cells[:, 2]
    low, high = f1_interval(right, right + missed, right + alarms)
    true = 2 * 0.08 / (2 * 0.08 + 0.02 + 0.018)
    assert np.mean((low <= true) & (high >= true)) == pytest.approx(0.95, abs=0.01)


def test_a_perfect_f1_is_not_certain() -> None:
    low, high = f1_interval(20, 20, 20)
    assert high == 1
    assert low == pytest.approx(2 * 0.8389 / 1.8389, abs=1e-4)  # 20 of 20: Wilson's lower end is 0.8389


def test_the_bootstrap_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, size=2000)
    low, high = percentile_interval(bootstrap_means(values[:, None]))
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert low[0] == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert high[0] == pytest.approx(values.mean() + half, abs=0.15 * half)


def test_the_bootstrap_repeats_itself_and_listens_to_its_seed() -> None:
    columns = np.random.default_rng(2).normal(size=(50, 2))
    assert np.array_equal(bootstrap_means(columns), bootstrap_means(columns))
    assert not np.array_equal(bootstrap_means(columns), bootstrap_means(columns, seed=1))


def test_resampling_cells_is_resampling_samples() -> None:
    """The multinomial shortcut has the mean and the spread of drawing the samples one by one."""
    confusion = np.array([[40, 10, 0], [5, 30, 0], [0, 0, 0]])
    right, support, predicted = bootstrap_confusions(confusion, resamples=4000)
    samples = np.array([(i, j) for i in range(3) for j in range(3) for _ in range(confusion[i, j])])
    rng = np.random.default_rng(3)
    drawn = samples[rng.integers(0, len(samples), (4000, len(samples)))]
    for k in range(3):
        for fast, slow in (
            (right[:, k], ((drawn[:, :, 0] == k) & (drawn[:, :, 1] == k)).sum(axis=1)),
            (support[:, k], (drawn[:, :, 0] == k).sum(axis=1)),
            (predicted[:, k], (drawn[:, :, 1] == k).sum(axis=1)),
        ):
            assert fast.mean() == pytest.approx(slow.mean(), abs=0.5)
            assert fast.std() == pytest.approx(slow.std(), rel=0.08, abs=1e-12)
    assert (support.sum(axis=1) == 85).all()


def test_a_resample_without_a_value_does_not_count() -> None:
    draws = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]])
    low, high = percentile_interval(draws, level=1.0)
    assert (low[0], high[0]) == (1.0, 2.0)
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_costly_resamples_are_fewer() -> None:
    assert resamples_for(100) == 1000
    assert resamples_for(400_000) == 500
    assert resamples_for(10**9) == 200


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        bootstrap_means(np.zeros((0, 2)))
    with pytest.raises(ValueError, match="at least one sample"):
        bootstrap_confusions(np.zeros((3, 3), np.int64))


@given(st.integers(1, 5000))
def test_students_points_are_scipys(freedom: int) -> None:
    assert student(freedom) == pytest.approx(float(stats.t.ppf(0.975, freedom)), abs=6e-3)
