"""Samples with labels, and links between those that are alike."""

from __future__ import annotations

import numpy as np

from spirula.data.samples import Samples
from spirula.data.splits.duplicates import Pair, Twins, joined


def twins_between(number: int, links: list[tuple[int, int]], kind: str = "near") -> Twins:
    pairs: list[Pair] = [(one, two, kind, 0.05 if kind == "near" else 0.0) for one, two in links if one != two]
    return joined(number, pairs)


def labelled(targets: np.ndarray, ids: list[str] | None = None, **more: object) -> Samples:
    names = tuple(ids if ids is not None else [f"{row:04d}.png" for row in range(len(targets))])
    classes = tuple(f"class {kind}" for kind in range(int(targets.max()) + 1))
    return Samples("here", "classification", classes, names, targets, **more)  # type: ignore[arg-type]
