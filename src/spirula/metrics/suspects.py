"""Labels that a network doubts: the off-diagonal of the confident joint, the surest first."""

from __future__ import annotations

import numpy as np


def suspects(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the rows, int64, whose label is doubtful, the surest first; targets int64 (N,), probabilities (N, K).

    The probabilities must be those of a network that has not seen these samples, or at least not their labels.

    The off-diagonal of the confident joint: another class reaches its own threshold, the mean probability that samples
    of that label get. Of those, the ones that the network is as sure of as of the middle sample that it has right.
    Northcutt, Jiang and Chuang (2021), "Confident learning: Estimating uncertainty in dataset labels", JAIR 70.
    """
    classes = probabilities.shape[1]
    own = np.take_along_axis(probabilities, targets[:, None], axis=1)[:, 0]
    counts = np.bincount(targets, minlength=classes)
    threshold = np.bincount(targets, weights=own, minlength=classes) / np.maximum(counts, 1)
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = said == targets
    middle = float(np.median(sure[right])) if right.any() else 1.0
    found = np.flatnonzero(~right & (sure >= np.maximum(threshold[said], middle)))
    rows: np.ndarray = found[np.argsort(-sure[found], kind="stable")]
    return rows
