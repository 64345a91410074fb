"""What a run folder keeps of its filters: every convolution's kernels, and which filters are dead or alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...models.build import Network
from ...models.summary import Row
from ..stored import evenly_spaced
from .following import every_convolution
from .judged import judge
from .responses import Responses

MOST_LAYERS = 32  # whose kernels are kept
MOST_KERNELS = 64  # of each layer
MOST_INPUTS = 64  # of a 1 × 1 convolution, which is kept as a matrix
LARGEST_KERNEL = 16  # pixels a side
MOST_VALUES = 1024  # of a layer's weights, for its histogram
MOST_PAIRS = 64  # of a layer, the most alike


def kernel_arrays(network: Network, rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/kernels.npz`` (after training) and ``insight/kernels_before.npz``.

    layers: texts, of the convolutions, evenly 32 of more. convolutions: how many there are. kinds: "colours", "one",
    "mean" or "matrix". counts, inputs: filters of each, and channels that one of them reads. sizes: (L, 2), height and
    width of the kernels. numbers: float64 (L, 2), mean and standard deviation of all weights. kernels_0, …: float16
    (filters, height, width, 3 | 1), at most 64, the mean over the inputs where there are several; of 1 × 1 kernels, a
    matrix (1, filters, inputs, 1); missing for kernels above 16 pixels a side. values_0, …: float16, at most 1,024
    weights, evenly spaced in torch's order. Empty without a convolution.
    """
    found = every_convolution(network, rows)
    chosen = [found[i] for i in _evenly(len(found))]
    if not chosen:
        return {}
    arrays: dict[str, np.ndarray] = {}
    kinds, numbers = [], []
    for number, (_, part) in enumerate(chosen):
        weight = part.weight.detach().cpu().float().numpy().transpose(0, 2, 3, 1)  # (filters, height, width, inputs)
        first = part is found[0][1] and network.spec.input_shape[2:] == (3,)
        kind, values = _shown(weight, colours=first)
        kinds.append(kind)
        numbers.append((weight.mean(dtype=np.float64), weight.std(dtype=np.float64)))
        arrays[f"values_{number}"] = _half(evenly_spaced(part.weight.detach().cpu().float().numpy(), MOST_VALUES))
        if max(weight.shape[1:3]) <= LARGEST_KERNEL:
            arrays[f"kernels_{number}"] = _half(values)
    return {
        "layers": np.asarray([row.name for row, _ in chosen], dtype=np.str_),
        "convolutions": np.asarray(len(found)),
        "kinds": np.asarray(kinds, dtype=np.str_),
        "counts": np.asarray([part.weight.shape[0] for _, part in chosen], np.int64),
        "inputs": np.asarray([part.weight.shape[1] for _, part in chosen], np.int64),
        "sizes": np.asarray([part.weight.shape[2:] for _, part in chosen], np.int64).reshape(-1, 2),
        "numbers": np.asarray(numbers, np.float64).reshape(-1, 2),
        **arrays,
    }


def _half(values: np.ndarray) -> np.ndarray:
    largest = float(np.finfo(np.float16).max)
    return values.clip(-largest, largest).astype(np.float16)


def _evenly(count: int) -> list[int]:
    if count <= MOST_LAYERS:
        return list(range(count))
    return [int(i) for i in np.linspace(0, count - 1, MOST_LAYERS).round()]


def _shown(weight: np.ndarray, *, colours: bool) -> tuple[str, np.ndarray]:
    """Return how the kernels (filters, height, width, inputs) are shown, and at most 64 of them so."""
    height, width, inputs = weight.shape[1:]
    if colours and inputs == 3:
        return "colours", weight[:MOST_KERNELS]
    if height * width == 1 and inputs > 1:
        return "matrix", weight[None, :MOST_KERNELS, 0, 0, :MOST_INPUTS, None].reshape(
            1, -1, min(inputs, MOST_INPUTS), 1
        )
    if inputs == 1:
        return "one", weight[:MOST_KERNELS]
    return "mean", weight[:MOST_KERNELS].mean(axis=3, keepdims=True)


def unit_arrays(found: Responses) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/units.npz``: dead and similar filters of L convolutions.

    layers: texts. filters: how many each has. dead, silent: int64 (D, 2) and (S, 2), layer and filter; silent are those
    of the dead that are zero, not another constant. pairs: int64 (P, 3), layer and two filters, at most 64 of a layer,
    the most alike first; pair_counts (L,) says how many there are; correlations: float32 (P,); same: bool (P,), by
    their kernels too. samples: how many pictures were looked at.
    """
    judged = [judge(filters) for filters in found.filters]
    dead = [(number, filter_) for number, entry in enumerate(judged) for filter_ in entry.dead]
    silent = [(number, filter_) for number, entry in enumerate(judged) for filter_ in entry.silent]
    kept = [(number, pair) for number, entry in enumerate(judged) for pair in entry.pairs[:MOST_PAIRS]]
    return {
        "layers": np.asarray([entry.layer for entry in judged], dtype=np.str_),
        "filters": np.asarray([entry.filters for entry in judged], np.int64),
        "dead": np.asarray(dead, np.int64).reshape(-1, 2),
        "silent": np.asarray(silent, np.int64).reshape(-1, 2),
        "pairs": np.asarray([(number, pair.first, pair.second) for number, pair in kept], np.int64).reshape(-1, 3),
        "pair_counts": np.asarray([len(entry.pairs) for entry in judged], np.int64),
        "correlations": np.asarray([pair.correlation for _, pair in kept], np.float32),
        "same": np.asarray([pair.same for _, pair in kept], np.bool_),
        "samples": np.asarray(found.samples),
    }
