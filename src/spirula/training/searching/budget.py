"""Training within a wall-clock budget: how many steps fit, decided before the first one.

The schedule needs to know the end of the training, so the plan is a number of steps. It is measured
on a throwaway copy of the network, written into every checkpoint, and only ever made shorter.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import torch
from torch import nn

from ...errors import InputError
from ..compiling.forward import CompiledForward
from ..feed import Batch, Feed
from ..parts import Parts
from ..settings import Settings
from ..state import Position
from ..step import training_step
from ..updates.averaging import WeightAverage

# What is left free: the first measurement is short and knows neither checkpoints nor a busy machine.
FIRST_MARGIN = 0.08
LATER_MARGIN = 0.03
PROBE_SHARE = 0.03
PROBE_STEPS = 40


@dataclass(frozen=True)
class Pace:
    """Seconds that a training step and a whole validation pass take."""

    step: float
    validation: float


def steps_within(seconds: float, pace: Pace, full_epoch: int) -> int:
    """Return how many steps fit into ``seconds``, every epoch (the last, partial one too) with its validation."""
    step = max(pace.step, 1e-9)
    epochs, rest = divmod(seconds, full_epoch * step + pace.validation)
    partial = min(int(max(rest - pace.validation, 0.0) / step), full_epoch)
    return int(epochs) * full_epoch + partial


def plan_budget(
    module: nn.Module,
    train: Feed,
    validation: Feed | None,
    settings: Settings,
    began: float,
    clock: Callable[[], float],
    compiled: CompiledForward | None = None,
) -> tuple[int, float]:
    """Return the planned steps and the seconds of a validation pass; changes nothing.

    ``began`` is when the budget started to run, ``compiled`` what the steps will run through. Raises
    :class:`InputError` when not even one step fits.
    """
    assert settings.budget is not None
    pace = _measure_pace(module, train, validation, settings, clock, compiled)
    left = began + settings.budget - clock()
    steps = steps_within(left * (1 - FIRST_MARGIN), pace, len(train))
    if steps < 1:
        needed = 1.5 * (settings.budget - left + 10 * pace.step + pace.validation)
        raise InputError(
            f"budget = {settings.budget:g}s is too small: here a step takes {pace.step:.2g}s "
            f"and a pass over the validation samples {pace.validation:.2g}s",
            f"Give it at least {math.ceil(needed)}s.",
        )
    return (steps if settings.epochs is None else min(steps, settings.epochs * len(train))), pace.validation


def later_plan(planned: int, done: int, left: float, pace: Pace, full_epoch: int) -> int:
    """Return the plan at the end of an epoch: the old one, or as many steps as still fit."""
    return min(planned, done + steps_within(max(left, 0.0) * (1 - LATER_MARGIN), pace, full_epoch))


def _measure_pace(
    module: nn.Module,
    train: Feed,
    validation: Feed | None,
    settings: Settings,
    clock: Callable[[], float],
    compiled: CompiledForward | None,
) -> Pace:
    """Time some batches on a copy of the network, with random generators that are put back."""
    machine, limit = settings.machine, PROBE_SHARE * settings.budget if settings.budget else 0.0
    devices = [machine.device] if machine.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        copied = copy.deepcopy(module)
        average = None if settings.ema is None else WeightAverage(copied, settings.ema)
        step = training_step(
            copied,
            settings.rule.optimizer(copied, settings.tuning.rate_factors(copied)),
            settings.objective,
            machine,
            clip_norm=settings.clip_norm,
            average=average,
            parts=Parts(Position(0, micro=settings.micro_batch or 0), settings.halves),
            compiled=compiled,
        )
        rate = settings.schedule.at(0, 1)

        def train_one(batch: Batch) -> None:
            step(batch, rate)
            machine.wait()

        def judge_one(batch: Batch) -> None:
            with torch.no_grad(), machine.arithmetic():
                copied(batch.images)
            machine.wait()

        settings.tuning.into_training(copied)
        per_step = _seconds_per_batch(train.epoch(1), train_one, limit, clock)
        if validation is None:
            return Pace(per_step, 0.0)
        copied.eval()
        return Pace(per_step, _seconds_per_batch(validation.epoch(0), judge_one, limit / 2, clock) * len(validation))


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
        return ends[0] - began
    return (ends[-1] - ends[0]) / (len(ends) - 1)
