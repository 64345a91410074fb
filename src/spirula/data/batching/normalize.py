"""One multiplication and one addition per value: what raw pixels become on their way into a network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from .preprocess import Preprocessing

_BLOCK_VALUES = 1 << 20  # ten photographs of 180 pixels: fewer cost more in calls than the cache saves
_SMALL_IMAGE = 1 << 12  # values whose factors stay in a core's nearest cache, with room for the image itself
_FLOAT_VALUES = 1 << 18  # two: with the floats that colours are changed in, they stay in a core's own cache


def folded(p: Preprocessing, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Return ``(factor, offset)`` with ``output = value * factor + offset``, each (C,) or (F,) float32."""
    std = np.asarray(p.std)
    factor, offset = p.scale / std, -np.asarray(p.mean) / std
    return (
        torch.tensor(factor, dtype=torch.float32, device=device),
        torch.tensor(offset, dtype=torch.float32, device=device),
    )


def normalized(
    pixels: Tensor, factor: Tensor, offset: Tensor, *, channels_last: bool = False, out: Tensor | None = None
) -> Tensor:
    """Return ``pixels * factor + offset`` in float32, (B, C, H, W) or (B, F): a new tensor, or ``out``.

    Parameters
    ----------
    pixels: (B, H, W, C) or (B, F), uint8 or float; it is not changed.
    factor, offset: from :func:`folded`.
    channels_last: leave the values in NHWC order in memory, as they came; faster for convolutions
        on hardware with matrix units.
    out: float32 of the result's shape and that order.
    """
    if pixels.ndim == 2:
        return torch.addcmul(offset, pixels.to(torch.float32), factor, out=out)
    images = pixels.permute(0, 3, 1, 2)
    output = out
    if output is None:
        output = empty_input(len(pixels), tuple(pixels.shape[1:]), pixels.device, channels_last=channels_last)
    output.copy_(images)
    height, width, channels = pixels.shape[1:]
    # A factor for every value of a row, of a whole image if it is small: PyTorch's loop over numbers that repeat
    # themselves is six times as slow.
    rows = height if math.prod(pixels.shape[1:]) <= _SMALL_IMAGE else 1
    if channels_last:
        flat = output.permute(0, 2, 3, 1).view(len(pixels), height, width * channels)
        scale, shift = (values.repeat(rows, width) for values in (factor, offset))
    else:
        flat = output
        scale, shift = (values[:, None, None].expand(-1, rows, width).contiguous() for values in (factor, offset))
    torch.addcmul(shift, flat, scale, out=flat)
    return output


def empty_input(
    number: int, sample_shape: tuple[int, ...], device: torch.device | str = "cpu", *, channels_last: bool = False
) -> Tensor:
    """Return room for the input made of samples (H, W, C) or (F,): float32 (B, C, H, W) or (B, F), not filled."""
    if len(sample_shape) == 1:
        return torch.empty((number, *sample_shape), device=device)
    height, width, channels = sample_shape
    order = torch.channels_last if channels_last else torch.contiguous_format
    return torch.empty((number, channels, height, width), device=device, memory_format=order)


def blocks(
    start: int, stop: int, shape: tuple[int, ...], device: torch.device, *, floats: bool = False
) -> Iterator[tuple[int, int]]:
    """Divide the samples ``start`` to ``stop`` for what is done to them step by step: (first, one after the last).

    On a CPU they are few, so that the steps in between take little memory; fewer when those are in floats.
    """
    few = (_FLOAT_VALUES if floats else _BLOCK_VALUES) // math.prod(shape)
    size = max(1, few if device.type == "cpu" else stop - start)
    for low in range(start, stop, size):
        yield low, min(low + size, stop)
