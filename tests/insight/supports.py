"""The truth about receptive fields: where the gradient of one position is not zero."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

_POINTWISE = {"ReLU", "ReLU6", "SiLU", "GELU", "Hardswish", "Hardsigmoid", "Sigmoid", "Hardtanh"}
_STATISTICS = {"BatchNorm2d", "BatchNormAct2d", "LayerNorm", "LayerNorm2d", "GroupNorm"}


def positive(module: nn.Module) -> nn.Module:
    """Make every path count: positive weights, no activations, means for maxima, no statistics. In float64."""
    for path, part in list(module.named_modules()):
        if isinstance(part, nn.MaxPool2d):
            pool = part
            replaced: nn.Module = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)
        elif type(part).__name__ in _POINTWISE | _STATISTICS:
            replaced = nn.Identity()
        else:
            continue
        parent, _, name = path.rpartition(".")
        setattr(module.get_submodule(parent), name, replaced)
    for value in module.parameters():
        value.data.fill_(1.0).requires_grad_(False)
        if value.ndim > 1:
            value.data /= value[0].numel()
    return module.double().eval()


def box(image: Tensor, value: Tensor) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right) of where the gradient of a number is not zero; zeros where there is none."""
    (gradient,) = torch.autograd.grad(value, image, retain_graph=True, allow_unused=True)
    if gradient is None or not gradient.any():
        return (0, 0, 0, 0)
    rows = gradient.abs().sum((0, 1, 3)).nonzero().flatten()
    columns = gradient.abs().sum((0, 1, 2)).nonzero().flatten()
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def supports(module: nn.Module, shape: tuple[int, int, int], positions: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the boxes of positions of a module's result (1, C, h, w) for a picture of ``shape`` (H, W, C)."""
    image = torch.rand(1, shape[2], *shape[:2], dtype=torch.float64, requires_grad=True)
    result = module(image)
    return [box(image, result[0, :, row, column].sum()) for row, column in positions]


def corners(height: int, width: int) -> list[tuple[int, int]]:
    """Return the positions where fields differ: corners, middle, and one beside it."""
    rows, columns = sorted({0, height // 2, height - 1}), sorted({0, width // 2, width - 1})
    return [(row, column) for row in rows for column in columns]


def same_boxes(found: np.ndarray, wanted: list[tuple[int, ...]], positions: list[tuple[int, int]]) -> bool:
    return [tuple(found[position]) for position in positions] == wanted
