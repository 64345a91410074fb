"""The effective receptive field: how strongly each pixel of the field counts, measured.

The theoretical field says which pixels can matter. How much they do is the mean absolute gradient of the position in
the middle with respect to the picture: mostly a small spot that falls off like a bell (Luo, Li, Urtasun, Zemel 2016,
"Understanding the effective receptive field in deep convolutional neural networks").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.batching.preprocess import Preprocessing, apply
from ..models.build import Network
from ..models.summary import Row
from .calls import at_call, call_of, evaluating
from .receptive import Fields

CARRIED = 0.9  # of the gradient, by the pixels that count most


@dataclass(frozen=True, eq=False)
class Effective:
    """strength: float32 (H, W) ≥ 0, its largest 1: the mean absolute gradient of the middle position (all channels).

    share: how much of the field's area the fewest pixels take up that carry :data:`CARRIED` of all the gradient;
    NaN where the gradient is zero everywhere.
    """

    layer: str
    strength: np.ndarray
    share: float


def effective_fields(
    network: Network, preprocessing: Preprocessing, pixels: np.ndarray, rows: Sequence[Row], fields: Sequence[Fields]
) -> list[Effective]:
    """Measure the fields of layers on some pictures (N, H, W, C) as the run's data holds them.

    ``fields`` are the theoretical ones of ``rows``, whose positions in the middle are taken; their maps must be known.
    """
    module = network.module
    device = next((value.device for value in module.parameters()), torch.device("cpu"))
    images = apply(torch.from_numpy(np.array(pixels)).to(device), preprocessing).requires_grad_()
    kept: dict[str, Tensor] = {}

    def keeper(name: str) -> Callable[[Tensor], Tensor]:
        def keep(value: Tensor) -> Tensor:
            kept[name] = value
            return value.clone()  # what comes next may work in place

        return keep

    with ExitStack() as hooks, evaluating(module), torch.enable_grad():
        for row in rows:
            hooks.enter_context(at_call(module, call_of(row), keeper(row.name)))
        module(images)
        return [_measured(row.name, kept[row.name], images, found) for row, found in zip(rows, fields, strict=True)]


def _measured(layer: str, value: Tensor, images: Tensor, field: Fields) -> Effective:
    row, column = field.maps[0] // 2, field.maps[1] // 2
    middle = value[:, :, row, column].sum()
    found = (
        torch.autograd.grad(middle, images, retain_graph=True, allow_unused=True)[0] if middle.requires_grad else None
    )
    gradient = torch.zeros_like(images) if found is None else found
    strength = gradient.abs().mean((0, 1)).double().cpu().numpy()
    top, left, bottom, right = field.centre
    return Effective(
        layer,
        (strength / (strength.max() or 1.0)).astype(np.float32),
        carrying(strength) / max((bottom - top) * (right - left), 1) if strength.any() else float("nan"),
    )


def carrying(strength: np.ndarray, part: float = CARRIED) -> int:
    """Return how few pixels carry ``part`` of the sum of all."""
    falling = np.sort(strength, axis=None)[::-1].cumsum()
    return int(np.searchsorted(falling, part * falling[-1] * (1 - 1e-12))) + 1
