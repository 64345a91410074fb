"""What is broken in a tensor, and in the result of an operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from .culprit import Where
from .values import Values

OUTLIER = 1000.0  # a sample whose largest value is so many times the median's


@dataclass(eq=False)
class Fault:
    """An operation that gave something not finite, and the first of the chain that led to it.

    ``deliberate``: so far there are only infinities that somebody wrote there, as masks and padding do.
    """

    where: Where
    layer: str
    operation: str
    inputs: tuple[Values, ...] = ()
    output: Values | None = None
    places: tuple[int, ...] = ()
    origin: Fault | None = None
    deliberate: bool = False


def measured(tensor: Tensor) -> Values:
    """Return what is in a tensor; waits for the device."""
    plain = tensor.detach().abs() if tensor.is_complex() else tensor.detach()
    values = plain.float() if plain.dtype != torch.float64 else plain
    good = values[values.isfinite()]
    low, high = (good.min().item(), good.max().item()) if good.numel() else (0.0, 0.0)
    nans = int(values.isnan().sum())
    zeros, infinities = int((good == 0).sum()), values.numel() - good.numel() - nans
    return Values(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), low, high, zeros, nans, infinities)


def broken_rows(bad: Tensor, inputs: list[Tensor], batch_size: int) -> tuple[int, ...]:
    """Return the places in the batch that are to blame; empty when all are, or none stands out."""
    if bad.ndim and len(bad) == batch_size:
        rows = (~bad.isfinite()).reshape(batch_size, -1).any(1)
        return tuple(rows.nonzero().flatten().tolist()) if batch_size == 1 or not rows.all() else ()
    for tensor in inputs:  # of a sum over the batch: whose values are out of all proportion
        if tensor.ndim and len(tensor) == batch_size > 2:
            largest = tensor.detach().float().abs().reshape(batch_size, -1).amax(1)
            far = largest > OUTLIER * largest.median()
            if 0 < int(far.sum()) <= batch_size // 4:
                return tuple(far.nonzero().flatten().tolist())
    return ()


def tensors_in(value: object) -> Iterator[Tensor]:
    """Yield the tensors in nested lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)


def is_number(tensor: Tensor) -> bool:
    """Whether it has entries that could be infinite or missing."""
    return (tensor.is_floating_point() or tensor.is_complex()) and tensor.numel() > 0


def all_finite(tensor: Tensor) -> bool:
    """Waits for the device."""
    return bool(tensor.isfinite().all())


def address(tensor: Tensor) -> int:
    """Return where its memory begins: the same for a view, and for what was computed in place."""
    return tensor.untyped_storage().data_ptr()
