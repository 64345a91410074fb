"""Who answers only when sure is right more often: accuracy against the share of the samples that are answered.

Source: R. El-Yaniv, Y. Wiener, "On the foundations of noise-free selective classification", JMLR 11 (2010);
Y. Geifman, R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .clustered import belong_together, effective_size
from .intervals import wilson


@dataclass(frozen=True, eq=False)
class Coverage:
    """Answering the surest samples only, at P thresholds, from the surest sample to all of them.

    confidence: (P,) falling; whoever is at least so sure is answered. answered, right: int (P,), how many samples that
    are, and how many of them are right. total: N. accuracy, low, high: (P,) with Wilson's 95 % interval of each point.
    worth: how many independent samples each counts for in the interval, 0…1: less where some belong together.
    """

    confidence: np.ndarray
    answered: np.ndarray
    right: np.ndarray
    total: int
    worth: float = 1.0

    @property
    def coverage(self) -> np.ndarray:
        return np.asarray(self.answered / max(self.total, 1))

    @property
    def accuracy(self) -> np.ndarray:
        return np.asarray(self.right / self.answered)

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        return wilson(self.worth * self.right, self.worth * self.answered)

    def at(self, share: float) -> int | None:
        """Return the point that answers at least ``share`` (0…1) of the samples, and no more than needed; or None."""
        enough = np.flatnonzero(self.answered >= share * self.total - 1e-9)
        return int(enough[0]) if len(enough) else None

    def reaching(self, accuracy: float) -> int | None:
        """Return the point that answers most while the lower end of its interval is at least ``accuracy``; or None."""
        enough = np.flatnonzero(self.band[0] >= accuracy)
        return int(enough[-1]) if len(enough) else None


def coverage(confidence: np.ndarray, right: np.ndarray, together: np.ndarray | None = None) -> Coverage:
    """Return the curve of samples with ``confidence`` float (N,) and ``right`` bool (N,).

    Samples that are equally sure are answered together: no threshold could tell them apart.
    together: int (N,), the same number for samples that belong together; their design effect over all samples holds at
    every point.
    """
    order = np.argsort(-np.asarray(confidence, np.float64), kind="stable")
    sure = np.asarray(confidence, np.float64)[order]
    ends = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)) if len(sure) else np.zeros(0, np.int64)
    hits = np.cumsum(np.asarray(right, bool)[order]) if len(sure) else np.zeros(0, np.int64)
    grouped = together is not None and belong_together(together)
    worth = effective_size(np.asarray(right), together) / len(sure) if grouped and together is not None else 1.0
    return Coverage(sure[ends], ends + 1, hits[ends].astype(np.int64), len(sure), worth)
