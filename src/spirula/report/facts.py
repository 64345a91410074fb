"""What is in a run folder, read once for the whole report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..metrics.classification import evaluate_classification
from ..metrics.multilabel import evaluate_multilabel
from ..metrics.regression import evaluate_regression
from ..runs.folder import Predictions, RunFolder

# The split that the network has never influenced comes first.
SPLIT_ORDER = ("test", "validation", "train")


@dataclass(frozen=True, eq=False)
class Facts:
    """A run folder with memory. Each part is read when a section first asks for it.

    A damaged file raises :class:`spirula.errors.RunError` then, so that only the sections that need
    it are affected.
    """

    run: RunFolder
    _evaluations: dict[str, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def document(self) -> dict[str, Any]:
        return self.run.document()

    @cached_property
    def config(self) -> dict[str, Any]:
        return self.run.config()

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        return self.run.history()

    @cached_property
    def classes(self) -> list[str]:
        return self.run.classes()

    @cached_property
    def predictions(self) -> dict[str, Predictions]:
        """Predictions by split, in the order in which the report speaks of them."""
        present = self.run.splits_with_predictions()
        return {split: self.run.predictions(split) for split in SPLIT_ORDER if split in present}

    @property
    def task(self) -> str:
        return str(self.document.get("data", {}).get("task", "classification"))

    @property
    def status(self) -> str:
        return str(self.document.get("status", "running"))

    @property
    def noun(self) -> str:
        """What a sample is called: a picture, or a row of numbers."""
        return "images" if len(self.document.get("data", {}).get("image") or ()) == 3 else "samples"

    def evaluation(self, split: str) -> dict[str, Any]:
        """Return every number of one split, with intervals, computed from its predictions."""
        if split not in self._evaluations:
            stored = self.predictions[split]
            evaluate = {
                "classification": evaluate_classification,
                "multilabel": evaluate_multilabel,
                "regression": evaluate_regression,
            }[self.task]
            self._evaluations[split] = evaluate(stored.targets, stored.probabilities)
        return self._evaluations[split]

    def names(self, count: int) -> Sequence[str]:
        """Return ``count`` class names; numbers stand in for names that the run does not have."""
        known = self.classes
        return [*known[:count], *(f"class {index}" for index in range(len(known), count))]

    def pictures(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays of ``insight/<name>.npz`` if they hold at least one image, else nothing."""
        arrays = self.run.arrays(name)
        return arrays if len(arrays.get("images", ())) else {}
