"""From a network and a split to a stored prediction file, numbers and the pictures of its mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from ..data.batching.batches import Feed
from ..data.dataset import Dataset
from ..data.splits.atoms import atom_of_each
from ..metrics.score import score
from ..runs.writer import RunWriter
from .pictures import mistakes
from .predict import Output, predict
from .views import ViewSet


@dataclass(frozen=True, eq=False)
class SplitResult:
    """Predictions of one split and their numbers. ``rows`` are the data set's rows, in order.

    Other columns are those of :class:`spirula.runs.folder.Predictions`.
    """

    rows: np.ndarray
    targets: np.ndarray
    probabilities: np.ndarray
    together: np.ndarray
    score: dict[str, Any]


def evaluate_split(
    module: nn.Module, dataset: Dataset, batches: Feed, *, output: Output, views: ViewSet | None = None
) -> SplitResult:
    """Predict a split and score it; see :func:`spirula.metrics.score.score` for the numbers."""
    classes = len(dataset.manifest.classes)
    probabilities, _, rows = predict(module, batches.epoch(0), output=output, classes=classes, views=views)
    targets = dataset.manifest.targets[rows]
    if dataset.manifest.task == "multilabel":
        targets = targets.astype(np.uint8)
    together = atom_of_each(dataset.manifest, dataset.twins)[rows]
    numbers = score(dataset.manifest.task, targets, probabilities, together)
    return SplitResult(rows, targets, probabilities, together, numbers)


def evaluate_into_run(
    writer: RunWriter,
    module: nn.Module,
    dataset: Dataset,
    batches: Callable[[str], Feed],
    *,
    output: Output,
    views: ViewSet | None = None,
) -> tuple[dict[str, Any], str, np.ndarray]:
    """Evaluate what was held out (the training split if nothing was) and store it in the run folder.

    Returns the numbers by split, and the first split with its rows, for the reload test.
    """
    held_out = [split for split in ("validation", "test") if len(dataset.rows(split))] or ["train"]
    numbers: dict[str, Any] = {}
    first_rows = np.zeros(0, np.int64)
    for split in held_out:
        result = evaluate_split(module, dataset, batches(split), output=output, views=views)
        ids = [dataset.manifest.ids[row] for row in result.rows]
        writer.write_predictions(split, ids, result.targets, result.probabilities, result.together)
        pictures = mistakes(dataset.manifest, dataset.pixels, result.rows, result.targets, result.probabilities)
        writer.write_insight_arrays(f"mistakes_{split}", pictures)
        numbers[split] = result.score
        if split == held_out[0]:
            first_rows = result.rows
    return numbers, held_out[0], first_rows
