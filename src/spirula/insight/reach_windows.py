"""Bounds (5, 1, C, H, W) after a window has slid over a map: convolution, pooling, resizing. All are maxima."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

PLANES = 5  # what is kept of each value: see :mod:`spirula.insight.reach`
NOTHING = -float("inf")


def padded(bounds: Tensor, around: Sequence[int]) -> Tensor:
    """Return bounds with padding, given as ``torch.nn.functional.pad`` takes it: it sees nothing, and it cuts."""
    found = functional.pad(bounds, list(around), value=NOTHING)
    found[-1] = functional.pad(bounds[-1], list(around), value=1.0)
    return found


def slid(
    bounds: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    before: Sequence[int],
    dilation: Sequence[int],
    size: Sequence[int],
) -> Tensor:
    """Return the maximum of (5, C, H, W) over a window at each of ``size`` positions; outside is nothing."""
    around: list[int] = []
    for axis in (1, 0):  # pad wants the last side first
        reach = (size[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1
        around += [before[axis], reach - before[axis] - bounds.shape[2 + axis]]
    return functional.max_pool2d(padded(bounds, around), tuple(kernel), tuple(stride), 0, tuple(dilation))


def convolved(bounds: Tensor, given: dict[str, Any], target: tuple[int, ...]) -> Tensor:
    """Return the bounds after a convolution over one or two sides, grouped, dilated or transposed.

    given: the arguments of ``aten.convolution`` by name. target: the result's shape, (1, C, W) or (1, C, H, W).
    """
    flat = len(target) == 3
    maps = bounds.unsqueeze(-2) if flat else bounds
    size = [1, target[-1]] if flat else list(target[2:])
    kernel, stride, dilation = (
        [1, value[0]] if flat else _pair(value)
        for value in (given["weight"].shape[2:], given["stride"], given["dilation"])
    )
    padding = [0, given["padding"][0]] if flat else _pair(given["padding"])
    groups = given["groups"]
    united = maps.reshape(PLANES, groups, -1, *maps.shape[-2:]).amax(2)
    if given["transposed"]:
        spread = united.new_full(
            (PLANES, groups, *((n - 1) * s + 1 for n, s in zip(united.shape[2:], stride, strict=True))), NOTHING
        )
        spread[..., :: stride[0], :: stride[1]] = united
        before = [d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True)]
        found = slid(spread, kernel, (1, 1), before, dilation, size)
    else:
        found = slid(united, kernel, stride, padding, dilation, size)
    each = target[1] // groups
    return found.unsqueeze(2).expand(PLANES, groups, each, *size).reshape(PLANES, *target)


def pooled(bounds: Tensor, given: dict[str, Any], target: tuple[int, ...]) -> Tensor:
    """Return the bounds after a pooling whose arguments are ``given`` by name; a stride left out is the kernel."""
    kernel = _pair(given["kernel_size"])
    stride = _pair(given["stride"] or kernel)
    dilation = _pair(given.get("dilation") or [1])
    maps = bounds.reshape(PLANES, -1, *bounds.shape[-2:])
    return slid(maps, kernel, stride, _pair(given["padding"]), dilation, target[-2:]).reshape(PLANES, *target)


def pooled_to(bounds: Tensor, target: tuple[int, ...]) -> Tensor:
    """Return the bounds after a pooling to a size; its windows are as PyTorch lays them, even or not."""
    maps = bounds.reshape(PLANES, -1, *bounds.shape[-2:])
    return functional.adaptive_max_pool2d(maps, target[-2:]).reshape(PLANES, *target)


def resized(bounds: Tensor, resize: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the bounds of a resized map. Which rows and columns each new one mixes is asked of the operator itself:
    a map with a single line of ones shows where it takes part."""
    height, width = bounds.shape[-2:]
    lines = torch.eye(height, device=bounds.device).view(1, height, height, 1).expand(-1, -1, -1, width).contiguous()
    rows = resize(lines)[0, :, :, 0] != 0  # (H, new H)
    lines = torch.eye(width, device=bounds.device).view(1, width, 1, width).expand(-1, -1, height, -1).contiguous()
    columns = resize(lines)[0, :, 0, :] != 0
    found = torch.stack([bounds[..., taking, :].amax(-2) for taking in rows.T], dim=-2)
    return torch.stack([found[..., taking].amax(-1) for taking in columns.T], dim=-1)


def _pair(value: Sequence[int] | int) -> list[int]:
    """Return two numbers; one stands for both sides."""
    listed = [value] if isinstance(value, int) else [int(number) for number in value]
    return listed if len(listed) == 2 else listed * 2
