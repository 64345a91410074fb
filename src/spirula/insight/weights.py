"""The numbers that a network consists of: every tensor with its layer, its shape as Keras prints it, its statistics."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..errors import InputError
from ..models.build import Network
from ..models.modules import Normalization
from ..models.summary import Row
from .layers import require, rows_of

_GAMMA = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


@dataclass(frozen=True, eq=False)
class Weight:
    """One tensor of a layer.

    tensor: its name in Keras's words ("kernel", "bias", "gamma", …), torch's where Keras has none. parameter: its name
    in the module. values: in torch's order. shape: in Keras's order: a kernel is (height, width, inputs, filters), a
    dense kernel (inputs, units). trainable: whether training moves it.
    """

    layer: str
    tensor: str
    parameter: str
    values: np.ndarray
    shape: tuple[int, ...]
    trainable: bool

    @property
    def is_kernel(self) -> bool:
        """Whether it is multiplied with what comes in; biases and statistics are not."""
        return self.values.ndim > 1


def weights(network: Network, rows: Sequence[Row] | None = None) -> list[Weight]:
    """Return every tensor in the order of the summary; their sizes add up to its number of parameters.

    As in Keras the statistics of normalisation layers count. A shared tensor is named once, by its first layer;
    an empty one is left out. ``rows`` are those of the network's summary, if it is at hand.
    """
    modules = dict(network.module.named_modules())
    seen: set[int] = set()
    found: list[Weight] = []
    for row in rows if rows is not None else rows_of(network):
        for path in row.modules:
            found += _inside(modules[path], path, row, seen)
    # What the blank input did not pass through has no row, but is counted.
    rest = Row("", "", (), 0, 0, 0, 0, None, None)
    return found + list(_inside(network.module, "", rest, seen))


def kernels_of(found: list[Weight], layer: str | None = None) -> list[Weight]:
    """Return the kernels among tensors: those of one layer, or all. Raises :class:`InputError` where there is none."""
    kernels = [weight for weight in found if weight.is_kernel]
    if layer is not None:
        require(list(dict.fromkeys(weight.layer for weight in kernels)), layer, "layer with a kernel")
    if not kernels:
        raise InputError("The network has no kernel to draw", "See run.weights() for what it has.")
    return [weight for weight in kernels if layer in (None, weight.layer)]


def _inside(module: nn.Module, path: str, row: Row, seen: set[int]) -> Iterator[Weight]:
    for inner, part in module.named_modules(prefix=path):
        for name, value in _tensors(part):
            if id(value) in seen or value.numel() == 0:
                continue
            seen.add(id(value))
            full = f"{inner}.{name}" if inner else name
            trainable = isinstance(value, nn.Parameter) and value.requires_grad
            values = value.detach().cpu().numpy()
            tensor = _tensor_name(part, name, inner, row)
            yield Weight(row.name or inner, tensor, full, values, keras_shape(part, name, row.kind), trainable)


def _tensors(part: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from part.named_parameters(recurse=False)
    if isinstance(part, _BatchNorm) or (isinstance(part, Normalization) and part.learned):
        for name, value in part.named_buffers(recurse=False):
            if name != "num_batches_tracked":  # Keras has no such number
                yield name, value


def _tensor_name(part: nn.Module, name: str, path: str, row: Row) -> str:
    if isinstance(part, _BatchNorm | nn.LayerNorm | nn.GroupNorm):
        return _GAMMA.get(name, name)
    if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear) and name == "weight":
        kind = path.rpartition("_")[2]
        return f"{kind}_kernel" if row.kind == "SeparableConv2D" else "kernel"
    return name


def keras_shape(part: nn.Module, name: str, kind: str) -> tuple[int, ...]:
    """Return the shape of a module's tensor as Keras prints it; ``kind`` is that of the layer it belongs to."""
    value = getattr(part, name)
    shape = tuple(int(side) for side in value.shape)
    if name != "weight":
        return shape
    if isinstance(part, nn.Conv2d):
        outputs, inputs, height, width = shape
        if kind in ("DepthwiseConv2D", "SeparableConv2D") and part.groups == part.in_channels and inputs == 1:
            return (height, width, part.in_channels, outputs // part.in_channels)
        return (height, width, inputs, outputs)
    if isinstance(part, nn.ConvTranspose2d):
        inputs, outputs, height, width = shape
        return (height, width, outputs, inputs)
    return shape[::-1] if isinstance(part, nn.Linear) else shape


@dataclass(frozen=True)
class Statistics:
    """Mean, standard deviation (of the values themselves: divided by their number), ends, share of exact zeros."""

    count: int
    mean: float
    std: float
    low: float
    high: float
    zeros: float


def statistics(values: np.ndarray) -> Statistics:
    """Describe an array of at least one value, in float64."""
    exact = values.astype(np.float64)
    return Statistics(
        exact.size,
        float(exact.mean()),
        float(exact.std()),
        float(exact.min()),
        float(exact.max()),
        float((exact == 0).mean()),
    )


def fingerprint(module: nn.Module) -> str:
    """Return the SHA-256 of all parameters with their names: equal exactly if every bit of them is."""
    state = hashlib.sha256()
    for name, value in module.named_parameters():
        state.update(name.encode() + b"\0")
        state.update(value.detach().cpu().contiguous().numpy().tobytes())
    return state.hexdigest()
