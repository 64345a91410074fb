"""Loss, accuracy and errors of a pass, measured without getting in its way.

A step only leaves its outputs here; they are looked at together, when somebody asks or enough have come
together. Measuring each on its own would cost a small network several percent of its speed, and a
GPU would have to be waited for. Sums are taken in the order of the samples, so they do not depend on when
somebody asked: a resumed epoch has the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from ..wording import LossName
from .losses import REGRESSION, binary_pair, paired, regression_pair
from .own import Metric

# Outputs that may wait: 4 MB of float32, so that many classes do not fill the memory.
WAITING = 1 << 20
_SUMS = ("samples", "elements", "loss", "penalty", "hits", "absolute", "squared")


def measure_names(loss: LossName) -> tuple[str, ...]:
    """Return the metrics of a pass: loss and accuracy, or loss, mae and rmse for regression."""
    return ("loss", "mae", "rmse") if loss in REGRESSION else ("loss", "accuracy")


def measured(loss: LossName, metrics: Sequence[Metric], *, validation: bool) -> list[str]:
    """Return every name under which an epoch reports a metric; the user's own are measured on validation samples."""
    names = measure_names(loss)
    return [*names, *(f"val_{name}" for name in [*names, *(own.name for own in metrics)] if validation)]


class Measures:
    """Means over the samples seen so far. All but :meth:`add` wait for the device.

    Accuracy is the share of samples whose largest output is the (largest) target class; for one
    sigmoid output, whose side of 1/2 is right; for several labels, the share of labels on the right
    side. ``metrics`` of the user's own need the outputs of all samples at once, which are kept for them.
    """

    def __init__(self, loss: LossName, metrics: Sequence[Metric] = ()) -> None:
        self.name = loss
        self.metrics = metrics
        self.reset()

    def reset(self) -> None:
        self._sums = dict.fromkeys(_SUMS, 0.0)
        self._waiting: list[tuple[Tensor, Tensor, Tensor, Tensor | None]] = []
        self._kept: list[tuple[Tensor, Tensor]] = []
        self._size = 0

    def add(self, logits: Tensor, targets: Tensor, loss: Tensor, penalty: Tensor | None = None) -> None:
        """Add a batch; ``loss`` and ``penalty`` are its means. None of them may carry a graph."""
        self._waiting.append((logits, targets, loss, penalty))
        self._size += logits.numel()
        if self._size > WAITING:
            self._look()

    @torch.no_grad()
    def _look(self) -> None:
        if not self._waiting:
            return
        logits, targets, losses, penalties = zip(*self._waiting, strict=True)
        sums, counts = self._sums, [len(batch) for batch in logits]
        sums["samples"] += sum(counts)
        sums["loss"] = _on(sums["loss"], _products(losses, counts))
        if penalties[0] is not None:
            sums["penalty"] = _on(sums["penalty"], _products(penalties, counts))
        self._compare(torch.cat(logits), torch.cat(targets))
        if self.metrics:
            self._kept += zip(logits, targets, strict=True)
        self._waiting, self._size = [], 0

    def _compare(self, logits: Tensor, targets: Tensor) -> None:
        sums = self._sums
        if self.name == "cross-entropy":
            classes = targets.argmax(1) if targets.ndim == 2 else targets
            sums["hits"] += (logits.argmax(1) == classes).sum().item()
            sums["elements"] += len(logits)
        elif self.name == "binary-cross-entropy":
            logits, targets = binary_pair(logits, targets)
            sums["hits"] += ((logits > 0) == (targets > 0.5)).sum().item()
            sums["elements"] += logits.numel()
        else:
            outputs, targets = regression_pair(logits, targets)
            errors = (outputs - targets).flatten().tolist()
            sums["absolute"] = _on(sums["absolute"], map(abs, errors))
            sums["squared"] = _on(sums["squared"], (error * error for error in errors))
            sums["elements"] += len(errors)

    @property
    def samples(self) -> int:
        self._look()
        return int(self._sums["samples"])

    def mean_loss(self) -> float:
        self._look()
        return self._sums["loss"] / max(self._sums["samples"], 1)

    def penalty(self) -> float:
        self._look()
        return self._sums["penalty"] / max(self._sums["samples"], 1)

    def accuracy(self) -> float | None:
        """Return the accuracy, 0…1; None for regression."""
        self._look()
        return None if self.name in REGRESSION else self._sums["hits"] / max(self._sums["elements"], 1)

    def results(self, prefix: str = "") -> dict[str, float]:
        """Return the means by name."""
        loss, elements = self.mean_loss(), max(self._sums["elements"], 1)
        if self.name in REGRESSION:
            values = {"mae": self._sums["absolute"] / elements, "rmse": math.sqrt(self._sums["squared"] / elements)}
        else:
            values = {"accuracy": self._sums["hits"] / elements}
        return {f"{prefix}{name}": value for name, value in {"loss": loss, **values, **self._own()}.items()}

    def _own(self) -> dict[str, float]:
        if not self.metrics or not self._kept:
            return {}
        logits, targets = zip(*self._kept, strict=True)
        outputs, wanted = paired(self.name, torch.cat(logits), torch.cat(targets))
        return {metric.name: metric(outputs, wanted) for metric in self.metrics}

    def state(self) -> dict[str, float]:
        """Return the sums; JSON keeps them to the last bit."""
        self._look()
        return dict(self._sums)

    def restore(self, state: Mapping[str, float]) -> None:
        self.reset()
        self._sums = {name: float(state[name]) for name in _SUMS}


def _products(means: Sequence[Tensor], counts: list[int]) -> Iterable[float]:
    values: list[float] = torch.stack(list(means)).tolist()
    return (mean * count for mean, count in zip(values, counts, strict=True))


def _on(total: float, values: Iterable[float]) -> float:
    """Add one after the other. ``sum`` rounds differently from Python 3.12 on, depending on where it began."""
    for value in values:
        total += value
    return total
