"""Networks, losses and batches with one planted fault each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

HOUSES = 24


@dataclass(frozen=True)
class RowBatch:
    images: Tensor
    targets: Tensor
    rows: Tensor


class RowFeed:
    """Samples in order, the same every epoch; ``rows`` begin at 100, as those of a later split would."""

    def __init__(self, images: Tensor, targets: Tensor, batch_size: int = 8) -> None:
        self.images, self.targets, self.batch_size = images, targets, batch_size
        self.samples = len(images)

    def __len__(self) -> int:
        return -(-self.samples // self.batch_size)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[RowBatch]:
        for rows in torch.arange(self.samples).split(self.batch_size)[start:]:
            yield RowBatch(self.images[rows], self.targets[rows], rows + 100)


def vectors(features: int = 8, samples: int = HOUSES) -> Tensor:
    return torch.randn(samples, features, generator=torch.Generator().manual_seed(3))


def houses() -> RowFeed:
    """Eight columns as unscaled as California housing: income, age, rooms, bedrooms, population, people, place."""
    centre = torch.tensor([3.9, 28.6, 5.4, 1.1, 1425.0, 3.1, 35.6, -119.6])
    spread = torch.tensor([1.9, 12.6, 2.5, 0.5, 1132.0, 10.0, 2.1, 2.0])
    return RowFeed(centre + spread * vectors(), 2.0 + vectors(1)[:, 0])


class SoftReLU(nn.Module):
    """The notes' own activation: log(1 + exp(z))."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.log(1.0 + torch.exp(z))


class Call(nn.Module):
    """A function as a layer, with its name in the module's path."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Poisoning(nn.Module):
    """Writes a NaN into a weight of another layer when it has been called so often; a checkpoint knows the count."""

    def __init__(self, victim: nn.Linear, after: int) -> None:
        super().__init__()
        self.__dict__["victim"] = victim
        self.after = after
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += self.training
        if self.calls == self.after:
            with torch.no_grad():
                self.victim.weight[0, 0] = math.nan
        return x


def network(middle: nn.Module, features: int = 8, outputs: int = 1, seed: int = 0) -> nn.Sequential:
    """dense → middle → head, of which only ``middle`` can be at fault."""
    torch.manual_seed(seed)
    layers = nn.Sequential()
    layers.add_module("dense", nn.Linear(features, 6))
    layers.add_module("middle", middle)
    layers.add_module("head", nn.Linear(6, outputs))
    return layers
