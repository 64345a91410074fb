"""How embeddings are looked at: the axes they are reduced to, and the training samples they are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from .axes import Axes, principal
from .likeness import likeness, reference_of


@dataclass(frozen=True, eq=False)
class Sight:
    """axes: see :class:`.axes.Axes`. reference: float16 (r, D), see :mod:`.likeness`."""

    axes: Axes
    reference: np.ndarray

    @classmethod
    def of(cls, values: Tensor) -> Sight:
        """Learn it from the embeddings of training samples, float32 (n, D), n above 0."""
        return cls(principal(values), reference_of(values))

    def __call__(self, values: Tensor) -> np.ndarray:
        """Return float32 (n, d + 1) for embeddings (n, D): points of unit length, and the likeness."""
        return np.column_stack([self.axes.points(values), likeness(values, self.axes.mean, self.reference)])


@dataclass(frozen=True, eq=False)
class Known:
    """What ``insight/embedding.npz`` knows: training samples' names (m,), labels (m,), points float32 (m, d)."""

    sight: Sight
    ids: list[str]
    labels: list[str]
    points: np.ndarray

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Known:
        """Read the arrays of the file; raises :class:`KeyError` where one is missing."""
        axes = Axes(arrays["mean"], arrays["axes"], float(arrays["share"]))
        return cls(
            Sight(axes, arrays["reference"]),
            [str(name) for name in arrays["train_ids"]],
            [str(label) for label in arrays["train_labels"]],
            arrays["train_points"].astype(np.float32),
        )
