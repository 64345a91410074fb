"""What becomes of a network's answers against the strength of a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...metrics.paired import absolute_errors, right
from .changes import Kind, Strengths, changed

Ask = Callable[[np.ndarray], np.ndarray]  # pictures (N, H, W, C) → probabilities (N, K), or values (N, 1)


@dataclass(frozen=True, eq=False)
class Changed:
    """What became of N pictures under one change. told: see :func:`told_of`."""

    kind: str
    strength: float
    mild: bool
    told: Mapping[str, np.ndarray]


def told_of(task: str, targets: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is noted of answers (N, K) to pictures of ``targets``, as predictions hold them.

    Of a regression ``errors``, float32 (N,), absolute. Otherwise ``right``, bool (N,), in every label, and
    ``probabilities``, float32 (N,), of the true class; of several labels the mean one of what is true of each.
    """
    if task == "regression":
        return {"errors": absolute_errors(targets, values).astype(np.float32)}
    if targets.ndim == 1:
        own = values[np.arange(len(targets)), targets]
    else:
        own = np.where(targets > 0, values, 1 - values).mean(axis=1)
    return {"right": right(targets, values), "probabilities": own.astype(np.float32)}


def robustness(
    task: str,
    ask: Ask,
    pixels: np.ndarray,
    targets: np.ndarray,
    strengths: Sequence[Strengths],
    ends: tuple[float, float],
) -> list[Changed]:
    """Ask about pictures (N, H, W, C) of ``targets`` as they are, which is the kind "none", and changed in every way
    that ``strengths`` name. ``ends``: see :func:`~spirula.insight.robustness.changes.changed`.
    """
    found = [Changed("none", 0.0, False, told_of(task, targets, ask(pixels)))]
    for entry in strengths:
        kind: Kind = entry.kind
        for strength in entry.values:
            answers = ask(changed(pixels, kind, strength, ends=ends))
            found.append(Changed(kind, strength, strength in entry.mild, told_of(task, targets, answers)))
    return found


def robustness_arrays(found: Sequence[Changed]) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/robustness.npz``: M changes of the same N pictures, the first is "none".

    kinds: texts (M,). strengths: float64 (M,). mild: bool (M,). And (M, N) of what is told: right and probabilities, or
    errors.
    """
    return {
        "kinds": np.asarray([entry.kind for entry in found], dtype=np.str_),
        "strengths": np.asarray([entry.strength for entry in found], np.float64),
        "mild": np.asarray([entry.mild for entry in found], np.bool_),
        **{name: np.stack([entry.told[name] for entry in found]) for name in found[0].told},
    }
