"""Regression metrics equal scikit-learn's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from spirula.metrics.score import score

NAMES = ("mae", "rmse", "bias", "r2")


@given(st.integers(0, 2**32 - 1), st.integers(2, 200), st.floats(-1e4, 1e4), st.floats(0.01, 100))
@settings(max_examples=40, deadline=None)
def test_everything_equals_scikit_learn(seed: int, count: int, offset: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    targets = offset + scale * rng.normal(size=count)
    predicted = targets + 0.3 * scale * rng.normal(size=count)
    result = score("regression", targets, predicted[:, None])
    assert result["count"] == count
    assert result["mae"] == pytest.approx(sk.mean_absolute_error(targets, predicted), rel=1e-9)
    assert result["rmse"] == pytest.approx(sk.root_mean_squared_error(targets, predicted), rel=1e-9)
    assert result["mse"] == pytest.approx(sk.mean_squared_error(targets, predicted), rel=1e-9)
    assert result["r2"] == pytest.approx(sk.r2_score(targets, predicted), rel=1e-9, abs=1e-9)
    assert result["bias"] == pytest.approx((predicted - targets).mean(), rel=1e-9, abs=1e-9)
    json.dumps(result, allow_nan=False)


def test_intervals_hold_the_values_and_narrow_with_more_samples() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for count in (100, 10_000):
        targets = rng.normal(size=count).astype(np.float32)
        result = score("regression", targets, (targets + rng.normal(0, 0.2, count))[:, None].astype(np.float32))
        for name in NAMES:
            low, high = result[f"{name}_interval"]
            assert low < result[name] < high
        widths.append(result["mae_interval"][1] - result["mae_interval"][0])
    assert widths[1] < widths[0] / 5


def test_the_sign_of_the_bias() -> None:
    assert score("regression", np.array([1.0, 2.0]), np.array([[1.5], [2.5]]))["bias"] == 0.5


@pytest.mark.parametrize("targets", [np.full(5, 7.1, np.float32), np.array([3.0])])
def test_constant_targets_have_no_r2(targets: np.ndarray) -> None:
    result = score("regression", targets, (targets + 1)[:, None])
    assert result["r2"] is None
    assert result["r2_interval"] is None
    assert result["mae"] == pytest.approx(1)


def test_without_samples_every_number_is_none() -> None:
    result = score("regression", np.zeros(0, np.float32), np.zeros((0, 1), np.float32))
    assert [key for key, value in result.items() if value is not None] == ["count"]
    assert set(result) == {"count", "mse", *NAMES, *(f"{name}_interval" for name in NAMES)}


def test_several_numbers_per_sample_are_refused() -> None:
    with pytest.raises(ValueError, match="fit together"):
        score("regression", np.zeros(3), np.zeros((3, 2)))
