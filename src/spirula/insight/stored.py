"""What a run folder keeps for the report's section "What it learned": small arrays, the same before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.batching.preprocess import Preprocessing
from ..models.build import Network
from ..models.summary import Row
from .kernels import kernels
from .layers import convolutions
from .maps import feature_maps, most_active, telling_layers
from .weights import Weight, fingerprint, statistics, weights

MOST_TENSORS = 12  # with values of their own, for histograms
MOST_VALUES = 4096  # of each
MOST_KERNELS = 64
LARGEST_KERNEL = 16  # pixels a side
MOST_MAPS = 64
LARGEST_MAP = 40  # pixels a side


def weight_arrays(network: Network, rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/initial.npz`` and ``insight/weights.npz``; ``rows`` are those of the summary.

    layers, tensors, shapes: of T tensors, as texts. numbers: float64 (T, 6): count, mean, standard deviation, smallest,
    largest, share of zeros. kernel_count: how many of them are kernels. sampled: the rows of the first kernels, of
    which values_0, values_1, … are evenly spaced values, float32. kernels: float32 (filters, height, width, 1 | 3) of
    the first convolution, at most 64, with kernels_layer, kernels_shown and kernels_count; missing without a
    convolution, or with kernels above 16 pixels a side. fingerprint: SHA-256 of all parameters.
    """
    found = weights(network, rows)
    with_kernel = [index for index, weight in enumerate(found) if weight.is_kernel]
    sampled = with_kernel[:MOST_TENSORS]
    numbers = [statistics(weight.values) for weight in found]
    arrays = {
        "layers": np.asarray([weight.layer for weight in found], dtype=np.str_),
        "tensors": np.asarray([weight.tensor for weight in found], dtype=np.str_),
        "shapes": np.asarray(["×".join(map(str, weight.shape)) for weight in found], dtype=np.str_),
        "numbers": np.asarray([[n.count, n.mean, n.std, n.low, n.high, n.zeros] for n in numbers]).reshape(-1, 6),
        "kernel_count": np.asarray(len(with_kernel)),
        "sampled": np.asarray(sampled, dtype=np.int64),
        "fingerprint": np.asarray(fingerprint(network.module)),
        **{f"values_{number}": sample(found[index]) for number, index in enumerate(sampled)},
    }
    if next(convolutions(network, rows), None) is not None:
        first = kernels(network, rows=rows)
        if max(first.values.shape[1:3]) <= LARGEST_KERNEL:
            arrays["kernels"] = first.values[:MOST_KERNELS].astype(np.float32)
            arrays["kernels_layer"] = np.asarray(first.layer)
            arrays["kernels_shown"] = np.asarray(first.shown)
            arrays["kernels_count"] = np.asarray(len(first.values))
    return arrays


def sample(weight: Weight, most: int = MOST_VALUES) -> np.ndarray:
    """Return at most ``most`` of a tensor's values, evenly spaced in torch's order, float32."""
    return evenly_spaced(weight.values, most).astype(np.float32)


def evenly_spaced(values: np.ndarray, most: int) -> np.ndarray:
    """Return at most ``most`` of an array's values, evenly spaced in its order."""
    flat = values.ravel()
    if flat.size <= most:
        return flat
    return np.asarray(flat[np.linspace(0, flat.size - 1, most).round().astype(np.int64)])


def map_arrays(
    network: Network, rows: Sequence[Row], preprocessing: Preprocessing, pixels: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/maps.npz``: what the first and the last convolution make of one picture (H, W, C).

    layers: names, as texts. channels: how many maps each has. sizes: (L, 2), their height and width. maps_0, maps_1:
    float16 (at most 64 maps, height, width), the most active first, averaged down to at most 40 pixels a side.
    numbers_0, numbers_1: int64, which maps they are. Nothing without a convolution.
    """
    layers = telling_layers(network, rows)
    if not layers:
        return {}
    maps = feature_maps(network, preprocessing, pixels, layers)
    first = [np.asarray(most_active(value)[:MOST_MAPS], np.int64) for value in maps]
    return {
        "layers": np.asarray([row.name for row in layers], dtype=np.str_),
        "channels": np.asarray([len(value) for value in maps], dtype=np.int64),
        "sizes": np.asarray([value.shape[1:] for value in maps], dtype=np.int64),
        **{f"numbers_{number}": numbers for number, numbers in enumerate(first)},
        **{f"maps_{number}": _small(value[first[number]]) for number, value in enumerate(maps)},
    }


def _small(maps: np.ndarray) -> np.ndarray:
    """Average (C, H, W) over squares so that no side is above :data:`LARGEST_MAP`."""
    step = -(-max(maps.shape[1:]) // LARGEST_MAP)
    for axis in (1, 2):
        starts = np.arange(0, maps.shape[axis], step)
        counts = np.diff([*starts, maps.shape[axis]])
        shape = [-1 if side == axis else 1 for side in range(3)]
        maps = np.add.reduceat(maps, starts, axis=axis) / counts.reshape(shape)
    largest = float(np.finfo(np.float16).max)
    return maps.clip(-largest, largest).astype(np.float16)
