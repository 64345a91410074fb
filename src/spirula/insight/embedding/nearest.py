"""The training samples that a network finds most alike: exact, by cosine, in blocks that fit into memory."""

from __future__ import annotations

import numpy as np
import torch

NEAREST = 5
_BLOCK = 1 << 22  # similarities at once


def nearest(points: np.ndarray, known: np.ndarray, count: int = NEAREST) -> tuple[np.ndarray, np.ndarray]:
    """Return rows into ``known``, int64 (n, k), and their similarities, float32 (n, k) in -1…1, the nearest first.

    points: (n, d) and known: (m, d), rows of unit length, m above 0. k is ``count``, or m where that is less.
    """
    k = min(count, len(known))
    among = torch.from_numpy(np.ascontiguousarray(known, np.float32)).T
    asked = torch.from_numpy(np.ascontiguousarray(points, np.float32))
    size = max(_BLOCK // len(known), 1)
    rows = np.zeros((len(points), k), np.int64)
    similar = np.zeros((len(points), k), np.float32)
    for start in range(0, len(points), size):
        found = (asked[start : start + size] @ among).topk(k, dim=1)
        rows[start : start + size] = found.indices.numpy()
        similar[start : start + size] = found.values.clamp(-1, 1).numpy()
    return rows, similar
