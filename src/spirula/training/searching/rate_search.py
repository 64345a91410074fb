"""``learning_rate = "find"``: a learning-rate range test before the training.

The rate grows exponentially from step to step on a copy of the network, and the loss says where learning begins and
where it breaks (Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3; the exponential course
and the smoothing as in fastai). What is chosen lies half way down the longest valley, as with fastai's ``valley``: the
longest falling subsequence of the smoothed losses, without the first tenth of the points and the last five.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

import torch
from torch import nn

from ...errors import TrainingError
from ..feed import Feed
from ..parts import Parts
from ..records import RateRecord, Record, StoppedRecord
from ..settings import Settings
from ..state import Position
from ..step import training_step
from ..updates.averaging import WeightAverage

LOWEST, HIGHEST, STEPS = 1e-7, 10.0, 100
SMOOTHING = 0.98  # of the moving mean of the losses, with the start taken out as Adam does
DIVERGED = 4.0  # times the least smoothed loss: the test ends there
FEWEST = 10  # points that a valley is looked for in


@dataclass(frozen=True)
class Found:
    """A rate, why it was chosen, and where: ``index`` of the curve's points."""

    rate: float
    reason: str
    index: int


def search(
    module: nn.Module, train: Feed, settings: Settings, *, interrupted: Callable[[], bool] = lambda: False
) -> RateRecord | None:
    """Run the test and return its curve and the rate; None when interrupted.

    ``module`` is on its device, with the weights that the training begins with. They, its running statistics and the
    random generators are afterwards what they were: the test has a copy, and the training's first batches, in order.
    Raises :class:`TrainingError` when the loss is never finite, or does not fall at any rate.
    """
    machine = settings.machine
    rates: list[float] = []
    losses: list[float] = []
    mean, least = 0.0, math.inf
    devices = [machine.device] if machine.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(settings.seed)
        copied = copy.deepcopy(module)
        settings.tuning.hold(copied)
        settings.tuning.into_training(copied)
        step = training_step(
            copied,
            settings.rule.optimizer(copied, settings.tuning.rate_factors(copied)),
            settings.objective,
            machine,
            clip_norm=settings.clip_norm,
            average=None if settings.ema is None else WeightAverage(copied, settings.ema),
            parts=Parts(Position(0, micro=settings.micro_batch or 0), settings.halves),
        )
        batches = (batch for epoch in itertools.count(1) for batch in train.epoch(epoch))
        for number, batch in zip(range(STEPS), batches, strict=False):
            if interrupted():
                return None
            rate = LOWEST * (HIGHEST / LOWEST) ** (number / (STEPS - 1))
            loss = step(batch, rate)[1].item()
            if not math.isfinite(loss):
                break
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            smooth = mean / (1 - SMOOTHING ** (number + 1))
            rates.append(rate)
            losses.append(smooth)
            if smooth > DIVERGED * least > 0:
                break
            least = min(least, smooth)
    found = choose(rates, losses)
    return RateRecord(found.rate, found.reason, tuple(rates), tuple(losses), found.index)


def choose(rates: list[float], losses: list[float]) -> Found:
    """Return the rate half way down the longest fall of ``losses``, a value per rate.

    The longest fall is the longest subsequence of falling losses (each less than the one before it, not necessarily
    neighbours), as in fastai's ``valley``. Raises :class:`TrainingError` where there is none to speak of.
    """
    begin, end = STEPS // 10, len(losses) - 5
    if end - begin < FEWEST:
        raise TrainingError(
            f"learning_rate = find: the loss was no number after {len(losses)} steps, at rates of 1e-7 and little more",
            "Give a --learning-rate; the data or the network may need --normalize standardize.",
        )
    lengths = dict.fromkeys(range(begin, end), 1)
    for late in range(begin, end):
        for early in range(begin, late):
            if losses[early] > losses[late] and lengths[late] <= lengths[early]:
                lengths[late] = lengths[early] + 1
    last = max(lengths, key=lengths.__getitem__)
    first = max(last - lengths[last], begin)
    if lengths[last] < FEWEST // 2:
        raise TrainingError(
            "learning_rate = find: the loss did not fall at any rate from 1e-7 to 10",
            "Give a --learning-rate, and see whether the network learns at all: targets, loss, frozen layers.",
        )
    index = first + (last - first) // 2
    fall = f"the smoothed loss falls from {losses[first]:.3g} to {losses[last]:.3g}"
    between = f"between rates of {rates[first]:.2g} and {rates[last]:.2g}"
    return Found(float(f"{rates[index]:.2g}"), f"{fall} {between}; half way down this valley", index)


def with_found_rate(
    module: nn.Module, train: Feed, settings: Settings, interrupted: Callable[[], bool]
) -> Generator[Record, None, Settings | None]:
    """Yield the record of a search and return the settings with its rate; None when interrupted.

    Settings that do not ask for a search are returned as they are.
    """
    if not settings.find_rate:
        return settings
    settings.machine.place(module)
    record = search(module, train, settings, interrupted=interrupted)
    if record is None:
        yield StoppedRecord("interrupted", 0, 0, None, None, None)
        return None
    yield record
    return replace(settings, schedule=replace(settings.schedule, peak=record.rate), find_rate=False)
