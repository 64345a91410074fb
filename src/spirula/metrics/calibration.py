"""Does the network mean what it says? Of all predictions made with 80 % confidence, 80 % should be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .values import ratio

BINS = 15


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predictions grouped by confidence, B bins.

    edges: (B + 1,) from 0 to 1; bin b holds confidences in (edges[b], edges[b + 1]], the first one 0 too.
    counts: int (B,). confidence: mean confidence (B,). accuracy: share of right predictions (B,).
    The last two are NaN in an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """Mean distance between confidence and accuracy, weighted by the counts; NaN without predictions."""
        filled = self.counts > 0
        if not filled.any():
            return float("nan")
        gap = np.abs(self.confidence[filled] - self.accuracy[filled])
        return float((gap * self.counts[filled]).sum() / self.counts.sum())


def reliability(confidence: np.ndarray, right: np.ndarray, *, bins: int = BINS) -> Reliability:
    """Group predictions by their confidence into bins of equal width.

    ``confidence`` float (N,) in 0…1, ``right`` bool (N,).
    """
    confidence = np.asarray(confidence, np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    return Reliability(
        edges,
        counts,
        ratio(np.bincount(place, weights=confidence, minlength=bins), counts),
        ratio(np.bincount(place, weights=np.asarray(right, np.float64), minlength=bins), counts),
    )


def calibration_error(targets: np.ndarray, probabilities: np.ndarray, *, bins: int = BINS) -> float:
    """Return the expected calibration error, 0 (honest) … 1; NaN without samples.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural networks",
    ICML 2017, equation 3, with equal-width bins of the highest probability.
    """
    if len(targets) == 0:
        return float("nan")
    return reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == targets, bins=bins).error


def multiclass_brier(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean squared distance between probabilities and truth, 0…2; NaN without samples.

    Source: G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly
    Weather Review 78 (1950), the original definition: summed over the classes.
    """
    if len(targets) == 0:
        return float("nan")
    own = np.take_along_axis(probabilities, targets[:, None], axis=1).astype(np.float64)
    squares = np.einsum("nk,nk->n", probabilities, probabilities, dtype=np.float64, casting="same_kind")
    return float((squares - 2 * own[:, 0] + 1).mean())
