"""Which epoch is the best one, and when to stop waiting for a better one."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InputError, did_you_mean


@dataclass(frozen=True)
class StoppingRule:
    """What "better" means.

    Attributes
    ----------
    monitor: metric that chooses the best epoch, such as ``val_loss`` or ``val_accuracy``. Whether
        smaller or larger is better follows from its name, unless ``direction`` says it for a metric of the user's own.
    patience: stop after this many epochs in a row without improvement (as Keras's
        ``EarlyStopping``); None: never.
    tie: a loss that decides between epochs alike by ``monitor``; None: the first of them is the best.
    min_delta: an epoch improves only when it is better than the best by more than this.
    """

    monitor: str
    patience: int | None = None
    min_delta: float = 0.0
    direction: Literal["min", "max"] | None = None
    tie: str | None = field(default=None, repr=False)

    def check(self, metrics: Collection[str]) -> None:
        """Raise :class:`InputError` when this training does not measure ``monitor``."""
        if self.monitor not in metrics:
            raise InputError(
                f'monitor = "{self.monitor}" is not measured here.{did_you_mean(self.monitor, metrics)}',
                f"Choose one of: {', '.join(metrics)}.",
            )

    @property
    def mode(self) -> Literal["min", "max"]:
        if self.direction is not None:
            return self.direction
        return "max" if self.monitor.removeprefix("val_") == "accuracy" else "min"


class BestEpoch:
    """Follows the monitored metric."""

    def __init__(self, rule: StoppingRule) -> None:
        self.rule = rule
        self.epoch: int | None = None
        self.value: float | None = None
        self.tied = math.inf
        self.waited = 0

    def update(self, epoch: int, metrics: Mapping[str, float]) -> bool:
        """Take the metrics of an epoch; return whether it is the best so far. NaN never is."""
        value = metrics[self.rule.monitor]
        sign = -1.0 if self.rule.mode == "max" else 1.0
        best = math.inf if self.value is None else sign * self.value
        loss = math.inf if self.rule.tie is None else metrics[self.rule.tie]
        better = sign * value < best - (0.0 if self.value is None else self.rule.min_delta)
        if better or (value == self.value and loss < self.tied):
            self.epoch, self.value, self.tied, self.waited = epoch, value, loss, 0
            return True
        self.waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self.rule.patience is not None and self.waited >= self.rule.patience

    def state(self) -> dict[str, Any]:
        kept = {"epoch": self.epoch, "value": self.value, "waited": self.waited}
        return kept if self.rule.tie is None or self.value is None else {**kept, "tied": self.tied}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.epoch, self.value, self.waited = state["epoch"], state["value"], state["waited"]
        self.tied = state.get("tied", math.inf)
