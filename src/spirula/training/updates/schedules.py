"""The learning rate as a pure function of the step.

Nothing is counted here: the same step of the same plan always has the same rate, so a resumed
training needs no schedule state and a plan that was shortened needs no repair.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import get_args

from ...errors import InputError
from ...wording import ScheduleName

# One-cycle as in PyTorch's OneCycleLR: rise over the first 30 % of the steps from peak/25, then fall
# to peak/250,000, both along half a cosine.
ONE_CYCLE_RISE = 0.3
ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = 1 / 25e4


@dataclass(frozen=True)
class Schedule:
    """A named course of the learning rate.

    Attributes
    ----------
    name: ``constant``; ``linear``, straight from ``peak`` to 0, with a warm-up the triangle of Smith's cyclical rates
        (2017, arXiv:1506.01186); ``exponential``, ``peak * decay_rate ** (step / decay_steps)`` as Keras's
        ``ExponentialDecay``; ``cosine``, half a cosine from ``peak`` to 0 (Loshchilov & Hutter 2017);
        ``one-cycle`` (Smith & Topin 2018), with the shape of PyTorch's ``OneCycleLR``.
    peak: largest learning rate, > 0.
    warmup_steps: steps of linear warm-up before the course begins: ``peak / n, 2 peak / n, …, peak``.
        One-cycle has its own and takes none.
    decay_steps, decay_rate: for exponential.
    factor: a course of the user's own, (step, steps) → share of ``peak``, in place of the named one.

    Raises :class:`InputError` for an unknown name or a warm-up before one-cycle.
    """

    name: ScheduleName
    peak: float
    warmup_steps: int = 0
    decay_steps: int = 1000
    decay_rate: float = 0.9
    factor: Callable[[int, int], float] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.name not in get_args(ScheduleName):
            raise InputError(
                f'There is no schedule "{self.name}"', f"Choose one of: {', '.join(get_args(ScheduleName))}."
            )
        if self.name == "one-cycle" and self.warmup_steps:
            raise InputError("warmup has no effect on one-cycle, which begins with its own", "Leave warmup out.")

    def at(self, step: int, steps: int) -> float:
        """Return the learning rate of ``step`` (from 0) in a plan of ``steps``."""
        warmup = min(self.warmup_steps, steps - 1)
        if step < warmup:
            return self.peak * (step + 1) / warmup
        step, steps = step - warmup, steps - warmup
        if self.factor is not None:
            return self.peak * self.factor(step, steps)
        if self.name == "exponential":
            return self.peak * math.pow(self.decay_rate, step / self.decay_steps)
        if self.name == "linear":
            return self.peak * (1 - step / steps)
        if self.name == "cosine":
            return _half_cosine(self.peak, 0.0, step / steps)
        if self.name == "one-cycle":
            return _one_cycle(self.peak, step, steps)
        return self.peak


def _one_cycle(peak: float, step: int, steps: int) -> float:
    top = max(ONE_CYCLE_RISE * steps - 1, 0.0)
    if step < top:
        return _half_cosine(peak * ONE_CYCLE_START, peak, step / top)
    return _half_cosine(peak, peak * ONE_CYCLE_END, (step - top) / max(steps - 1 - top, 1.0))


def _half_cosine(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
