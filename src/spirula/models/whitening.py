"""A first layer that is not learned but measured: filters under which neighbouring pixels are uncorrelated.

The pixels of a small patch of a photograph are nearly equal, so a network spends its first epochs on undoing that. The
eigenvectors of their covariance, each divided by the root of its eigenvalue, undo it at once (Jordan 2024, "94% on
CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498, section 3.2; after Page 2019). With both signs of each, an
activation that blocks negative values loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold

from ..errors import ModelError
from .reaching import each_input

# Added to the eigenvalues, in units of the input's variance: directions with hardly any signal are not blown up.
EPSILON = 5e-4
_WINDOWS_A_SIDE = 64  # of larger images not every patch is looked at


def first_convolution(module: nn.Module) -> tuple[str, nn.Conv2d]:
    """Return the first convolution of a network and its name, if its filters can be such eigenvectors.

    Raises :class:`ModelError` for a network without one, and for one with an odd number of filters or more than two
    for each value of a patch.
    """
    remedy = "Leave whitening out, or begin the network with Conv2D(24, 2) on colour images, Conv2D(8, 2) on grey ones."
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Linear):
            break
        if isinstance(layer, nn.Conv2d):
            values = layer.weight[0].numel()
            if layer.groups != 1 or layer.out_channels % 2 or layer.out_channels > 2 * values:
                raise ModelError(
                    f'whitening cannot fill "{name}": it has {layer.out_channels} filters, and patches of '
                    f"{layer.kernel_size[0]}×{layer.kernel_size[1]}×{layer.in_channels} have {values} directions of "
                    "two signs each.",
                    remedy,
                )
            return name, layer
    raise ModelError("whitening would have no effect: the network does not begin with a convolution.", remedy)


@torch.no_grad()
def whiten(module: nn.Module, images: Iterable[Tensor]) -> str:
    """Fill the first convolution from what reaches it of the training images, its bias with 0; return its name.

    ``images``: batches (B, C, H, W) as the network gets them. Layers before that convolution work in evaluation mode.
    Raises :class:`ModelError` as :func:`first_convolution` does, and when there are no images.
    """
    name, layer = first_convolution(module)
    covariance = _patch_covariance(module, layer, images)
    filters = whitening_filters(covariance, layer.out_channels)
    layer.weight.copy_(filters.view_as(layer.weight))
    if layer.bias is not None:
        layer.bias.zero_()
    return name


def whitening_filters(covariance: Tensor, count: int, epsilon: float = EPSILON) -> Tensor:
    """Return ``count`` filters (count, D) of a covariance (D, D): v / √(λ + ε) of the largest λ, then the negatives.

    The first half of the outputs has variance λ / (λ + ε) and no correlation on patches of that covariance.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    largest = values.flip(0)[: count // 2].clamp_min(0.0)
    directions = vectors.T.flip(0)[: count // 2]
    # An eigenvector has no sign of its own: its largest part shall be positive, on every machine.
    signs = directions.gather(1, directions.abs().argmax(1, keepdim=True)).sign()
    filters = directions * signs / (largest + epsilon).sqrt()[:, None]
    return torch.cat([filters, -filters]).float()


def _patch_covariance(module: nn.Module, layer: nn.Conv2d, images: Iterable[Tensor]) -> Tensor:
    """Return the covariance (D, D) of the patches under ``layer``, D = channels · height · width, in float64."""
    size = layer.weight[0].numel()
    place = "cpu" if layer.weight.device.type == "mps" else layer.weight.device  # MPS has no float64
    total = torch.zeros(size, dtype=torch.float64, device=place)
    products = torch.zeros(size, size, dtype=torch.float64, device=place)
    count = 0

    def take(values: Tensor) -> None:
        nonlocal count
        maps = values.to(place).double()
        stride = tuple(max(1, side // _WINDOWS_A_SIDE) for side in maps.shape[2:])
        patches = unfold(maps, layer.kernel_size, layer.dilation, stride=stride).movedim(1, -1).reshape(-1, size)
        total.add_(patches.sum(0))
        products.add_(patches.T @ patches)
        count += len(patches)

    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        each_input(module, layer, images, take)
    finally:
        for part in training:
            part.training = True
    if not count:
        raise ModelError("There are no patches to learn whitening from.", "Give at least one training sample.")
    mean = total / count
    return products / count - torch.outer(mean, mean)
