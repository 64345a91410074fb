"""One right class per sample: counts, rates and their uncertainty.

Arrays: ``targets`` int (N,) in 0…K-1, ``probabilities`` float (N, K), ``confusion`` int (K, K) with
the true class down and the predicted class across. A rate that has no value (0 of 0) is NaN here and
``None`` in the dictionaries.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .calibration import calibration_error, multiclass_brier
from .intervals import bootstrap_confusions, bootstrap_means, f1_interval, percentile_interval, wilson
from .ranking import roc_auc
from .values import checked, mean_of_known, number, numbers, pair, pairs, ratio


def accuracy(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of equal entries; NaN without samples."""
    return float(np.mean(targets == predicted)) if len(targets) else float("nan")


def top_k_accuracy(targets: np.ndarray, probabilities: np.ndarray, k: int) -> float:
    """Return the share of samples whose class is among the ``k`` most probable; NaN without samples.

    Ties count as the class that comes first, as ``argmax`` does, so ``k=1`` is the accuracy.
    """
    if len(targets) == 0:
        return float("nan")
    return float(np.mean(top_k_right(targets, probabilities, k)))


def top_k_right(targets: np.ndarray, probabilities: np.ndarray, k: int) -> np.ndarray:
    """Return whether the class of each sample is among the ``k`` most probable, bool (N,)."""
    own = np.take_along_axis(probabilities, targets[:, None], axis=1)
    before = np.arange(probabilities.shape[1]) < targets[:, None]
    ahead = (probabilities > own) | ((probabilities == own) & before)
    right: np.ndarray = ahead.sum(axis=1) < k
    return right


def confusion_matrix(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return int64 (K, K): how many samples of class i (row) were called class j (column)."""
    cells = targets.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def confusion_cells(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return float64 (N, 3 K), what each sample adds for every class: right, of the class, called so."""
    true, said = (np.eye(classes)[column] for column in (targets, predicted))
    return np.concatenate([true * said, true, said], axis=1)


def log_loss(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean of -log(probability of the true class), in nats; NaN without samples.

    A probability of 0 counts as the smallest positive number of the array's type, so that one
    certain mistake is a large loss and not an infinite one.
    """
    return float(sample_losses(targets, probabilities).mean()) if len(targets) else float("nan")


def precision_recall_f1(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision, recall and F1 of every class, float64 (K,), from a confusion matrix.

    Precision is NaN for a class that was never predicted, recall for one that never occurred, F1
    for one that did neither.
    """
    right = np.diagonal(confusion)
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return ratio(right, predicted), ratio(right, support), ratio(2 * right, support + predicted)


def average_f1(confusion: np.ndarray) -> tuple[float, float]:
    """Return macro F1 and support-weighted F1.

    The macro mean is over the classes that occur or were predicted; NaN without samples.
    """
    _, _, f1 = precision_recall_f1(confusion)
    support = confusion.sum(axis=1)
    known = ~np.isnan(f1)
    if not known.any():
        return float("nan"), float("nan")
    return float(f1[known].mean()), float((f1[known] * support[known]).sum() / support.sum())


def balanced_accuracy(confusion: np.ndarray) -> float:
    """Return the mean recall of the classes that occur; NaN without samples."""
    recall = precision_recall_f1(confusion)[1]
    known = ~np.isnan(recall)
    return float(recall[known].mean()) if known.any() else float("nan")


def most_confused(confusion: np.ndarray, most: int = 10) -> list[tuple[int, int, int]]:
    """Return ``(true class, predicted class, samples)`` of the most frequent mistakes, largest first."""
    mistakes = np.array(confusion)
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:most]
    cells = [divmod(int(cell), len(mistakes)) for cell in order]
    return [(row, column, int(mistakes[row, column])) for row, column in cells if mistakes[row, column]]


def score_classification(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Return the headline numbers of one split; see :func:`spirula.metrics.score.score`."""
    targets, probabilities = checked(targets, probabilities)
    count, classes = probabilities.shape
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1) if count else targets, classes)
    return _headline(targets, probabilities, confusion)


def evaluate_classification(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Return everything that is known about a classifier on one split, ready for JSON.

    The headline numbers of :func:`spirula.metrics.score.score`, and

    - ``per_class``: one row per class: ``class`` (index), ``support``, ``predicted``, ``right``,
      ``precision``, ``recall``, ``f1``, each with its ``…_interval`` (Wilson's);
    - ``confusion``: counts, rows true, columns predicted;
    - ``most_confused``: ``[true, predicted, samples]``, most frequent first.
    """
    targets, probabilities = checked(targets, probabilities)
    count, classes = probabilities.shape
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1) if count else targets, classes)
    return {
        **_headline(targets, probabilities, confusion),
        "per_class": _per_class(confusion),
        "confusion": confusion.tolist(),
        "most_confused": [list(cell) for cell in most_confused(confusion)],
    }


