"""The weakest side: found where it is planted, and not claimed where chance would do."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from spirula.metrics.intervals import wilson
from spirula.metrics.robustness import points, weakest

KINDS = ["none", "rotate", "rotate", "blur", "noise"]


def arrays(
    wrong: list[int], count: int = 100, mild: tuple[bool, ...] = (False, True, False, True, True)
) -> dict[str, np.ndarray]:
    right = np.ones((5, count), np.bool_)
    for row, number in enumerate(wrong):
        right[row, :number] = False
    return {
        "kinds": np.asarray(KINDS),
        "strengths": np.asarray([0, 15, 30, 2, 0.1]),
        "mild": np.asarray(mild),
        "right": right,
        "probabilities": np.where(right, 0.8, 0.3).astype(np.float32),
    }


def test_every_point_has_its_numbers_and_wilsons_intervals() -> None:
    found = points(arrays([10, 20, 60, 12, 10]))
    assert [(point.kind, point.strength) for point in found[:3]] == [("none", 0), ("rotate", 15), ("rotate", 30)]
    assert found[1].value == pytest.approx(0.8)
    low, high = wilson(80, 100)
    assert found[1].interval == pytest.approx((float(low), float(high)))
    assert found[1].probability == pytest.approx(0.8 * 0.8 + 0.2 * 0.3, abs=1e-6)
    assert found[1].count == 100


def test_the_weakest_side_is_the_mild_change_that_costs_most() -> None:
    found = weakest(arrays([5, 30, 90, 20, 6]))
    assert found is not None
    assert (found.changed.kind, found.changed.strength) == ("rotate", 15)
    assert found.difference.difference == pytest.approx(0.25)
    assert found.difference.interval is not None
    assert 0.15 < found.difference.interval[0] < 0.25 < found.difference.interval[1] < 0.35


def test_what_may_be_chance_is_not_claimed() -> None:
    assert weakest(arrays([5, 8, 90, 6, 5])) is None  # three more wrong of 100
    assert weakest(arrays([30, 10, 10, 10, 10])) is None  # better when changed
    assert weakest(arrays([0, 6, 0, 0, 0])) is None  # p = 2 / 2⁶, looked for at three places
    assert weakest(arrays([0, 8, 0, 0, 0])) is not None
    assert weakest(arrays([0, 8, 0, 0, 0], mild=(False,) * 5)) is None
    assert weakest(arrays([0] * 5, count=0)) is None


@given(st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_intervals_hold_their_means(count: int) -> None:
    rng = np.random.default_rng(count)
    made = arrays([0] * 5, count)
    made["probabilities"] = rng.random((5, count)).astype(np.float32)
    made["right"] = rng.random((5, count)) < 0.7
    for point in points(made):
        assert 0 <= point.interval[0] <= point.value <= point.interval[1] <= 1
        assert point.probability is not None
        assert point.probability_interval is not None
        assert 0 <= point.probability_interval[0] <= point.probability <= point.probability_interval[1] <= 1


def test_the_probabilitys_interval_is_never_too_short() -> None:
    """Of numbers in 0…1 with a spread: at least as wide as the normal interval of their mean."""
    made = arrays([0] * 5, 400)
    made["probabilities"] = np.random.default_rng(0).beta(2, 1, (5, 400)).astype(np.float32)
    for row, point in enumerate(points(made)):
        assert point.probability_interval is not None
        half = 1.96 * float(made["probabilities"][row].std()) / 20
        assert point.probability_interval[1] - point.probability_interval[0] > 2 * half


def errors(more: list[float], count: int = 200) -> dict[str, np.ndarray]:
    """Errors around 1; of each change larger by so much on average, with much noise."""
    rng = np.random.default_rng(1)
    made = arrays([0] * 5, count)
    del made["right"], made["probabilities"]
    noise = rng.exponential(0.5, (5, count))
    return {**made, "errors": (0.5 + noise + np.asarray(more)[:, None]).astype(np.float32)}


def test_of_a_regression_points_are_errors_with_a_bootstraps_interval() -> None:
    made = errors([0, 0.5, 2, 0, 0])
    for row, point in zip(made["errors"], points(made), strict=True):
        assert point.value == pytest.approx(row.mean(), rel=1e-6)
        resampled = scipy.stats.bootstrap((row,), np.mean, method="percentile", rng=0).confidence_interval
        assert point.interval == pytest.approx(tuple(resampled), abs=0.012)
        assert point.probability is None
    assert points(errors([0] * 5, 0))[0].count == 0


def test_the_change_that_makes_the_error_largest_is_named_unless_it_may_be_chance() -> None:
    found = weakest(errors([0, 0.5, 2, 0.2, 0]))
    assert found is not None
    assert (found.changed.kind, found.changed.strength) == ("rotate", 15)
    assert found.difference.difference == pytest.approx(found.changed.value - found.unchanged.value)
    assert found.difference.interval is not None
    assert 0.3 < found.difference.interval[0] < 0.5 < found.difference.interval[1] < 0.7
    assert weakest(errors([1, 0.5, 2, 0.2, 0])) is None  # better when changed
    assert weakest(errors([0, 0, 2, 0, 0])) is None
    assert weakest(errors([0] * 5, 0)) is None
    claimed = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        claimed += weakest({**errors([0] * 5), "errors": rng.exponential(1, (5, 60)).astype(np.float32)}) is not None
    assert claimed <= 10  # of 5
