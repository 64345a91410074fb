"""95 % intervals where samples belong together: copies of one picture, pictures of one patient.

Samples of one cluster tend to be right or wrong together, so they say less than as many on their own, and intervals
that count them one by one are too narrow.

- A share gets Wilson's interval with the effective sample size in place of the number of samples (N. Dean and
  M. Pagano, "Evaluating confidence interval methods for binomial proportions in clustered surveys", Journal of Survey
  Statistics and Methodology 3 (2015), 484-503).
- Everything else gets the bootstrap that draws whole clusters (A. C. Davison and D. V. Hinkley, "Bootstrap methods and
  their application" (1997), section 3.8).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .classification import confusion_cells, sample_losses, top_k_right
from .intervals import bootstrap_means, percentile_interval, wilson
from .multilabel import THRESHOLD
from .regression import error_columns, from_means
from .score import Task
from .values import checked, mean_of_known, pair, ratio


def effective_size(right: np.ndarray, clusters: np.ndarray) -> float:
    """Return how many independent samples say as much of a share as these do, between 1 and N.

    N over the design effect: n = p (1 - p) / v, where p is the share and v its variance between clusters,

        v = m / (m - 1) · Σ_j (y_j - p n_j)² / N²

    with m clusters of n_j samples, y_j of them right (L. Kish, "Survey sampling" (1965), section 8.2). Where all are
    right, or none, there is no variance to measure: then each cluster counts once.

    right: bool (N,). clusters: int (N,), the same number for samples that belong together.
    """
    _, index = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(index)
    count, number = len(right), len(sizes)
    share = float(np.mean(right))
    if number < 2:
        return 1.0
    if share in (0.0, 1.0):
        return float(number)
    residuals = np.bincount(index, weights=right) - share * sizes
    variance = number / (number - 1) * float(residuals @ residuals) / count**2
    return float(np.clip(share * (1 - share) / variance, 1.0, count)) if variance else float(count)


def clustered_intervals(
    task: Task, targets: np.ndarray, probabilities: np.ndarray, clusters: np.ndarray
) -> tuple[dict[str, Any], float | None]:
    """Return the intervals of :func:`spirula.metrics.score.score` for samples that belong together, and the effective
    sample size of the headline share; a regression has none.

    clusters: int (N,), N ≥ 1. Intervals that ``score`` leaves out for want of mistakes are left out here too.
    """
    _, index = np.unique(clusters, return_inverse=True)
    if task == "classification":
        return _classified(*checked(targets, probabilities), index)
    if task == "multilabel":
        return _labelled(*checked(targets, probabilities), index)
    draws = _means(error_columns(np.asarray(targets).reshape(-1), probabilities), index)
    ends = {f"{name}_interval": pair(*percentile_interval(values)) for name, values in from_means(draws).items()}
    return {name: value for name, value in ends.items() if value is not None}, None


def _classified(targets: np.ndarray, probabilities: np.ndarray, index: np.ndarray) -> tuple[dict[str, Any], float]:
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    right = predicted == targets
    effective = effective_size(right, index)
    losses = _means(sample_losses(targets, probabilities)[:, None], index)[:, 0]
    found: dict[str, Any] = {
        "loss_interval": pair(*percentile_interval(losses)),
        "accuracy_interval": _share(right, effective),
    }
    if 0 < right.sum() < len(right):
        means = _means(confusion_cells(targets, predicted, classes), index)
        own, support, said = np.split(means, 3, axis=1)
        recall, f1 = ratio(own, support), ratio(2 * own, support + said)
        draws = {
            "balanced_accuracy_interval": mean_of_known(recall),
            "macro_f1_interval": mean_of_known(f1),
            "weighted_f1_interval": np.nansum(f1 * support, axis=1) / support.sum(axis=1),
        }
        found |= {name: pair(*percentile_interval(values)) for name, values in draws.items()}
    if classes > 5:
        top5 = top_k_right(targets, probabilities, 5)
        found["top5_accuracy_interval"] = _share(top5, effective_size(top5, index))
    return found, effective


def _labelled(targets: np.ndarray, probabilities: np.ndarray, index: np.ndarray) -> tuple[dict[str, Any], float]:
    truth, said = targets > 0, probabilities > THRESHOLD
    exact = (truth == said).all(axis=1)
    effective = effective_size(exact, index)
    found: dict[str, Any] = {"exact_match_interval": _share(exact, effective)}
    if 0 < np.count_nonzero(truth == said) < truth.size:
        own = (truth == said).mean(axis=1, keepdims=True)
        means = _means(np.concatenate([2.0 * (truth & said), 1.0 * truth + said, own], axis=1), index)
        labels = truth.shape[1]
        f1 = ratio(means[:, :labels], means[:, labels:-1])
        found["macro_f1_interval"] = pair(*percentile_interval(mean_of_known(f1)))
        found["accuracy_interval"] = pair(*percentile_interval(means[:, -1]))
    return found, effective


def _share(right: np.ndarray, effective: float) -> list[float] | None:
    return pair(*wilson(float(np.mean(right)) * effective, effective))


def _means(columns: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return the means over samples (B, M) of B resamples of whole clusters; columns: (N, M), index: (N,)."""
    sums = np.zeros((int(index.max()) + 1, columns.shape[1] + 1))
    np.add.at(sums, index, np.column_stack([columns, np.ones(len(index))]))
    means = bootstrap_means(sums)
    drawn: np.ndarray = means[:, :-1] / means[:, -1:]
    return drawn
