"""Accuracy and the true class's probability against the strength of a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .changes import Kind, Strengths, changed

Ask = Callable[[np.ndarray], np.ndarray]  # pictures (N, H, W, C) → probabilities (N, K)


@dataclass(frozen=True, eq=False)
class Changed:
    """What became of N pictures under one change: right, bool (N,); probability, float32 (N,), of the true class."""

    kind: str
    strength: float
    mild: bool
    right: np.ndarray
    probability: np.ndarray


def robustness(
    ask: Ask, pixels: np.ndarray, targets: np.ndarray, strengths: Sequence[Strengths], ends: tuple[float, float]
) -> list[Changed]:
    """Ask about pictures (N, H, W, C) of the classes ``targets`` (N,) as they are, which is the kind "none", and
    changed in every way that ``strengths`` name. ``ends``: see :func:`~spirula.insight.robustness.changes.changed`.
    """

    def asked(kind: str, strength: float, mild: bool, pictures: np.ndarray) -> Changed:
        values = ask(pictures)
        return Changed(kind, strength, mild, values.argmax(axis=1) == targets, values[np.arange(len(targets)), targets])

    found = [asked("none", 0.0, False, pixels)]
    for entry in strengths:
        kind: Kind = entry.kind
        for strength in entry.values:
            pictures = changed(pixels, kind, strength, ends=ends)
            found.append(asked(kind, strength, strength in entry.mild, pictures))
    return found


def robustness_arrays(found: Sequence[Changed]) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/robustness.npz``: M changes of the same N pictures, the first is "none".

    kinds: texts (M,). strengths: float64 (M,). mild: bool (M,). right: bool (M, N). probabilities: float32 (M, N).
    """
    return {
        "kinds": np.asarray([entry.kind for entry in found], dtype=np.str_),
        "strengths": np.asarray([entry.strength for entry in found], np.float64),
        "mild": np.asarray([entry.mild for entry in found], np.bool_),
        "right": np.asarray([entry.right for entry in found], np.bool_),
        "probabilities": np.asarray([entry.probability for entry in found], np.float32),
    }
