"""The kernels of a convolution as small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..models.build import Network
from ..models.summary import Row
from .layers import convolutions, pick, rows_of


@dataclass(frozen=True, eq=False)
class Kernels:
    """The kernels of one layer.

    values: float32 (filters, height, width, 3) where the three inputs are the picture's colours, else (…, 1).
    shown: what the last axis is, in words.
    """

    layer: str
    values: np.ndarray
    shown: str


def kernels(
    network: Network, layer: str | None = None, channel: int | None = None, rows: Sequence[Row] | None = None
) -> Kernels:
    """Return the kernels of a convolution.

    Parameters
    ----------
    layer: its name in the summary; the first convolution when not given.
    channel: of a layer with several inputs, the one to show. Without it: three inputs of the first layer are shown as
        red, green and blue, of others the mean over the inputs.
    rows: of the network's summary, if it is at hand.

    Raises :class:`InputError` for a name that is no convolution, and for a channel that the layer does not have.
    """
    found = list(convolutions(network, rows if rows is not None else rows_of(network)))
    if not found:
        raise InputError(f"{network.spec.name} has no convolution, so it has no kernels", "See run.weights().")
    if layer is None:
        row, module = found[0]
    else:
        row = pick([row for row, _ in found], layer, "convolution")
        module = next(module for entry, module in found if entry is row)
    weight = module.weight.detach().cpu().float().numpy().transpose(0, 2, 3, 1)  # (filters, height, width, inputs)
    inputs = weight.shape[3]
    if channel is not None and not 0 <= channel < inputs:
        raise InputError(f"{row.name} has {inputs} input channels; there is no channel {channel}", "They begin at 0.")
    if channel is not None:
        return Kernels(row.name, weight[..., channel : channel + 1], f"weights of input channel {channel}")
    if inputs == 1:
        return Kernels(row.name, weight, "weights")
    if inputs == 3 and module is found[0][1] and network.spec.input_shape[2:] == (3,):
        return Kernels(row.name, weight, "weights of red, green and blue")
    return Kernels(row.name, weight.mean(axis=3, keepdims=True), f"weights, mean over {inputs} input channels")
