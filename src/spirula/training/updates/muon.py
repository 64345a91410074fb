"""Muon: momentum whose matrix is made orthogonal, for the kernels before the output layer.

A gradient of a kernel is dominated by few directions; made orthogonal, it moves all of them by the same amount (Jordan,
Jin, Boza, You, Cesista, Newhouse, Bernstein 2024, https://kellerjordan.github.io/posts/muon/). PyTorch's own Muon takes
matrices only; here the kernel of a convolution is one, (filters, channels · height · width), and the parameters that
Muon is not made for take plain Nesterov steps in the same optimizer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

# Of the quintic a·x + b·x³ + c·x⁵ that brings singular values in (0, 1] near 1 in few steps: as published.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
# Times longer than high from which a matrix is cheaper by way of its Gram matrix: 2·M²·N + 20·M³ multiplications for
# 10·M²·N + 5·M³.
GRAM_FROM = 2.0


def orthogonalized(matrix: Tensor, iterations: int = ITERATIONS) -> Tensor:
    """Return about U Vᵀ for ``matrix`` = U S Vᵀ of shape (M, N): its singular values become 0.7 to 1.2.

    Newton–Schulz iteration X ← (a + b·G + c·G²)·X with G = X Xᵀ; a matrix of zeros stays one.
    """
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x: Tensor = wide / wide.norm().clamp_min(1e-7)
    x = _by_gram(x, iterations) if x.shape[1] > GRAM_FROM * x.shape[0] else _by_steps(x, iterations)
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def _by_steps(x: Tensor, iterations: int) -> Tensor:
    a, b, c = COEFFICIENTS
    for _ in range(iterations):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


def _by_gram(x: Tensor, iterations: int) -> Tensor:
    """The same without the long side: what the iterations multiply X by, a polynomial of G, is gathered first.

    Each factor Q commutes with G, and the next G is Q·G·Q: all products but the first and the last are of (M, M).
    """
    a, b, c = COEFFICIENTS
    gram = x @ x.T
    product = torch.eye(len(x), dtype=x.dtype, device=x.device)
    for _ in range(iterations):
        factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
        factor.diagonal().add_(a)
        product = factor @ product
        gram = factor @ gram @ factor
    return product @ x


class Muon(Optimizer):
    """Muon for the groups with ``orthogonal=True``, stochastic gradient descent with Nesterov momentum for the others.

    With momentum m, gradient g and M = m·M + g, the step of a kernel W of f filters and n values each is ::

        W ← (1 - rate · weight_decay) · W - rate · √max(1, f / n) · orthogonalized(g + m·M)

    and that of any other parameter ``w ← w - rate · (g + m·M)``, with no weight decay. With ``unit_filters`` such a
    kernel is brought to ``‖W‖ = √f`` before each step, so that its filters have length 1 in the mean square: steps
    turn it by the same angle all along, where they would lengthen it and turn it less and less (Jordan 2024,
    airbench94_muon, https://github.com/KellerJordan/cifar10-airbench). Before a BatchNormalization that changes
    nothing of what the network computes.
    """

    def __init__(
        self,
        groups: list[dict[str, Any]],
        *,
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        unit_filters: bool = False,
    ) -> None:
        plain = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(groups, {**plain, "orthogonal": False, "unit_filters": unit_filters})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step; ``closure`` is PyTorch's and not used."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)

    def _move(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        momentum, rate = state["momentum_buffer"], group["lr"]
        momentum.mul_(group["momentum"]).add_(gradient)
        direction = gradient.add(momentum, alpha=group["momentum"])
        if not group["orthogonal"]:
            parameter.add_(direction, alpha=-rate)
            return
        matrix = orthogonalized(direction.flatten(1))
        if group["unit_filters"]:
            parameter.mul_(math.sqrt(len(parameter)) / parameter.norm().clamp_min(1e-7))
        if group["weight_decay"]:
            parameter.mul_(1 - rate * group["weight_decay"])
        scale = math.sqrt(max(1.0, matrix.shape[0] / matrix.shape[1]))
        parameter.add_(matrix.view(parameter.shape), alpha=-rate * scale)
