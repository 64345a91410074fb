"""What is minimised, and what it is compared with: one piece of code for training and validation.

The validation loss is the same function of the same logits without smoothing and weights, so a
perfect classifier reaches (nearly) zero. Everything is computed on logits in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..custom.piece import Piece
from ..errors import InputError, ModelError
from ..wording import LossName
from .own import loss_function, penalty_function
from .updates.parameters import kernels

Criterion = Callable[[Tensor, Tensor], Tensor]
Penalty = tuple[str, Literal["l1", "l2"] | Piece, float]

REGRESSION: tuple[LossName, ...] = ("mse", "mae", "huber")


@dataclass(frozen=True)
class Loss:
    """A loss over logits and targets, averaged over the batch.

    Attributes
    ----------
    name: ``cross-entropy``: logits (B, K), targets int64 (B,) or probabilities (B, K).
        ``binary-cross-entropy``: logits (B, 1) for two classes, targets int64 (B,) or probabilities
        (B, 2); or logits (B, K) for several labels at once, targets (B, K) in 0…1, averaged over labels.
        ``mse``, ``mae``, ``huber``: outputs (B, 1) or (B, K), targets (B,) or (B, K).
    label_smoothing: ε in [0, 1): targets become ``(1 - ε) t + ε / K`` (Szegedy et al. 2016).
    class_weights: one factor per class. As in Keras, the weighted losses are summed and divided by
        the number of samples (PyTorch divides by the sum of the weights), so soft targets mix in
        proportion. For several labels, a factor per label.
    huber_delta: where the square becomes a line (Huber 1964):
        ``e² / 2`` for ``|e| ≤ δ``, else ``δ |e| - δ² / 2``.
    own: a loss of the user's own that is computed in place of ``name``'s; ``name`` then says how outputs are read. It
        gets what :func:`paired` returns, and what it returns per sample is averaged.
    slope: of an own loss, the gradient at errors of one standard deviation; see :attr:`Objective.scale`.
    """

    name: LossName
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    huber_delta: float = 1.0
    own: Piece | None = None
    slope: float = 1.0

    def plain(self) -> Loss:
        """Return the loss for validation: no smoothing, no weights."""
        return replace(self, label_smoothing=0.0, class_weights=None)

    def on(self, device: torch.device | str) -> Criterion:
        """Return the function ``(logits, targets) -> loss``; it raises :class:`ModelError` on unfit shapes."""
        if self.own is not None:
            return _own(self.own, self.name)
        weights = None if self.class_weights is None else torch.tensor(self.class_weights, device=device)
        if self.name == "cross-entropy":
            return _cross_entropy(self.label_smoothing, weights)
        if self.name == "binary-cross-entropy":
            return _binary_cross_entropy(weights)
        return _regression(self.name, self.huber_delta)


def auto_class_weights(counts: Sequence[int]) -> tuple[float, ...]:
    """Return inverse-frequency weights ``N / (K n_k)``: their mean over the samples is 1.

    ``counts`` are training samples per class. Raises :class:`InputError` for a class without any.
    """
    if min(counts, default=0) <= 0:
        raise InputError(
            f"class_weights = auto: class number {list(counts).index(min(counts)) if counts else 0} "
            "has no training sample",
            "Remove the class, add samples, or give weights by name.",
        )
    return tuple(sum(counts) / (len(counts) * count) for count in counts)


def _cross_entropy(smoothing: float, weights: Tensor | None) -> Criterion:
    def criterion(logits: Tensor, targets: Tensor) -> Tensor:
        if logits.ndim != 2 or logits.shape[1] < 2 or (targets.ndim == 2 and targets.shape != logits.shape):
            raise _unfit("cross-entropy", logits, targets, "End the network with one output per class.")
        if weights is None:
            return functional.cross_entropy(logits.float(), targets, label_smoothing=smoothing)
        total = functional.cross_entropy(logits.float(), targets, weights, label_smoothing=smoothing, reduction="sum")
        return total / len(logits)

    return criterion


def _binary_cross_entropy(weights: Tensor | None) -> Criterion:
    def criterion(logits: Tensor, targets: Tensor) -> Tensor:
        logits, targets = binary_pair(logits, targets)
        if weights is None:
            return functional.binary_cross_entropy_with_logits(logits, targets)
        # One output stands for two classes: its weight follows the target. Otherwise a weight per label.
        factor = torch.lerp(weights[0], weights[1], targets) if logits.ndim == 1 else weights
        return functional.binary_cross_entropy_with_logits(logits, targets, factor)

    return criterion


def _own(piece: Piece, name: LossName) -> Criterion:
    function = loss_function(piece)

    def criterion(logits: Tensor, targets: Tensor) -> Tensor:
        value = function(*paired(name, logits, targets))
        return value.mean() if value.ndim else value

    return criterion


def paired(name: LossName, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return outputs and targets as a loss or metric of the user's own gets them, outputs as float32.

    Several classes: logits (B, K), targets int64 (B,) or, mixed, float32 (B, K). One sigmoid output: logits and targets
    (B,). Several labels: both (B, K). Numbers: outputs of the targets' shape, in the targets' unit.
    """
    if name == "cross-entropy":
        return logits.float(), targets
    return binary_pair(logits, targets) if name == "binary-cross-entropy" else regression_pair(logits, targets)


