"""An exponential moving average of the weights (Polyak & Juditsky 1992), used for evaluation."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .parameters import tensors


class WeightAverage:
    """A second network whose weights trail those of ``module``.

    After update number t (from 1), with ``d = min(decay, (1 + t) / (10 + t))``::

        average = d * average + (1 - d) * weights

    The growing ``d`` keeps the random start out of short trainings. Parameters and floating buffers
    (BatchNorm's statistics) are averaged alike; counters are copied.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0
        self._averages, self._weights = [], []
        self._copies: list[tuple[Tensor, Tensor]] = []
        latest = tensors(module)
        for name, average in tensors(self.module).items():
            if average.is_floating_point():
                self._averages.append(average)
                self._weights.append(latest[name])
            else:
                self._copies.append((average, latest[name]))

    @torch.no_grad()
    def update(self) -> None:
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._averages, self._weights, 1 - decay)
        for average, latest in self._copies:
            average.copy_(latest)