def sample_losses(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the loss of each sample, float64 (N,); see :func:`log_loss`."""
    own = np.take_along_axis(probabilities, targets[:, None], axis=1)[:, 0]
    losses: np.ndarray = -np.log(np.maximum(own, np.finfo(own.dtype).tiny).astype(np.float64))
    return losses


def _headline(targets: np.ndarray, probabilities: np.ndarray, confusion: np.ndarray) -> dict[str, Any]:
    count, classes = probabilities.shape
    right = int(np.trace(confusion))
    macro, weighted = average_f1(confusion)
    result: dict[str, Any] = {
        "count": count,
        "loss": number(log_loss(targets, probabilities)),
        "loss_interval": None,
        "accuracy": number(right / count if count else np.nan),
        "accuracy_interval": None,
        "balanced_accuracy": number(balanced_accuracy(confusion)),
        "balanced_accuracy_interval": None,
        "macro_f1": number(macro),
        "macro_f1_interval": None,
        "weighted_f1": number(weighted),
        "weighted_f1_interval": None,
    }
    if count:
        losses = bootstrap_means(sample_losses(targets, probabilities)[:, None])[:, 0]
        result["loss_interval"] = pair(*percentile_interval(losses))
        result["accuracy_interval"] = pair(*wilson(right, count))
    if 0 < right < count:
        result |= _bootstrapped(confusion)
    if classes > 5:
        top5 = top_k_accuracy(targets, probabilities, 5)
        result["top5_accuracy"] = number(top5)
        result["top5_accuracy_interval"] = pair(*wilson(round(top5 * count), count)) if count else None
    if classes == 2:
        result["roc_auc"] = number(roc_auc(targets == 1, probabilities[:, 1]))
    result["calibration_error"] = number(calibration_error(targets, probabilities))
    result["brier"] = number(multiclass_brier(targets, probabilities))
    return result


def _bootstrapped(confusion: np.ndarray) -> dict[str, Any]:
    """Return the intervals of the averages over classes.

    Without a single mistake (or a single hit) every resample is the same: the bootstrap would claim
    certainty, so it is not asked then.
    """
    right, support, predicted = bootstrap_confusions(confusion)
    f1, recall = ratio(2 * right, support + predicted), ratio(right, support)
    draws = {
        "balanced_accuracy_interval": mean_of_known(recall),
        "macro_f1_interval": mean_of_known(f1),
        "weighted_f1_interval": np.nansum(f1 * support, axis=1) / support.sum(axis=1),
    }
    return {name: pair(*percentile_interval(values)) for name, values in draws.items()}


def _per_class(confusion: np.ndarray) -> list[dict[str, Any]]:
    right, support, predicted = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall, f1 = precision_recall_f1(confusion)
    columns: dict[str, Any] = {
        "class": range(len(confusion)),
        "support": support.tolist(),
        "predicted": predicted.tolist(),
        "right": right.tolist(),
        "precision": numbers(precision),
        "precision_interval": pairs(*wilson(right, predicted), where=predicted > 0),
        "recall": numbers(recall),
        "recall_interval": pairs(*wilson(right, support), where=support > 0),
        "f1": numbers(f1),
        "f1_interval": pairs(*f1_interval(right, support, predicted), where=~np.isnan(f1)),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
