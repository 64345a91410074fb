"""The numbers that a run stores for each split, whatever its task."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from .classification import score_classification
from .multilabel import evaluate_multilabel
from .regression import evaluate_regression

Task = Literal["classification", "multilabel", "regression"]

# The one number that a person asks for first, and how its row is called.
HEADLINE: dict[str, tuple[str, str]] = {
    "classification": ("accuracy", "Accuracy"),
    "multilabel": ("exact_match", "Exact match"),
    "regression": ("mae", "Mean absolute error"),
}


def score(task: Task, targets: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Return the headline numbers of one split as a flat dictionary that JSON can hold.

    ``targets`` and ``probabilities`` as in :class:`spirula.runs.folder.Predictions`. Intervals are
    95 %, ``[low, high]``. A number that has no value (no samples, constant targets) is ``None``; so is a
    bootstrap interval when there is not one mistake to resample.

    - classification: ``count``, ``loss``, ``accuracy``, ``balanced_accuracy``, ``macro_f1``,
      ``weighted_f1``, with more than five classes ``top5_accuracy``, each with its ``…_interval``, with two classes
      ``roc_auc`` (of the second class), ``calibration_error``, ``brier``;
    - multilabel: ``count``, ``loss``, ``exact_match``, ``accuracy``, ``macro_f1``,
      each of the three with its ``…_interval``, ``micro_f1``, ``mean_average_precision``, ``calibration_error``;
    - regression: ``count``, ``mse``, ``mae``, ``rmse``, ``bias``, ``r2``, each of the last four with its interval.

    Raises :class:`spirula.errors.SpirulaError` when a prediction is not a finite number.
    """
    if task == "classification":
        return score_classification(targets, probabilities)
    if task == "multilabel":
        return {key: value for key, value in evaluate_multilabel(targets, probabilities).items() if key != "per_label"}
    if task == "regression":
        return evaluate_regression(targets, probabilities)
    raise ValueError(f"{task!r} is not a task")
