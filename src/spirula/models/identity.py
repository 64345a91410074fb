"""Convolutions that begin by passing on what they get."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import nn

from ..errors import ModelError


@torch.no_grad()
def begin_as_identity(module: nn.Module, apart: Collection[str] = ()) -> list[str]:
    """Give convolutions an identity for their first filters; return the names of those that got one.

    Of a layer with N input channels, filter number i < N has a 1 in the middle of channel i and zeros elsewhere; those
    from N on keep their random start (Jordan 2024, arXiv:2404.00498, section 3.3: "dirac" initialisation). A signal and
    its gradient then pass through all layers from the first step on.

    Kernels of even size, which have no middle, convolutions with groups, and the layers called ``apart`` are left as
    they are. Raises :class:`ModelError` if none is left.
    """
    begun = []
    for name, layer in module.named_modules():
        if not isinstance(layer, nn.Conv2d) or name in apart or layer.groups != 1:
            continue
        if all(side % 2 for side in layer.kernel_size) and layer.weight.requires_grad:
            nn.init.dirac_(layer.weight[: layer.in_channels])
            begun.append(name)
    if not begun:
        raise ModelError(
            "dirac would have no effect: no convolution that is trained has a kernel with a middle.",
            "Leave dirac out, or use Conv2D with a kernel of 3×3.",
        )
    return begun
