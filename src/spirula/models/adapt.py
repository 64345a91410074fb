"""Normalization layers learn mean and variance from the training data before training starts."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from ..errors import ModelError
from ..layers import Rescaling, Resizing, ZeroPadding2D
from .build import Network
from .modules import Normalization
from .reaching import each_input


def to_adapt(module: nn.Module) -> list[str]:
    """Return the names of the layers that learn their statistics from data."""
    return [name for name, part in module.named_modules() if isinstance(part, Normalization) and part.learned]


def begins_with_rescaling(network: Network) -> bool:
    """Whether a network begins by rescaling raw values itself; what only moves pixels may come before."""
    layers = [node.layer for node in network.plan.nodes] if network.plan is not None else []
    first = next((layer for layer in layers if not isinstance(layer, Resizing | ZeroPadding2D)), None)
    return isinstance(first, Rescaling)


@torch.no_grad()
def adapt(module: nn.Module, batches: Iterable[Tensor]) -> list[str]:
    """Fill every Normalization layer with the statistics of the training data at its place; return their names.

    Layers are filled in the order of computing, so a later one sees what the earlier ones make of the data.

    Parameters
    ----------
    module: the network. Its mode (training or evaluation) is kept; layers before work in evaluation mode.
    batches: tensors of (N, C, H, W) or (N, F), iterated once per layer: a list, or an object that starts anew.

    Raises :class:`ModelError` if there is no data, or an infinite or missing value among it.
    """
    if not to_adapt(module):
        return []
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        done: list[str] = []
        names = {part: name for name, part in module.named_modules()}
        for layer in _in_order(module, batches):
            _fill(module, layer, batches, names[layer])
            done.append(names[layer])
        return done
    finally:
        for part in training:
            part.training = True


def _in_order(module: nn.Module, batches: Iterable[Tensor]) -> list[Normalization]:
    order: list[Normalization] = []
    hooks = [
        part.register_forward_pre_hook(lambda layer, _: order.append(layer) if layer not in order else None)
        for part in module.modules()
        if isinstance(part, Normalization) and part.learned
    ]
    try:
        for batch in batches:
            module(batch[:1])
            break
    finally:
        for hook in hooks:
            hook.remove()
    if not order:
        raise ModelError("There is no data to learn Normalization from.", "Give at least one training sample.")
    return order


def _fill(module: nn.Module, layer: Normalization, batches: Iterable[Tensor], name: str) -> None:
    channels = layer.mean.numel()
    place = "cpu" if layer.mean.device.type == "mps" else layer.mean.device  # MPS has no float64
    mean = torch.zeros(channels, dtype=torch.float64, device=place)
    squares = torch.zeros_like(mean)  # sum of squared deviations from the mean
    count = 0

    def take(arrived: Tensor) -> None:
        nonlocal mean, squares, count
        values = arrived.to(place).to(mean.dtype).movedim(1, -1).reshape(-1, channels)
        # Chan's rule for joining two groups: exact where sums of squares would cancel.
        number = values.shape[0]
        own = values.mean(0)
        apart = own - mean
        total = count + number
        squares = squares + (values - own).square().sum(0) + apart.square() * (count * number / total)
        mean = mean + apart * (number / total)
        count = total

    each_input(module, layer, batches, take)
    if not count:
        raise ModelError(
            f"{name} could not learn: the batches were used up by the layer before.",
            "Pass a list of batches, or an object that can be iterated again.",
        )
    if not torch.isfinite(mean).all() or not torch.isfinite(squares).all():
        raise ModelError(f"{name} cannot learn from data with infinite or missing values.", "Clean the data first.")
    layer.mean.copy_(mean)
    layer.variance.copy_(squares / count)
    layer.count.fill_(count)
