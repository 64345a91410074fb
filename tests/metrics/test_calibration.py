"""Calibration against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spirula.metrics.calibration import calibration_error, reliability


def test_reliability_worked_out_by_hand() -> None:
    confidence = np.array([0.95, 0.85, 0.9, 0.55, 0.6])
    right = np.array([True, False, True, True, False])
    table = reliability(confidence, right, bins=5)
    assert table.counts.tolist() == [0, 0, 2, 0, 3]  # (0.4, 0.6] holds 0.6; (0.8, 1] the others
    assert table.accuracy[[2, 4]] == pytest.approx([1 / 2, 2 / 3])
    assert table.confidence[[2, 4]] == pytest.approx([0.575, 0.9])
    assert np.isnan(table.accuracy[0])
    # 2/5 x |0.5 - 0.575| + 3/5 x |2/3 - 0.9| = 0.03 + 0.14
    assert table.error == pytest.approx(0.17)


def test_calibration_error_of_the_highest_probability() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    targets = np.array([0, 1, 1])
    # one bin of 15 holds the two 0.9 (half right), another the 0.8 (right)
    assert calibration_error(targets, probabilities) == pytest.approx(2 / 3 * 0.4 + 1 / 3 * 0.2)


def test_zero_belongs_to_the_first_bin_and_one_to_the_last() -> None:
    assert reliability(np.array([0.0, 1.0]), np.array([False, True]), bins=4).counts.tolist() == [1, 0, 0, 1]


def test_no_predictions_no_error() -> None:
    table = reliability(np.zeros(0), np.zeros(0, bool))
    assert table.counts.sum() == 0
    assert np.isnan(table.error)
    assert np.isnan(calibration_error(np.zeros(0, int), np.zeros((0, 3))))


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1)))
def test_every_prediction_is_in_its_bin(confidence: np.ndarray) -> None:
    table = reliability(confidence, confidence > 0.5)
    assert table.counts.sum() == len(confidence)
    filled = table.counts > 0
    tolerance = 1e-9
    assert (table.confidence[filled] >= table.edges[:-1][filled] - tolerance).all()
    assert (table.confidence[filled] <= table.edges[1:][filled] + tolerance).all()
    assert 0 <= table.error <= 1
