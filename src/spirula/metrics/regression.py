"""A number per sample. ``targets`` and ``predicted`` are float (N,), in the target's own unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from .intervals import bootstrap_means, percentile_interval
from .values import checked, number, pair, ratio


def evaluate_regression(targets: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """Return the errors of predicted values, each with a 95 % bootstrap interval, ready for JSON.

    ``predicted`` is (N,) or (N, 1). ``mae`` and ``rmse``: mean absolute and root mean squared error;
    ``bias``: mean of predicted - true; ``r2``: share of the variance that is explained, 1 is perfect,
    0 is no better than the mean, ``None`` when every target is the same or there are fewer than two.
    ``mse`` is the mean squared error. Without samples every number is ``None``.
    """
    targets, predicted = np.asarray(targets).reshape(-1), np.asarray(predicted)
    if predicted.size != len(targets):
        raise ValueError(f"targets {targets.shape} and predicted {predicted.shape} do not fit together")
    targets, predicted = checked(targets, predicted.reshape(-1, 1))
    count = len(targets)
    names = ("mae", "rmse", "bias", "r2")
    if count == 0:
        return {"count": 0, "mse": None, **{key: None for name in names for key in (name, f"{name}_interval")}}
    columns = error_columns(targets, predicted)
    values = from_means(columns.mean(axis=0, keepdims=True))
    draws = from_means(bootstrap_means(columns))
    result: dict[str, Any] = {"count": count, "mse": float(columns[:, 2].mean())}
    for name in names:
        value = number(float(values[name][0]))
        result[name] = value
        result[f"{name}_interval"] = None if value is None else pair(*percentile_interval(draws[name]))
    return result


def error_columns(targets: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return |e|, e, e², y and y² of each sample, float64 (N, 5); predicted: (N, 1)."""
    true = targets.astype(np.float64)
    error = predicted[:, 0].astype(np.float64) - true
    centred = true - true.mean()  # R² is the same, and small differences of large numbers keep their digits
    return np.stack([np.abs(error), error, error**2, centred, centred**2], axis=1)


def from_means(means: np.ndarray) -> dict[str, np.ndarray]:
    """Return the metrics (B,) from the means (B, 5) of |e|, e, e², y, y²."""
    absolute, signed, squared, level, square = means.T
    variance = square - level**2
    # A variance that is only rounding noise is no variance.
    variance = np.where(variance > 1e-12 * np.maximum(square, np.finfo(np.float64).tiny), variance, 0.0)
    return {"mae": absolute, "rmse": np.sqrt(squared), "bias": signed, "r2": 1 - ratio(squared, variance)}
