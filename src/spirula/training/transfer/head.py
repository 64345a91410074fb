"""The output layer on fixed features: a convex problem with one answer, and how strongly to hold it back.

For features x, targets y and sample weights v the weights W (K, F) and the bias b (K,) minimise

    C · Σ v_i · loss(W x_i + b, y_i) + ½ ‖W‖²

which is scikit-learn's objective (``LogisticRegression(C=…)``; the bias is free). The loss is that of a softmax
over classes, the sum over labels of that of a sigmoid each, or half the squared error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .features import InterruptedHereError

Output = Literal["softmax", "sigmoid", "linear"]

# C for standardised features: from nearly the class frequencies to nearly free.
STRENGTHS: Final = tuple(float(f"{10**exponent:.3g}") for exponent in np.arange(-5, 1.5, 0.5))
USUAL: Final = 0.01  # where there is nothing to choose by
_WORSE: Final = 1.1  # stop looking further once the held-out loss is so many times the best one
_ITERATIONS: Final = 1_000


@dataclass(frozen=True, eq=False)
class Problem:
    """features: (N, F). targets: int64 (N,) for softmax; float (N, K) for sigmoid and linear.

    weights: float (N,), or (N, K) to weigh labels. outputs: K.
    """

    output: Output
    features: Tensor
    targets: Tensor
    weights: Tensor
    outputs: int

    def rows(self, chosen: Tensor) -> Problem:
        return replace(self, features=self.features[chosen], targets=self.targets[chosen], weights=self.weights[chosen])

    def to(self, dtype: torch.dtype) -> Problem:
        """Return the problem in an arithmetic: float64 for the answer, float32 to compare strengths."""
        targets = self.targets if self.output == "softmax" else self.targets.to(dtype)
        return replace(self, features=self.features.to(dtype), targets=targets, weights=self.weights.to(dtype))

    def loss(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Return the weighted sum of the losses."""
        outputs = self.features @ weight.T + bias
        if self.output == "softmax":
            return (functional.cross_entropy(outputs, self.targets, reduction="none") * self.weights).sum()
        if self.output == "sigmoid":
            each = functional.binary_cross_entropy_with_logits(outputs, self.targets, reduction="none")
        else:
            each = 0.5 * (outputs - self.targets).square()
        return (each * (self.weights if self.weights.ndim == 2 else self.weights[:, None])).sum()


