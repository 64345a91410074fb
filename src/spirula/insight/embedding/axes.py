"""Principal components of embeddings: few numbers that say nearly as much, and the same ones every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MOST = 32  # components that are kept
_EXACT = 1024  # up to so many dimensions the covariance is solved; above, its largest directions are iterated
_ROUNDS, _MORE = 6, 16
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Axes:
    """mean: float32 (D,). axes: float32 (D, d), the principal components of the training samples, largest first.

    d is 2 … 32; directions that the samples do not have are all zero. share: of the variance, what the axes keep, 0…1.
    """

    mean: np.ndarray
    axes: np.ndarray
    share: float

    def points(self, values: Tensor) -> np.ndarray:
        """Return float32 (n, d) of unit length for embeddings (n, D): the dot product of two is their cosine.

        Where an embedding is the mean itself the point is all zero: it is like nothing.
        """
        reduced = (values - torch.from_numpy(self.mean)) @ torch.from_numpy(self.axes)
        return np.asarray((reduced / reduced.norm(dim=1, keepdim=True).clamp_min(_TINY)).numpy(), np.float32)


def principal(values: Tensor) -> Axes:
    """Return the axes of embeddings float32 (n, D), n above 0.

    Above 1,024 dimensions by subspace iteration (Halko, Martinsson, Tropp 2011, "Finding structure with randomness",
    algorithm 4.4) from a fixed start. Of each axis the largest weight is positive: a sign means nothing, and so it is
    the same every time.
    """
    mean = values.mean(0)
    centred = values - mean
    count = min(MOST, values.shape[1], max(len(values) - 1, 1))
    if values.shape[1] <= _EXACT:
        _, found = torch.linalg.eigh((centred.T @ centred).double())
        directions = found.flip(1)[:, :count].float()
    else:
        directions = _iterated(centred, count)
    total = float(centred.square().sum(dtype=torch.float64))
    kept = (centred @ directions).square().sum(0, dtype=torch.float64)
    largest = directions.gather(0, directions.abs().argmax(0, keepdim=True))
    directions = directions * torch.where(largest < 0, -1.0, 1.0) * (kept > _TINY * total)
    if directions.shape[1] < 2:
        directions = torch.cat([directions, torch.zeros_like(directions[:, :1])], 1)
    share = float(kept.sum()) / total if total > 0 else 1.0
    return Axes(mean.numpy(), np.ascontiguousarray(directions.numpy()), min(share, 1.0))


def _iterated(centred: Tensor, count: int) -> Tensor:
    wide = min(count + _MORE, *centred.shape)
    start = torch.randn((centred.shape[1], wide), generator=torch.Generator().manual_seed(0))
    basis = torch.linalg.qr(start)[0]
    for _ in range(_ROUNDS):
        basis = torch.linalg.qr(centred.T @ (centred @ basis))[0]
    _, turn = torch.linalg.eigh((centred @ basis).T @ (centred @ basis))
    found: Tensor = basis @ turn.flip(1)[:, :count]
    return found
