"""Which filters are dead and which are alike, by how they answer.

**Dead**: over all pictures and positions the answer, after its normalisation and activation, does not vary: a ReLU
that is always zero (Lu et al. 2019, "Dying ReLU and initialization", arXiv:1903.06733), a kernel or a BatchNorm's scale
that has become zero. "Does not vary" is measured beside the filter of the layer that varies most, so that rounding and
the tail of smooth activations (GELU, SiLU) do not count.

**Alike**: two filters whose answers correlate by :data:`ALIKE` or more over the same places of the same pictures. After
the activation, not before: with different biases a ReLU makes different maps of one kernel. One answer is then a
multiple of the other, and the next layer could do with one of them (Srinivas, Babu 2015, "Data-free parameter pruning
for deep neural networks", arXiv:1507.06149; correlated units: Casper et al. 2021, "Frivolous units: wider networks are
not really that wide", AAAI). Their kernels may still differ, because what they read agrees (grey pictures in three
colours); where the two read the same inputs and their kernels, with the scale of the BatchNorm behind them, point the
same way too (cosine of :data:`ALIKE` or more), they are the *same* filter. A filter that answers at a few places only
is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .responses import Filters

STILL = 1e-5  # of the layer's largest range: what varies less does not vary
ALIKE = 0.99
FEWEST_ANSWERS = 20  # sampled places where a filter is not at its lowest
_MOST_COMPARED = 2048  # filters of a layer


@dataclass(frozen=True)
class Pair:
    """Two filters of a layer that are alike. same: by their kernels too."""

    first: int
    second: int
    correlation: float
    same: bool


@dataclass(frozen=True)
class Judged:
    """dead: numbers of the filters, ascending. silent: those of them that are zero, not another constant. pairs: the
    most alike first."""

    layer: str
    filters: int
    dead: tuple[int, ...]
    silent: tuple[int, ...]
    pairs: tuple[Pair, ...]


def judge(filters: Filters) -> Judged:
    """Name the dead and the similar filters of a convolution."""
    spread = filters.high - filters.low
    still = spread <= STILL * spread.max(initial=0.0)
    silent = still & (np.maximum(np.abs(filters.high), np.abs(filters.low)) <= STILL * filters.mean.max(initial=0.0))
    return Judged(
        filters.row.name,
        len(spread),
        tuple(np.flatnonzero(still).tolist()),
        tuple(np.flatnonzero(silent).tolist()),
        _pairs(filters, ~still),
    )


def _pairs(filters: Filters, alive: np.ndarray) -> tuple[Pair, ...]:
    answers = filters.sampled
    lowest = answers.min(axis=0, initial=np.inf)
    often = (answers > lowest).sum(axis=0) >= FEWEST_ANSWERS
    chosen = np.flatnonzero(alive & often)[:_MOST_COMPARED]
    if len(chosen) < 2:
        return ()
    close = _correlations(answers[:, chosen])
    rows, columns = np.nonzero(np.triu(close >= ALIKE, 1))
    found = [
        Pair(int(chosen[i]), int(chosen[j]), float(close[i, j]), _same(filters, int(chosen[i]), int(chosen[j])))
        for i, j in zip(rows, columns, strict=True)
    ]
    return tuple(sorted(found, key=lambda pair: -pair.correlation))


def _correlations(answers: np.ndarray) -> np.ndarray:
    """Return Pearson's correlations of the columns (S, K), float (K, K)."""
    centred = answers - answers.mean(axis=0, dtype=np.float64).astype(np.float32)
    length = np.sqrt(np.einsum("sk,sk->k", centred, centred, dtype=np.float64))
    unit = centred / np.where(length > 0, length, 1.0).astype(np.float32)
    return np.asarray(unit.T @ unit)


def _same(filters: Filters, first: int, second: int) -> bool:
    """Whether two filters read the same inputs with kernels that point the same way."""
    each = len(filters.kernels) // filters.groups
    if first // each != second // each:
        return False
    one, other = filters.kernels[first].astype(np.float64), filters.kernels[second].astype(np.float64)
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return lengths > 0 and float(one @ other) >= ALIKE * lengths
