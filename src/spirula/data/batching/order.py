"""In which order samples are drawn in an epoch: a pure function of (seed, epoch)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .randomness import Stream, bits, epoch_order

# Draws of the same sample within an epoch are told apart above the bits that count rows.
_OCCURRENCE_BIT = 40


def shuffled(seed: int, epoch: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each row once, in random order.

    Returns ``(order, samples)``, both (n,) int64: positions in ``rows``, and the numbers by which the
    randomness knows the draws.
    """
    order = epoch_order(seed, epoch, len(rows))
    return order, rows[order]


def balanced(
    seed: int, epoch: int, rows: NDArray[np.int64], classes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return as many draws as there are rows, every class equally often (give or take one).

    A class with more members than draws shows a random part of them, other ones in each epoch; one
    with fewer shows them again and again, each time with other augmentation. Which classes get the
    odd draw changes from epoch to epoch.

    Parameters
    ----------
    rows: (n,) rows of the data set.
    classes: (n,) class of each.

    Returns as :func:`shuffled`.
    """
    if len(rows) == 0:
        return rows, rows
    present, counts = np.unique(classes, return_counts=True)
    members = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    quotas = np.full(len(present), len(rows) // len(present))
    quotas[epoch_order(seed, epoch, len(present), Stream.CLASS_ORDER)[: len(rows) - quotas.sum()]] += 1
    order, occurrence = [], []
    for positions, quota in zip(members, quotas, strict=True):
        mixed = positions[np.argsort(bits(seed, epoch, positions, Stream.MEMBER_ORDER), kind="stable")]
        order.append(np.resize(mixed, quota))
        occurrence.append(np.arange(quota) // len(positions))
    place = epoch_order(seed, epoch, len(rows))
    drawn = np.concatenate(order)[place]
    return drawn, rows[drawn] + (np.concatenate(occurrence)[place] << _OCCURRENCE_BIT)