@dataclass(frozen=True)
class Standard:
    """Features with mean 0 and deviation 1, which L2 holds back alike; what never changes stays at 0."""

    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Standard:
        """Measure features (N, F), in float64."""
        wide = features.double()
        deviation = wide.std(dim=0, correction=0)
        flat = deviation <= 1e-6 * wide.abs().amax(dim=0)
        return cls(wide.mean(dim=0), torch.where(flat, 0.0, 1.0 / deviation.clamp_min(1e-30)))

    def __call__(self, features: Tensor) -> Tensor:
        return ((features.double() - self.mean) * self.scale).to(features.dtype)

    def folded(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Return weight and bias for the features as they come."""
        raw = weight * self.scale
        return raw, bias - raw @ self.mean


def solve(
    problem: Problem,
    strength: float,
    start: tuple[Tensor, Tensor] | None = None,
    *,
    tolerance: float = 1e-7,
    interrupted: Callable[[], bool] = lambda: False,
) -> tuple[Tensor, Tensor, int]:
    """Return weight (K, F), bias (K,) and the evaluations that they took: L-BFGS with a strong Wolfe line search.

    strength: C. start: weight and bias to begin with. tolerance: of the largest gradient, the objective being divided
    by C and the sum of the weights. Raises :class:`InterruptedHereError` when asked to stop.
    """
    dtype, features = problem.features.dtype, problem.features.shape[1]
    place = problem.features.device
    weight = torch.zeros((problem.outputs, features), dtype=dtype, device=place)
    bias = torch.zeros(problem.outputs, dtype=dtype, device=place)
    if start is not None:
        weight.copy_(start[0])
        bias.copy_(start[1])
    weight.requires_grad_()
    bias.requires_grad_()
    total = float(problem.weights.sum()) / (problem.outputs if problem.weights.ndim == 2 else 1)
    evaluations = 0
    descent = torch.optim.LBFGS(
        [weight, bias],
        max_iter=_ITERATIONS,
        history_size=20,
        tolerance_grad=tolerance,
        tolerance_change=1e-12 if dtype == torch.float64 else 1e-8,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        nonlocal evaluations
        if interrupted():
            raise InterruptedHereError
        evaluations += 1
        descent.zero_grad()
        value = (problem.loss(weight, bias) + weight.square().sum() / (2 * strength)) / total
        value.backward()  # type: ignore[no-untyped-call]
        return value

    with torch.enable_grad():
        descent.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach(), evaluations


@dataclass(frozen=True)
class Chosen:
    """A strength C, why, and the held-out loss per sample of each that was tried."""

    strength: float
    reason: str
    tried: tuple[tuple[float, float], ...] = ()


def choose_strength(
    problem: Problem, folds: Tensor, judged: Tensor, *, interrupted: Callable[[], bool] = lambda: False
) -> Chosen:
    """Return the strength whose loss on held-out samples is least.

    folds: int64 (N,), the fold of each row; what belongs together is in one fold. judged: bool (N,), the rows that
    count when they are held out (not the augmented views). The class weights count there as in training. Features are
    standardised anew by the rows that are learned from, in each fold.
    Raises :class:`InterruptedHereError` when asked to stop.
    """
    number = int(folds.max()) + 1 if len(folds) else 0
    if number < 2:
        return Chosen(USUAL, "too few samples to choose by cross-validation")
    narrow = problem.to(torch.float32)
    parts = [_part(narrow, folds != fold, (folds == fold) & judged) for fold in range(number)]
    starts: list[tuple[Tensor, Tensor] | None] = [None] * number
    count = sum(int(held.weights.unsqueeze(-1).flatten(1).any(1).sum()) for _, held in parts)
    if count == 0:
        return Chosen(USUAL, "no class has samples enough to choose by cross-validation")
    tried: list[tuple[float, float]] = []
    for strength in STRENGTHS:  # from strong to weak: each answer is near the one before
        total = 0.0
        for place, (train, held) in enumerate(parts):
            weight, bias, _ = solve(train, strength, starts[place], tolerance=1e-4, interrupted=interrupted)
            starts[place] = (weight, bias)
            total += float(held.loss(weight, bias))
        tried.append((strength, total / count))
        best = min(loss for _, loss in tried)
        if tried[-1][1] > _WORSE * best:
            break
    strength, loss = min(tried, key=lambda pair: pair[1])
    return Chosen(strength, f"least held-out loss ({loss:.4f}) of {len(tried)} strengths, {number} folds", tuple(tried))


def _part(problem: Problem, learned: Tensor, held: Tensor) -> tuple[Problem, Problem]:
    """Return what is learned from and what is judged of one fold, standardised by the first.

    A class that only held-out samples have gets no weight there: the free bias calls it impossible at any strength, and
    its boundless loss would drown what the others tell.
    """
    train, judged = problem.rows(learned), problem.rows(held)
    standard = Standard.of(train.features)
    weights = judged.weights
    if problem.output == "softmax":
        weights = weights * torch.isin(judged.targets, train.targets)
    elif problem.output == "sigmoid" and len(train.targets):
        told = train.targets.amin(dim=0) < train.targets.amax(dim=0)
        weights = (weights if weights.ndim == 2 else weights[:, None]) * told
    return replace(train, features=standard(train.features)), replace(
        judged, features=standard(judged.features), weights=weights
    )


def right(output: Output, logits: Tensor, targets: Tensor) -> Tensor:
    """Return how right each sample's logits (N, K) are, float64 (N,): 0 or 1, or the share of its labels.

    targets: as in :class:`Problem`, of a softmax or a sigmoid.
    """
    if output == "softmax":
        return (logits.argmax(1) == targets).double()
    return ((logits > 0) == (targets.reshape(len(logits), -1) > 0.5)).double().mean(1)


@torch.no_grad()
def fill(layer: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    """Write weight (K, F) and bias (K,) into an output layer that has a bias."""
    layer.weight.copy_(weight)
    layer.bias.copy_(bias)