def binary_pair(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return float32 logits and targets of equal shape: (B,) for one sigmoid output, else (B, K)."""
    if logits.ndim == 2 and logits.shape[1] == 1:
        # MixUp of two classes gives (B, 2); the output is the probability of the second class.
        if targets.ndim == 2 and targets.shape[1] == 2:
            return logits.squeeze(1).float(), targets[:, 1]
        if targets.numel() == len(logits):
            return logits.squeeze(1).float(), targets.reshape(-1).float()
    elif logits.ndim == 2 and targets.ndim == 1 and not targets.is_floating_point():
        # Not one_hot(): it looks at the values, for which a GPU would have to be waited for.
        labels = torch.arange(logits.shape[1], device=targets.device)
        return logits.float(), (targets[:, None] == labels).float()
    elif logits.shape == targets.shape:
        return logits.float(), targets.float()
    raise _unfit("binary-cross-entropy", logits, targets, "End the network with one output, or one per label.")


def _regression(name: LossName, delta: float) -> Criterion:
    def criterion(outputs: Tensor, targets: Tensor) -> Tensor:
        outputs, targets = regression_pair(outputs, targets)
        if name == "mse":
            return functional.mse_loss(outputs, targets)
        if name == "mae":
            return functional.l1_loss(outputs, targets)
        return functional.huber_loss(outputs, targets, delta=delta)

    return criterion


def regression_pair(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return float32 outputs and targets of equal shape; a broadcast (B, B) would be a silent mistake."""
    if outputs.shape != targets.shape and outputs.numel() == targets.numel() and len(outputs) == len(targets):
        outputs = outputs.reshape(targets.shape)
    if outputs.shape != targets.shape:
        raise _unfit("A regression loss", outputs, targets, "End the network with one output per number to predict.")
    return outputs.float(), targets.float()


def _unfit(name: str, logits: Tensor, targets: Tensor, remedy: str) -> ModelError:
    return ModelError(
        f"{name} cannot compare outputs of shape {tuple(logits.shape)} with targets of shape {tuple(targets.shape)}",
        remedy,
    )


@dataclass(frozen=True)
class Objective:
    """The loss and the penalties that are added to it.

    Attributes
    ----------
    l1, l2: factors of ``Σ |w|`` and ``Σ w²`` over every kernel (no biases, no normalisation), as
        Keras's regularizers.
    penalties: the same for single parameters: ``(parameter name, "l1" | "l2", factor)``.
    unit: standard deviation of a regression's targets, by which the network's output was multiplied.
    """

    loss: Loss
    l1: float = 0.0
    l2: float = 0.0
    penalties: tuple[Penalty, ...] = ()
    unit: float = 1.0

    @property
    def scale(self) -> float:
        """What the sum of loss and penalties is divided by before its gradient is taken.

        A loss in dollars has gradients a million times larger than one in thousands of dollars. Divided by this,
        they are those of a loss in standard deviations: a learning rate means the same for any unit of
        the targets, and what is minimised stays the same.
        """
        if self.loss.own is not None:
            return self.unit * self.loss.slope
        powers = {"mse": self.unit**2, "mae": self.unit, "huber": self.unit * min(self.unit, self.loss.huber_delta)}
        return powers.get(self.loss.name, 1.0)

    @property
    def penalised(self) -> bool:
        return bool(self.l1 or self.l2 or self.penalties)

    def penalty(self, module: nn.Module) -> Callable[[], Tensor] | None:
        """Return the function that sums the penalties of ``module``; None when there are none.

        Raises :class:`ModelError` when a penalty names a parameter that the network does not have.
        """
        named = dict(module.named_parameters())
        terms: list[tuple[nn.Parameter, str, float]] = []
        own: list[tuple[Callable[[Tensor], Tensor], nn.Parameter]] = []
        for name, kind, factor in self.penalties:
            if name not in named:
                raise ModelError(f'A penalty names the parameter "{name}", which the network does not have')
            if isinstance(kind, Piece):
                own.append((penalty_function(kind, named[name]), named[name]))
            else:
                terms.append((named[name], kind, factor))
        for kernel in kernels(module).values():
            terms += [(kernel, kind, factor) for kind, factor in (("l1", self.l1), ("l2", self.l2))]
        terms = [term for term in terms if term[2] != 0.0]
        if not terms and not own:
            return None

        def penalty() -> Tensor:
            parts = [factor * (w.abs() if kind == "l1" else w.square()).sum() for w, kind, factor in terms]
            parts += [function(w) for function, w in own]
            return torch.stack(parts).sum()

        return penalty
