"""Any number of labels per sample. ``targets`` are 0 or 1 (N, K), ``probabilities`` float (N, K).

A label is predicted when its probability is above 0.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .calibration import reliability
from .intervals import bootstrap_means, f1_interval, percentile_interval, wilson
from .ranking import average_precision, roc_auc
from .values import checked, mean_of_known, number, numbers, pair, pairs, ratio

THRESHOLD = 0.5


def binary_log_loss(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean binary cross-entropy over all N x K decisions, in nats; NaN without samples.

    Probabilities of 0 and 1 count as the nearest numbers of the array's type inside, as in
    :func:`spirula.metrics.classification.log_loss`.
    """
    if targets.size == 0:
        return float("nan")
    limits = np.finfo(probabilities.dtype)
    own = np.where(targets > 0, probabilities, 1 - probabilities)
    return float(-np.log(np.maximum(own, limits.tiny).astype(np.float64)).mean())


def label_counts(targets: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return right positives, positives and predicted positives of every label, int64 (K,)."""
    truth, said = targets > 0, probabilities > THRESHOLD
    return (truth & said).sum(axis=0), truth.sum(axis=0), said.sum(axis=0)


def evaluate_multilabel(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Return everything that is known about a multi-label classifier on one split, ready for JSON.

    ``exact_match`` is the share of samples with every label right, ``accuracy`` the share of all
    N x K decisions that are right, ``mean_average_precision`` the mean over the labels that occur.
    ``per_label`` has one row per label: ``class`` (index), ``support``, ``predicted``, ``right``,
    ``precision``, ``recall``, ``f1`` with intervals, ``average_precision``, ``roc_auc``.
    """
    targets, probabilities = checked(targets, probabilities)
    if targets.shape != probabilities.shape:
        raise ValueError(f"targets {targets.shape} and probabilities {probabilities.shape} do not fit together")
    count, labels = probabilities.shape
    truth, said = targets > 0, probabilities > THRESHOLD
    right, support, predicted = label_counts(targets, probabilities)
    f1 = ratio(2 * right, support + predicted)
    macro_ends = accuracy_ends = None
    if count and 0 < np.count_nonzero(truth == said) < truth.size:
        own = (truth == said).mean(axis=1, keepdims=True)  # labels of one sample go together: samples are drawn
        means = bootstrap_means(np.concatenate([2.0 * (truth & said), 1.0 * truth + said, own], axis=1))
        # Means are multiples of 1/N: rounding makes "never occurs" exactly 0 again.
        draws = np.round(means[:, :-1] * count)
        macro_ends = pair(*percentile_interval(mean_of_known(ratio(draws[:, :labels], draws[:, labels:]))))
        accuracy_ends = pair(*percentile_interval(means[:, -1]))
    precisions = np.array([average_precision(truth[:, k], probabilities[:, k]) for k in range(labels)])
    areas = np.array([roc_auc(truth[:, k], probabilities[:, k]) for k in range(labels)])
    exact = int((truth == said).all(axis=1).sum())
    confidence = np.where(said, probabilities, 1 - probabilities).ravel()
    return {
        "count": count,
        "loss": number(binary_log_loss(targets, probabilities)),
        "exact_match": number(exact / count if count else np.nan),
        "exact_match_interval": pair(*wilson(exact, count)) if count else None,
        "accuracy": number(float((truth == said).mean()) if truth.size else np.nan),
        "accuracy_interval": accuracy_ends,
        "macro_f1": number(float(mean_of_known(f1))),
        "macro_f1_interval": macro_ends,
        "micro_f1": number(float(ratio(2 * right.sum(), support.sum() + predicted.sum()))),
        "mean_average_precision": number(float(mean_of_known(precisions))),
        "calibration_error": number(reliability(confidence, (truth == said).ravel()).error),
        "per_label": _per_label(right, support, predicted, precisions, areas),
    }


def _per_label(
    right: np.ndarray,
    support: np.ndarray,
    predicted: np.ndarray,
    precisions: np.ndarray,
    areas: np.ndarray,
) -> list[dict[str, Any]]:
    f1 = ratio(2 * right, support + predicted)
    columns: dict[str, Any] = {
        "class": range(len(right)),
        "support": support.tolist(),
        "predicted": predicted.tolist(),
        "right": right.tolist(),
        "precision": numbers(ratio(right, predicted)),
        "precision_interval": pairs(*wilson(right, predicted), where=predicted > 0),
        "recall": numbers(ratio(right, support)),
        "recall_interval": pairs(*wilson(right, support), where=support > 0),
        "f1": numbers(f1),
        "f1_interval": pairs(*f1_interval(right, support, predicted), where=~np.isnan(f1)),
        "average_precision": numbers(precisions),
        "roc_auc": numbers(areas),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
