"""Between arrays and JSON: checked inputs, 0/0 without warnings, and NaN as ``None``."""

from __future__ import annotations

import numpy as np

from ..errors import SpirulaError


def checked(targets: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(targets, probabilities)`` as arrays of the same length.

    Raises :class:`ValueError` when the shapes do not fit together and :class:`SpirulaError` when the
    network gave no finite numbers: no metric of such predictions means anything.
    """
    targets, probabilities = np.asarray(targets), np.asarray(probabilities)
    if probabilities.ndim != 2 or len(targets) != len(probabilities):
        raise ValueError(f"targets {targets.shape} and probabilities {probabilities.shape} do not fit together")
    broken = int((~np.isfinite(probabilities)).any(axis=1).sum())
    if broken:
        raise SpirulaError(
            f"The network's output is not a number for {broken:,} of {len(probabilities):,} samples",
            "The training diverged: lower learning_rate, set clip_norm, or look for broken values in the data.",
        )
    if targets.ndim == 1 and targets.dtype.kind in "iu" and len(targets):
        low, high = int(targets.min()), int(targets.max())
        if low < 0 or high >= probabilities.shape[1]:
            raise ValueError(f"targets {low}…{high} do not fit {probabilities.shape[1]} classes")
    return targets, probabilities


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return ``part / whole``, NaN where ``whole`` is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    result = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=result, where=whole != 0)
    return result


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return the mean along the last axis of what is not NaN; NaN where nothing is."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def number(value: float) -> float | None:
    """Return a Python float, ``None`` for NaN."""
    return None if np.isnan(value) else float(value)


def numbers(values: np.ndarray) -> list[float | None]:
    return [number(value) for value in values]


def pair(low: np.ndarray | float, high: np.ndarray | float) -> list[float] | None:
    """Return ``[low, high]``, ``None`` when there is no interval."""
    return None if np.isnan(low) or np.isnan(high) else [float(low), float(high)]


def pairs(low: np.ndarray, high: np.ndarray, *, where: np.ndarray) -> list[list[float] | None]:
    """Return ``[low, high]`` per entry, ``None`` where ``where`` is False."""
    return [pair(a, b) if known else None for a, b, known in zip(low, high, where, strict=True)]
