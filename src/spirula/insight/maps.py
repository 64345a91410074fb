"""Feature maps: what the layers of a network make of one picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.batching.preprocess import Preprocessing, apply
from ..errors import InputError
from ..models.build import Network
from ..models.summary import Row
from .calls import Call, at_call, evaluating
from .layers import after_activation, convolutions, pick, rows_of, with_maps


def map_layer(network: Network, name: str | None = None) -> Row:
    """Return the layer of a name; the first convolution, after its activation, when not given.

    It may also be the path of any module inside whose value is a stack of maps, such as a block of several layers.

    Raises :class:`InputError` that lists the layers with maps, for an unknown one and one whose value is a vector.
    """
    rows = rows_of(network)
    if name is not None:
        known = with_maps(rows)
        if name not in [row.name for row in known] and _makes_maps(network, name):
            return replace(known[0], name=name, modules=(name,))
        return pick(known, name, "layer with feature maps")
    first = next(convolutions(network, rows), None)
    if first is None:
        raise InputError(f"{network.spec.name} has no convolution, so it has no feature maps", "See run.weights().")
    return after_activation(rows, first[0])


def most_active(maps: np.ndarray) -> list[int]:
    """Return the numbers of maps (C, H, W), the largest mean absolute value first."""
    return [int(number) for number in np.argsort(-np.abs(maps).mean(axis=(1, 2)), kind="stable")]


def telling_layers(network: Network, rows: Sequence[Row]) -> list[Row]:
    """Return the first and the last convolution, after their activations, with maps of at least four pixels a side."""
    found = [after_activation(rows, row) for row, _ in convolutions(network, rows)]
    large = [row for row in found if len(row.output_shape) == 3 and min(row.output_shape[:2]) >= 4]
    return large if len(large) < 2 else [large[0], large[-1]]


def feature_maps(
    network: Network, preprocessing: Preprocessing, pixels: np.ndarray, layers: Sequence[Row]
) -> list[np.ndarray]:
    """Return, for each layer, its value for one picture: float32 (channels, height, width).

    pixels: (H, W, C) as the run's data holds them, uint8 0…255 or float32; the run's preprocessing is applied. The
    network works in evaluation mode, on the device where it is.
    """
    device = next((value.device for value in network.module.parameters()), torch.device("cpu"))
    images = apply(torch.from_numpy(np.array(pixels[None])).to(device), preprocessing)
    values = _values_at(network.module, images, layers)
    return [values[row.name][0].float().cpu().numpy() for row in layers]


@torch.no_grad()
def _values_at(module: nn.Module, images: Tensor, layers: Sequence[Row]) -> dict[str, Tensor]:
    kept: dict[str, Tensor] = {}
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        with ExitStack() as hooks:
            for row in layers:
                hook = module.get_submodule(row.modules[-1]).register_forward_hook(_keeper(kept, row))
                hooks.callback(hook.remove)
            module(images)
    finally:
        for part in training:
            part.training = True
    return kept


def _keeper(kept: dict[str, Tensor], row: Row) -> Callable[..., None]:
    """Return a hook that keeps the value of the row's own call; a shared module is called several times."""
    named = re.search(r" \(call (\d+)\)$", row.name)
    number = int(named[1]) if named else 1
    calls = count(1)

    def keep(part: nn.Module, inputs: Any, output: Any) -> None:
        if next(calls) == number:
            # A copy: what comes next may work in place.
            kept[row.name] = next(_tensors(output)).detach().clone()

    return keep


@torch.no_grad()
def _makes_maps(network: Network, path: object) -> bool:
    """Whether there is a module at a path whose first value is (1, C, h, w)."""
    modules = dict(network.module.named_modules())
    if not isinstance(path, str) or not path or path not in modules or len(network.spec.input_shape) != 3:
        return False
    device = next((value.device for value in network.module.parameters()), torch.device("cpu"))
    height, width, channels = network.spec.input_shape
    found: list[bool] = []
    with evaluating(network.module), at_call(network.module, Call(path), lambda value: found.append(value.ndim == 4)):
        network.module(torch.zeros(1, channels, height, width, device=device))
    return found == [True]


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)
