"""Keras's initialisers for torch parameters, so that a network starts where its Keras twin starts."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# Cutting a normal at two standard deviations leaves this much of its spread; Keras makes up for it.
_CUT = 0.87962566103423978

_SCALED: dict[str, tuple[float, str]] = {  # name → (scale, which fan)
    "glorot_uniform": (1.0, "mean"),
    "glorot_normal": (1.0, "mean"),
    "he_uniform": (2.0, "in"),
    "he_normal": (2.0, "in"),
    "lecun_uniform": (1.0, "in"),
    "lecun_normal": (1.0, "in"),
}


@torch.no_grad()
def initialize(tensor: Tensor, name: str, fans: tuple[int, int]) -> None:
    """Fill a parameter in place. ``fans`` = (inputs of one output, outputs of one input), as Keras counts them."""
    if name in _SCALED:
        scale, mode = _SCALED[name]
        fan = fans[0] if mode == "in" else sum(fans) / 2
        variance = scale / max(1.0, fan)
        if name.endswith("uniform"):
            limit = math.sqrt(3.0 * variance)
            nn.init.uniform_(tensor, -limit, limit)
        else:
            spread = math.sqrt(variance) / _CUT
            nn.init.trunc_normal_(tensor, 0.0, spread, -2 * spread, 2 * spread)
    elif name in ("zeros", "ones"):
        tensor.fill_(float(name == "ones"))
    elif name == "random_normal":
        nn.init.normal_(tensor, 0.0, 0.05)
    elif name == "random_uniform":
        nn.init.uniform_(tensor, -0.05, 0.05)
    elif name == "truncated_normal":
        nn.init.trunc_normal_(tensor, 0.0, 0.05, -0.1, 0.1)
    elif tensor.ndim < 2:
        nn.init.normal_(tensor, 0.0, 1.0)  # orthogonal has no meaning for a bias
    else:
        nn.init.orthogonal_(tensor)


def convolution_fans(weight: Tensor) -> tuple[int, int]:
    """Return the fans of an (out, in / groups, height, width) kernel."""
    area = weight.shape[2] * weight.shape[3]
    return weight.shape[1] * area, weight.shape[0] * area


def depthwise_fans(weight: Tensor, multiplier: int) -> tuple[int, int]:
    """Return the fans that Keras gives a depthwise kernel, whose shape there is (height, width, in, multiplier)."""
    area = weight.shape[2] * weight.shape[3]
    return weight.shape[0] // multiplier * area, multiplier * area
