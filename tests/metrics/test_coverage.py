"""Coverage against accuracy, worked out by hand, and against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spirula.metrics.clustered import clustered_share
from spirula.metrics.coverage import coverage
from spirula.metrics.intervals import wilson


def test_worked_out_by_hand() -> None:
    curve = coverage(np.array([0.6, 0.9, 0.8, 0.9]), np.array([False, True, False, True]))
    assert curve.confidence.tolist() == [0.9, 0.8, 0.6]
    assert curve.answered.tolist() == [2, 3, 4]  # the two that are equally sure are answered together
    assert curve.right.tolist() == [2, 2, 2]
    assert curve.accuracy == pytest.approx([1, 2 / 3, 1 / 2])
    assert curve.coverage == pytest.approx([0.5, 0.75, 1])
    np.testing.assert_allclose(curve.band, wilson(np.array([2, 2, 2]), np.array([2, 3, 4])))
    assert curve.at(0.5) == 0
    assert curve.at(0.51) == 1
    assert curve.at(1.0) == 2


def test_the_point_that_keeps_a_promise_with_its_whole_interval() -> None:
    right = np.arange(1000) < 950
    curve = coverage(np.linspace(1, 0.5, 1000), right)
    point = curve.reaching(0.97)
    assert point is not None
    assert curve.band[0][point] >= 0.97
    assert (curve.band[0][point + 1 :] < 0.97).all()
    assert curve.answered[point] > 950
    assert curve.reaching(0.9999) is None


def test_nobody_asked_nobody_answered() -> None:
    curve = coverage(np.zeros(0), np.zeros(0, bool))
    assert curve.at(0.5) is None
    assert curve.reaching(0.5) is None


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)), st.integers(0, 2**32 - 1))
def test_every_point_is_what_a_threshold_gives(confidence: np.ndarray, seed: int) -> None:
    right = np.random.default_rng(seed).random(len(confidence)) < 0.7
    curve = coverage(confidence, right)
    for threshold, answered, hits in zip(curve.confidence, curve.answered, curve.right, strict=True):
        chosen = confidence >= threshold
        assert (answered, hits) == (chosen.sum(), (right & chosen).sum())
    assert curve.answered[-1] == len(confidence)


def test_the_band_is_as_wide_as_what_belongs_together_asks_for() -> None:
    rng = np.random.default_rng(3)
    confidence, right = rng.random(150), rng.random(150) < 0.8
    patients = np.repeat(np.arange(150), 6)
    many = coverage(np.repeat(confidence, 6), np.repeat(right, 6), patients)
    once, low, high = coverage(confidence, right), *many.band
    assert [low[-1], high[-1]] == pytest.approx(clustered_share(np.repeat(right, 6), patients))
    assert [low[90], high[90]] == pytest.approx([end[90] for end in once.band], abs=0.01)
    assert coverage(confidence, right, np.arange(150)).worth == 1.0
