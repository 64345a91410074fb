"""The few modules that torch does not have. Each is a few lines; everything else is plain ``torch.nn``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_SMALLEST = 1e-7  # Keras's floor under a standard deviation


class Rescaling(nn.Module):
    """x · scale + offset."""

    def __init__(self, scale: float, offset: float = 0.0) -> None:
        super().__init__()
        self.scale = scale
        self.offset = offset

    def forward(self, x: Tensor) -> Tensor:
        # In float32: a regression's output may lie far from zero, where bfloat16 has few digits.
        return x.float() * self.scale + self.offset

    def extra_repr(self) -> str:
        return f"scale={self.scale}, offset={self.offset}"


class Exponential(nn.Module):
    """exp(x)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.exp()


class Squareplus(nn.Module):
    """(x + √(x² + 4)) / 2: a ReLU with a round corner (Barron 2021, arXiv:2112.11687)."""

    def forward(self, x: Tensor) -> Tensor:
        return (x + (x * x + 4).sqrt()) / 2


class Resizing(nn.Module):
    """Scales maps to a size."""

    def __init__(self, size: tuple[int, int], mode: str, antialias: bool) -> None:
        super().__init__()
        self.size = size
        self.mode = mode
        self.antialias = antialias

    def forward(self, x: Tensor) -> Tensor:
        return functional.interpolate(x, self.size, mode=self.mode, antialias=self.antialias)

    def extra_repr(self) -> str:
        return f"size={self.size}, mode={self.mode!r}, antialias={self.antialias}"


class Normalization(nn.Module):
    """(x - mean) / standard deviation per channel, with statistics that :mod:`spirula.models.adapt` fills.

    ``mean`` and ``variance`` are (C,); ``count`` is the number of values per channel that they come from, 0 before.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, channels: int, mean: Tensor | None = None, variance: Tensor | None = None) -> None:
        super().__init__()
        self.learned = mean is None
        self.register_buffer("mean", torch.zeros(channels) if mean is None else mean)
        self.register_buffer("variance", torch.ones(channels) if variance is None else variance)
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        shape = (1, -1, *([1] * (x.ndim - 2)))
        spread = self.variance.sqrt().clamp_min(_SMALLEST)
        return (x - self.mean.view(shape)) / spread.view(shape)

    def extra_repr(self) -> str:
        return f"{self.mean.numel()}, learned={self.learned}"


class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each position of (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class AveragePoolingSame(nn.Module):
    """Average pooling with unequal "same" padding; the padding does not count in the mean."""

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.kernel_size = kernel
        self.stride = stride
        self.padding = padding  # left, right, top, bottom

    def forward(self, x: Tensor) -> Tensor:
        sums = functional.avg_pool2d(functional.pad(x, self.padding), self.kernel_size, self.stride)
        inside = functional.pad(x.new_ones(1, 1, *x.shape[2:]), self.padding)
        return sums / functional.avg_pool2d(inside, self.kernel_size, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, *inputs: Tensor) -> Tensor:
        total = inputs[0]
        for other in inputs[1:]:
            total = total + other
        return total


class Concatenate(nn.Module):
    """Its inputs side by side."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.dimension = dimension

    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, self.dimension)

    def extra_repr(self) -> str:
        return f"dimension={self.dimension}"


class Residual(nn.Module):
    """activation(body(x) + shortcut(x))."""

    def __init__(self, body: nn.Sequential, shortcut: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return result


class Graph(nn.Module):
    """Named modules and, for each, the names of the values that it is given. The last one's value is the output."""

    def __init__(self, modules: dict[str, nn.Module], wiring: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.wiring = tuple(wiring)
        self.last_use = {value: name for name, values in self.wiring for value in values}

    def forward(self, x: Tensor) -> Tensor:
        values = {"input": x}
        for name, needed in self.wiring:
            x = self.get_submodule(name)(*(values[value] for value in needed))
            for value in set(needed):
                if self.last_use[value] == name:
                    del values[value]  # a value that nobody needs again must not hold its memory
            values[name] = x
        return x
