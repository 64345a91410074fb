"""Two on the same samples: McNemar against SciPy, the interval against its coverage and the unpaired one."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from spirula.metrics.paired import compare_errors, compare_shares, mcnemar, sign_test


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)


def test_many_disagreements_do_not_underflow() -> None:
    assert mcnemar(2000, 2500) == pytest.approx(binomtest(2000, 4500).pvalue, rel=1e-6)
    assert 0 <= mcnemar(0, 5000) < 1e-300


def test_newcombes_own_example() -> None:
    """Newcombe 1998, Table II: 36 both, 12 only the first, 2 only the second, 0 neither: method 10."""
    first = np.array([True] * 48 + [False] * 2)
    second = np.array([True] * 36 + [False] * 12 + [True] * 2)
    told = compare_shares(first, second)
    assert told.difference == pytest.approx(0.2)
    assert (told.only_first, told.only_second) == (12, 2)
    assert told.interval == pytest.approx((0.0569, 0.3404), abs=5e-4)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        draws = rng.random(150)
        first, second = draws < 0.85, (draws < 0.80) ^ (rng.random(150) < 0.05)
        truth = 0.85 - (0.80 * 0.95 + 0.20 * 0.05)
        low, high = compare_shares(first, second).interval or (0.0, 0.0)
        hits += low <= truth <= high
    assert 0.92 <= hits / 400 <= 0.985


def test_the_same_twice_does_not_differ() -> None:
    right = np.array([True, False] * 50)
    told = compare_shares(right, right)
    assert told.difference == 0
    assert told.p_value == 1
    assert told.interval is not None
    assert told.interval[0] <= 0 <= told.interval[1]


def test_swapping_swaps_the_sign() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random(90) < 0.8, rng.random(90) < 0.7
    one, other = compare_shares(first, second), compare_shares(second, first)
    assert one.interval is not None
    assert other.interval is not None
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]))
    assert one.p_value == other.p_value


def test_errors_are_compared_in_pairs() -> None:
    rng = np.random.default_rng(2)
    hard = rng.exponential(10.0, 300)  # what is hard for one is hard for the other
    told = compare_errors(hard + 0.5 + 0.1 * rng.normal(size=300), hard)
    low, high = told.interval or (0.0, 0.0)
    assert 0.4 < low < 0.5 < high < 0.6
    assert told.p_value is None


def test_nothing_and_what_does_not_fit() -> None:
    none = np.zeros(0, bool)
    assert compare_shares(none, none).interval is None
    assert math.isnan(compare_errors(np.zeros(0), np.zeros(0)).difference)
    with pytest.raises(ValueError, match="same samples"):
        compare_shares(np.zeros(3, bool), np.zeros(4, bool))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
def test_the_sign_test_counts_every_choice_of_signs(sums: list[int]) -> None:
    signs = np.array(list(product((-1, 1), repeat=len(sums))))
    as_far = np.abs(signs @ np.array(sums)) >= abs(sum(sums))
    assert sign_test(np.array(sums)) == pytest.approx(as_far.mean())


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_of_single_samples_is_mcnemars(first: int, second: int) -> None:
    assert sign_test(np.array([1] * first + [-1] * second + [0] * 5)) == pytest.approx(mcnemar(first, second))


def test_many_signs_do_not_underflow() -> None:
    assert sign_test(np.repeat([1, -1], [2500, 2000])) == pytest.approx(mcnemar(2500, 2000), rel=1e-6)
    assert 0 <= sign_test(np.full(5000, 3)) < 1e-300


def test_copies_make_no_difference_surer() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random(200) < 0.85, rng.random(200) < 0.75
    once = compare_shares(first, second)
    many = [np.repeat(right, 6) for right in (first, second)]
    six = compare_shares(*many, np.repeat(np.arange(200), 6))
    assert six.p_value == pytest.approx(once.p_value)
    assert six.interval == pytest.approx(once.interval, abs=0.002)  # one of 200 samples for the estimate
    assert (six.only_first, six.count) == (6 * (once.only_first or 0), 1200)
    assert (compare_shares(*many).p_value or 0.0) < (once.p_value or 0.0) / 100
    assert compare_shares(first, second, np.arange(200)) == once


def test_a_difference_of_patients_is_found_as_often_as_chance_allows() -> None:
    """Two equally good networks, each with patients of its own that it cannot read."""
    rng = np.random.default_rng(4)
    patients, wrong, naive, held = np.repeat(np.arange(40), 8), 0, 0, 0
    for _ in range(300):
        first, second = (np.repeat(rng.random(40) < 0.8, 8) for _ in range(2))
        told = compare_shares(first, second, patients)
        wrong += (told.p_value or 0.0) < 0.05
        held += told.interval is not None and told.interval[0] <= 0 <= told.interval[1]
        naive += (compare_shares(first, second).p_value or 0.0) < 0.05
    assert wrong / 300 <= 0.06
    assert held / 300 >= 0.92
    assert naive / 300 > 0.4


def test_errors_of_what_belongs_together_are_drawn_together() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.exponential(1.0, 150), rng.exponential(1.2, 150)
    once = compare_errors(first, second)
    six = compare_errors(np.repeat(first, 6), np.repeat(second, 6), np.repeat(np.arange(150), 6))
    assert six.interval == pytest.approx(once.interval)
