"""Pictures that a network finds alike: cosine of features, for when a backbone's features are at hand."""

from __future__ import annotations

import numpy as np

_BLOCK = 1024


def near_by_features(features: np.ndarray, *, least: float = 0.97, most: int = 100_000) -> list[tuple[int, int, float]]:
    """Return (row, row, distance) of samples whose features point the same way, the closest first.

    features: float (N, F). What all samples have in common, the mean, is taken out first. Distance: 1 - cosine.
    least: smallest cosine that counts, 0 < least ≤ 1. most: so many pairs at most, those that are found first.

    All pairs are compared, in blocks: N² F multiplications, and memory for 1,024 rows of N numbers. A row of zeros is
    like nothing.
    """
    if not 0 < least <= 1:
        raise ValueError(f"least = {least} is not a cosine above 0")
    centred = features.astype(np.float32) - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(unit), _BLOCK):
        cosines = unit[start : start + _BLOCK] @ unit[start:].T
        one, two = np.nonzero(np.triu(cosines, 1) >= least)
        close = cosines[one, two]
        found += [
            (start + first, start + second, max(0.0, 1.0 - cosine))
            for first, second, cosine in zip(one.tolist(), two.tolist(), close.tolist(), strict=True)
        ]
        if len(found) >= most:
            break
    return sorted(found[:most], key=lambda pair: (pair[2], pair[0], pair[1]))
