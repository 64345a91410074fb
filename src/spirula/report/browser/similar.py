"""Which mistakes are like a sample: by what the network sees, or by what was taken for what."""

from __future__ import annotations

import numpy as np

MOST = 6
_BLOCK = 1024  # samples that are compared at once


def nearest_mistakes(points: np.ndarray, wrong: np.ndarray, most: int = MOST) -> np.ndarray:
    """Return int32 (N, most): for each sample the rows of the mistakes nearest to it, nearest first, itself left out.

    points: (N, D) of length 1, compared by cosine. wrong: int64 (W,), rows of the mistakes. -1 where there are fewer.
    """
    found = np.full((len(points), most), -1, np.int32)
    values = points.astype(np.float32)
    own = np.full(len(points), -1, np.int64)
    own[wrong] = np.arange(len(wrong))
    for start in range(0, len(values) if len(wrong) else 0, _BLOCK):
        near = values[start : start + _BLOCK] @ values[wrong].T
        itself = own[start : start + _BLOCK]
        near[np.flatnonzero(itself >= 0), itself[itself >= 0]] = -np.inf
        kept = min(most, len(wrong))
        order = np.argpartition(-near, kept - 1, axis=1)[:, :kept]
        order = np.take_along_axis(order, np.argsort(-np.take_along_axis(near, order, axis=1), axis=1), axis=1)
        rows = wrong[order]
        rows[np.isneginf(np.take_along_axis(near, order, axis=1))] = -1
        found[start : start + _BLOCK, :kept] = rows
    return found


def same_mistakes(kinds: np.ndarray, sure: np.ndarray, wrong: np.ndarray, most: int = MOST) -> np.ndarray:
    """Return int32 (N, most): for each mistake those of the same kind, the nearest in sureness first; else -1.

    kinds: (N,), what was taken for what. sure: (N,). wrong: int64 (W,), rows of the mistakes; others get none.
    """
    found = np.full((len(kinds), most), -1, np.int32)
    for kind in np.unique(kinds[wrong]):
        rows = wrong[kinds[wrong] == kind]
        rows = rows[np.argsort(sure[rows], kind="stable")]
        values = sure[rows].astype(np.float64)
        for place, row in enumerate(rows.tolist()):
            first = max(place - most, 0)
            window = rows[first : place + most + 1]
            away = np.abs(values[first : place + most + 1] - values[place])
            others = window[np.argsort(away, kind="stable")]
            others = others[others != row][:most]
            found[row, : len(others)] = others
    return found
