"""Training within a wall-clock budget: how many steps fit, decided before the first one.

The schedule needs to know the end of the training, so the plan is a number of steps. It is measured
on a throwaway copy of the network, written into every checkpoint, and only ever made shorter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from ..errors import InputError
from .feed import Batch, Feed

# What is left free: the first measurement is short and knows neither checkpoints nor a busy machine.
FIRST_MARGIN = 0.08
LATER_MARGIN = 0.03
PROBE_SHARE = 0.03
PROBE_STEPS = 40


@dataclass(frozen=True)
class Pace:
    """Seconds that a training step and a whole validation pass take (checkpoint included)."""

    step: float
    validation: float


def steps_within(seconds: float, pace: Pace, full_epoch: int) -> int:
    """Return how many steps fit into ``seconds``, every epoch (the last, partial one too) with its validation."""
    epochs = int(seconds / (full_epoch * pace.step + pace.validation))
    rest = seconds - epochs * (full_epoch * pace.step + pace.validation)
    partial = min(int(max(rest - pace.validation, 0.0) / pace.step), full_epoch)
    return epochs * full_epoch + partial


def measure_pace(
    train: Feed,
    validation: Feed | None,
    step: Callable[[Batch], object],
    judge: Callable[[Batch], object],
    *,
    budget: float,
    clock: Callable[[], float],
) -> Pace:
    """Time some steps and some validation batches, for at most a few percent of the budget.

    ``step`` and ``judge`` must work on a throwaway network and wait for the device.
    """
    limit = PROBE_SHARE * budget
    seconds = _seconds_per_batch(train.epoch(1), step, limit, clock)
    if validation is None:
        return Pace(seconds, 0.0)
    return Pace(seconds, _seconds_per_batch(validation.epoch(0), judge, limit / 2, clock) * len(validation))


def first_plan(left: float, pace: Pace, full_epoch: int, budget: float) -> int:
    """Return the planned steps. Raises :class:`InputError` when not even one step fits."""
    steps = steps_within(left * (1 - FIRST_MARGIN), pace, full_epoch)
    if steps < 1:
        raise InputError(
            f"budget = {budget:g}s is too small: a step takes {pace.step:.2g}s "
            f"and a pass over the validation samples {pace.validation:.2g}s here",
            f"Give it at least {_round_up(2 * (budget - left + 10 * pace.step + pace.validation))}s.",
        )
    return steps


def later_plan(planned: int, done: int, left: float, pace: Pace, full_epoch: int) -> int:
    """Return the plan at the end of an epoch: the old one, or as many steps as still fit."""
    return min(planned, done + steps_within(max(left, 0.0) * (1 - LATER_MARGIN), pace, full_epoch))


def _seconds_per_batch(
    batches: Iterable[Batch], use: Callable[[Batch], object], limit: float, clock: Callable[[], float]
) -> float:
    """The first batch pays for set-up (kernels chosen, memory taken) and is left out if others follow."""
    began = clock()
    ends: list[float] = []
    for batch in islice(batches, PROBE_STEPS):
        use(batch)
        ends.append(clock())
        if len(ends) >= 3 and ends[-1] - began > limit:
            break
    if len(ends) == 1:
        return max(ends[0] - began, 1e-9)
    return max((ends[-1] - ends[0]) / (len(ends) - 1), 1e-9)


def _round_up(seconds: float) -> int:
    return int(seconds) + 1
