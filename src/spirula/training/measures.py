"""Running sums of an epoch, kept on the device: adding to them never waits for the device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .losses import REGRESSION, LossName, binary_pair, regression_pair


def measure_names(loss: LossName) -> tuple[str, ...]:
    """Return the metrics of a pass: loss and accuracy, or loss, mae and rmse for regression."""
    return ("loss", "mae", "rmse") if loss in REGRESSION else ("loss", "accuracy")


class Measures:
    """Mean loss, accuracy or errors, and penalty over the samples seen so far.

    Accuracy is the share of samples whose largest output is the (largest) target class; for one
    sigmoid output, whose side of 1/2 is right; for several labels, the share of labels on the right
    side. Sums are float64 where the device has it, so that a long epoch loses nothing.
    """

    def __init__(self, loss: LossName, device: torch.device) -> None:
        self.loss = loss
        self.device = device
        self.samples = 0
        kind = torch.float32 if device.type == "mps" else torch.float64
        self._sums = [torch.zeros((), dtype=kind, device=device) for _ in range(4)]
        self._loss, self._first, self._second, self._penalty = self._sums

    @torch.no_grad()
    def add(self, logits: Tensor, targets: Tensor, loss: Tensor, penalty: Tensor | None = None) -> None:
        """Add a batch; ``loss`` and ``penalty`` are its means."""
        count = len(logits)
        self.samples += count
        self._loss.add_(loss, alpha=count)
        if penalty is not None:
            self._penalty.add_(penalty, alpha=count)
        if self.loss == "cross-entropy":
            classes = targets.argmax(1) if targets.ndim == 2 else targets
            self._first.add_((logits.argmax(1) == classes).sum())
        elif self.loss == "binary-cross-entropy":
            logits, targets = binary_pair(logits, targets)
            hits = ((logits > 0) == (targets > 0.5)).sum()
            self._first.add_(hits, alpha=count / logits.numel())
        else:
            outputs, targets = regression_pair(logits, targets)
            error = outputs - targets
            self._first.add_(error.abs().sum(), alpha=count / error.numel())
            self._second.add_(error.square().sum(), alpha=count / error.numel())

    def mean_loss(self) -> float:
        """Return the mean loss; waits for the device."""
        return self._loss.item() / max(self.samples, 1)

    def accuracy(self) -> float | None:
        return None if self.loss in REGRESSION else self._first.item() / max(self.samples, 1)

    def penalty(self) -> float:
        return self._penalty.item() / max(self.samples, 1)

    def results(self, prefix: str = "") -> dict[str, float]:
        """Return the means by name."""
        samples = max(self.samples, 1)
        if self.loss in REGRESSION:
            values = {"mae": self._first.item() / samples, "rmse": math.sqrt(self._second.item() / samples)}
        else:
            values = {"accuracy": self._first.item() / samples}
        return {f"{prefix}{name}": value for name, value in {"loss": self.mean_loss(), **values}.items()}

    def state(self) -> dict[str, float]:
        """Return the sums as numbers; JSON keeps them to the last bit."""
        names = ("loss", "first", "second", "penalty")
        return {"samples": self.samples, **{n: t.item() for n, t in zip(names, self._sums, strict=True)}}

    def reset(self) -> None:
        self.samples = 0
        for total in self._sums:
            total.zero_()

    def restore(self, state: dict[str, float]) -> None:
        self.samples = int(state["samples"])
        for name, total in zip(("loss", "first", "second", "penalty"), self._sums, strict=True):
            total.fill_(state[name])
