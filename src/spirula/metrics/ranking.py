"""How well a score puts the positives before the negatives, whatever the threshold."""

from __future__ import annotations

import numpy as np


def roc_auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Return the probability that a random positive scores above a random negative (ties count half).

    ``truth`` bool (N,), ``scores`` float (N,). NaN when one of the two kinds is missing.

    Source: J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", Radiology 143 (1982): the Mann-Whitney statistic.
    """
    truth = np.asarray(truth, bool)
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place]  # from 1; equal scores share their mean rank
    return float((ranks[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the precision-recall steps: the sum of precision x gain in recall.

    ``truth`` bool (N,), ``scores`` float (N,). NaN without a positive. Equal scores are one step.
    """
    truth = np.asarray(truth, bool)
    positives = int(truth.sum())
    if positives == 0:
        return float("nan")
    order = np.argsort(-np.asarray(scores), kind="stable")
    ordered = np.asarray(scores)[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    found = np.cumsum(truth[order])[ends]
    gains = np.diff(found, prepend=0) / positives
    return float((gains * found / (ends + 1)).sum())
