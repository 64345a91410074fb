"""95 % intervals where samples belong together: copies of one picture, pictures of one patient.

Samples of one cluster tend to be right or wrong together, so they say less than as many on their own, and intervals
that count them one by one are too narrow.

- A share gets Wilson's interval with the effective sample size in place of the number of samples (N. Dean and
  M. Pagano, "Evaluating confidence interval methods for binomial proportions in clustered surveys", Journal of Survey
  Statistics and Methodology 3 (2015), 484-503). So do precision and recall of a class, and by its share F1.
- Everything else gets the bootstrap that draws whole clusters (A. C. Davison and D. V. Hinkley, "Bootstrap methods and
  their application" (1997), section 3.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .classification import confusion_cells, sample_losses, top_k_right
from .intervals import Z95, bootstrap_means, percentile_interval, student, wilson
from .multilabel import THRESHOLD
from .regression import error_columns, from_means
from .values import checked, mean_of_known, pair, ratio

if TYPE_CHECKING:
    from .score import Task


def belong_together(clusters: np.ndarray | None) -> bool:
    """Return whether any two samples are of one cluster; ``None`` says that each stands alone."""
    return clusters is not None and len(np.unique(clusters)) < len(clusters)


def effective_size(values: np.ndarray, clusters: np.ndarray) -> float:
    """Return how many independent samples say as much of a mean as these do, between 1 and N.

    N over the design effect: n = s² / v, where s² is the variance of the values and v that of their mean between
    clusters,

        v = m / (m - 1) · Σ_j (y_j - p n_j)² / N²

    with m clusters of n_j samples, whose values add up to y_j, and the mean p (L. Kish, "Survey sampling" (1965),
    section 8.2). Few clusters tell v badly, so an interval with the normal distribution's z must be as wide as one with
    Student's t of m - 1 degrees of freedom: n counts (z / t)² times (E. L. Korn and B. I. Graubard, "Confidence
    intervals for proportions with small expected number of positive counts", Survey Methodology 24 (1998), 193-201).
    Where all values are the same, there is no variance to measure: then each cluster counts once.

    values: bool or float (N,), such as which samples are right. clusters: int (N,), the same number for samples that
    belong together.
    """
    _, index = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(index)
    count, number = len(values), len(sizes)
    mean, spread = float(np.mean(values)), float(np.var(values))
    if number < 2:
        return 1.0
    if spread == 0.0:
        return float(number)
    residuals = np.bincount(index, weights=values) - mean * sizes
    variance = number / (number - 1) * float(residuals @ residuals) / count**2
    size = spread / variance if variance else float(count)
    return float(np.clip(size * (Z95 / student(number - 1)) ** 2, 1.0, count))


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
    draws = clustered_means(error_columns(np.asarray(targets).reshape(-1), probabilities), index)
    ends = {f"{name}_interval": pair(*percentile_interval(values)) for name, values in from_means(draws).items()}
    return {name: value for name, value in ends.items() if value is not None}, None


def class_intervals(
    targets: np.ndarray, probabilities: np.ndarray, clusters: np.ndarray
) -> list[dict[str, list[float] | None]]:
    """Return ``precision_interval``, ``recall_interval`` and ``f1_interval`` of every class (or label).

    targets: int (N,) classes, or 0 and 1 (N, K) of labels. ``None`` where there is nothing that a rate could be of.
    """
    targets, probabilities = checked(targets, probabilities)
    predicted = probabilities.argmax(axis=1) if targets.ndim == 1 and len(targets) else None
    found = []
    for number in range(probabilities.shape[1]):
        true = targets == number if targets.ndim == 1 else targets[:, number] > 0
        said = probabilities[:, number] > THRESHOLD if predicted is None else predicted == number
        both = true & said
        f1 = _share_among(both, true | said, clusters)
        found.append(
            {
                "precision_interval": _share_among(both, said, clusters),
                "recall_interval": _share_among(both, true, clusters),
                # F1 = 2 s / (1 + s) of the share s of what is both: see f1_interval in .intervals.
                "f1_interval": None if f1 is None else [2 * end / (1 + end) for end in f1],
            }
        )
    return found


def clustered_share(right: np.ndarray, clusters: np.ndarray) -> list[float] | None:
    """Return the interval of a share, ``[low, high]``; ``None`` of nothing. right: bool (N,). clusters: int (N,)."""
    return _share(right, effective_size(right, clusters)) if len(right) else None


def clustered_means(columns: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the means over samples (B, M) of B resamples of whole clusters; columns: (N, M), clusters: int (N,)."""
    _, index = np.unique(clusters, return_inverse=True)
    sums = np.zeros((int(index.max()) + 1, columns.shape[1] + 1))
    np.add.at(sums, index, np.column_stack([columns, np.ones(len(index))]))
    means = bootstrap_means(sums)
    drawn: np.ndarray = means[:, :-1] / means[:, -1:]
    return drawn


def _classified(targets: np.ndarray, probabilities: np.ndarray, index: np.ndarray) -> tuple[dict[str, Any], float]:
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    right = predicted == targets
    effective = effective_size(right, index)
    losses = clustered_means(sample_losses(targets, probabilities)[:, None], index)[:, 0]
    found: dict[str, Any] = {
        "loss_interval": pair(*percentile_interval(losses)),
        "accuracy_interval": _share(right, effective),
    }
    if 0 < right.sum() < len(right):
        means = clustered_means(confusion_cells(targets, predicted, classes), index)
        own, support, said = np.split(means, 3, axis=1)
        recall, f1 = ratio(own, support), ratio(2 * own, support + said)
        draws = {
            "balanced_accuracy_interval": mean_of_known(recall),
            "macro_f1_interval": mean_of_known(f1),
            "weighted_f1_interval": np.nansum(f1 * support, axis=1) / support.sum(axis=1),
        }
        found |= {name: pair(*percentile_interval(values)) for name, values in draws.items()}
    if classes > 5:
        found["top5_accuracy_interval"] = clustered_share(top_k_right(targets, probabilities, 5), index)
    return found, effective


def _labelled(targets: np.ndarray, probabilities: np.ndarray, index: np.ndarray) -> tuple[dict[str, Any], float]:
    truth, said = targets > 0, probabilities > THRESHOLD
    exact = (truth == said).all(axis=1)
    effective = effective_size(exact, index)
    found: dict[str, Any] = {"exact_match_interval": _share(exact, effective)}
    if 0 < np.count_nonzero(truth == said) < truth.size:
        own = (truth == said).mean(axis=1, keepdims=True)
        means = clustered_means(np.concatenate([2.0 * (truth & said), 1.0 * truth + said, own], axis=1), index)
        labels = truth.shape[1]
        f1 = ratio(means[:, :labels], means[:, labels:-1])
        found["macro_f1_interval"] = pair(*percentile_interval(mean_of_known(f1)))
        found["accuracy_interval"] = pair(*percentile_interval(means[:, -1]))
    return found, effective


def _share_among(right: np.ndarray, chosen: np.ndarray, clusters: np.ndarray) -> list[float] | None:
    return clustered_share(right[chosen], clusters[chosen])


def _share(right: np.ndarray, effective: float) -> list[float] | None:
    return pair(*wilson(float(np.mean(right)) * effective, effective))
