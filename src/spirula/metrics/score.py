"""The numbers that a run stores for each split, whatever its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from .classification import evaluate_classification, score_classification
from .clustered import belong_together, class_intervals, clustered_intervals
from .multilabel import evaluate_multilabel
from .regression import evaluate_regression

Task = Literal["classification", "multilabel", "regression"]
Metrics = Callable[[np.ndarray, np.ndarray], dict[str, Any]]

# The one number that a person asks for first, and how its row is called.
HEADLINE: dict[str, tuple[str, str]] = {
    "classification": ("accuracy", "Accuracy"),
    "multilabel": ("exact_match", "Exact match"),
    "regression": ("mae", "Mean absolute error"),
}
_EVERYTHING: dict[Task, Metrics] = {
    "classification": evaluate_classification,
    "multilabel": evaluate_multilabel,
    "regression": evaluate_regression,
}


def score(
    task: Task, targets: np.ndarray, probabilities: np.ndarray, together: np.ndarray | None = None
) -> dict[str, Any]:
    """Return the headline numbers of one split as a flat dictionary that JSON can hold.

    ``targets``, ``probabilities`` and ``together`` as in :class:`spirula.runs.folder.Predictions`. Intervals are
    95 %, ``[low, high]``; samples that belong together are drawn together, see :mod:`.clustered`. A number that has no
    value (no samples, constant targets) is ``None``; so is a bootstrap interval when there is not one mistake to
    resample.

    - classification: ``count``, ``loss``, ``accuracy``, ``balanced_accuracy``, ``macro_f1``,
      ``weighted_f1``, with more than five classes ``top5_accuracy``, each with its ``…_interval``, with two classes
      ``roc_auc`` (of the second class), ``calibration_error``, ``brier``;
    - multilabel: ``count``, ``loss``, ``exact_match``, ``accuracy``, ``macro_f1``,
      each of the three with its ``…_interval``, ``micro_f1``, ``mean_average_precision``, ``calibration_error``;
    - regression: ``count``, ``mse``, ``mae``, ``rmse``, ``bias``, ``r2``, each of the last four with its interval;
    - where samples belong together: ``atoms``, how many they are when what belongs together counts once.

    Raises :class:`spirula.errors.SpirulaError` when a prediction is not a finite number.
    """
    if task not in _EVERYTHING:
        raise ValueError(f"{task!r} is not a task")
    plain = score_classification if task == "classification" else _EVERYTHING[task]
    result = plain(targets, probabilities)
    result.pop("per_label", None)
    if together is not None and belong_together(together):
        result |= clustered_intervals(task, targets, probabilities, together)[0]
        result["atoms"] = len(np.unique(together))
    return result


def evaluate(
    task: Task, targets: np.ndarray, probabilities: np.ndarray, together: np.ndarray | None = None
) -> dict[str, Any]:
    """Return everything that is known about one split, ready for JSON: what :func:`score` says, for classes
    ``per_class``, ``confusion`` and ``most_confused``, for labels ``per_label``.

    Where samples belong together, ``together`` says how many they are: ``samples``, ``atoms`` (what stands alone or
    belongs together counts once) and ``effective``, the effective sample size of the headline share (``None`` for a
    regression).

    Raises what :func:`score` raises.
    """
    result = _EVERYTHING[task](targets, probabilities)
    if together is None or not belong_together(together):
        return result
    intervals, effective = clustered_intervals(task, targets, probabilities, together)
    result |= intervals
    if task != "regression":
        rows = result["per_class" if task == "classification" else "per_label"]
        for row, ends in zip(rows, class_intervals(targets, probabilities, together), strict=True):
            row |= ends
    return {
        **result,
        "together": {"samples": len(together), "atoms": len(np.unique(together)), "effective": effective},
    }
