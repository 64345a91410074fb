"""How fast training steps are in other batch sizes, precisions and memory formats: measured in turns, within a time."""

from __future__ import annotations

import copy
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from torch import nn

from ..device import Machine, flushing_denormals
from ..feed import Batch, Feed
from ..parts import Parts
from ..settings import Settings
from ..shortage import is_shortage
from ..state import Position
from ..step import Outcome, training_step
from ..updates.averaging import WeightAverage

ROUNDS = 3  # that every trial gets, time allowing, before the slow ones are left out
SLICE = 0.15  # seconds of one turn
SLOW = 0.7  # of the fastest: what is below after the first rounds gets no more turns
RATE = 1e-5  # the weights shall not run away while nobody looks at them


@dataclass(eq=False)
class Trial:
    """One way to train. ``speeds``: images per second of each turn; ``failed``: why there is none."""

    batch_size: int
    machine: Machine
    speeds: list[float] = field(default_factory=list)
    failed: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.speeds)

    @property
    def key(self) -> tuple[str, bool]:
        return self.machine.precision, self.machine.channels_last


def measure(
    module: nn.Module,
    settings: Settings,
    trials: Sequence[Trial],
    feed: Callable[[int, bool], Feed],
    *,
    seconds: float,
    fits: Callable[[int], bool] = lambda _: True,
    told: Callable[[str, int, int], None] = lambda *_: None,
    clock: Callable[[], float] = time.perf_counter,
) -> None:
    """Fill in the speeds of ``trials``, which take turns; ``module`` stays as it is.

    A step is what it is in a training: making the batch, forward, backward, update, average.

    Parameters
    ----------
    feed: (batch size, channels last) → batches. fits: whether a batch of that size can be tried at all.
    seconds: for all of it; what is not reached by then stays without a figure.
    told: called with (what, seconds gone, seconds).
    """
    end = clock() + seconds
    steps: dict[tuple[str, bool], Callable[[Batch, float], Outcome]] = {}
    streams: dict[Trial, Iterator[Batch]] = {}

    def turn(trial: Trial) -> None:
        if trial.key not in steps:
            steps[trial.key] = _step(module, settings, trial.machine)
        if trial not in streams:
            batches = feed(trial.batch_size, trial.machine.channels_last)
            streams[trial] = (batch for epoch in itertools.count(1) for batch in batches.epoch(epoch))
            _run(steps[trial.key], streams[trial], trial.machine, 0.0, clock)  # warm: kernels chosen, memory taken
        trial.speeds.append(_run(steps[trial.key], streams[trial], trial.machine, SLICE, clock))

    with flushing_denormals():
        for round_ in itertools.count():
            for trial in _left(trials, round_):
                if clock() >= end:
                    break
                told("measuring, seconds", round(seconds - (end - clock())), round(seconds))
                if not fits(trial.batch_size):
                    trial.failed = "not tried: it would take most of the memory"
                    continue
                try:
                    turn(trial)
                except (RuntimeError, MemoryError) as error:
                    if not is_shortage(error):
                        raise
                    streams.pop(trial, None)
                    for other in trials:
                        if other.key == trial.key and other.batch_size >= trial.batch_size:
                            other.failed = "out of memory"
            if clock() >= end or not _left(trials, round_ + 1):
                break
    told("measuring, seconds", round(seconds), round(seconds))


def _left(trials: Sequence[Trial], round_: int) -> list[Trial]:
    able = [trial for trial in trials if not trial.failed]
    if round_ < ROUNDS or not any(trial.speeds for trial in able):
        return able
    best = max(trial.median for trial in able if trial.speeds)
    return [trial for trial in able if trial.speeds and trial.median >= SLOW * best]


def _step(module: nn.Module, settings: Settings, machine: Machine) -> Callable[[Batch, float], Outcome]:
    copied = copy.deepcopy(module)
    machine.place(copied)
    settings = replace(settings, machine=machine)
    settings.tuning.hold(copied)
    settings.tuning.into_training(copied)
    return training_step(
        copied,
        settings.rule.optimizer(copied, settings.tuning.rate_factors(copied)),
        settings.objective,
        machine,
        clip_norm=settings.clip_norm,
        average=None if settings.ema is None else WeightAverage(copied, settings.ema),
        parts=Parts(Position(0, micro=settings.micro_batch or 0)),
    )


def _run(
    step: Callable[[Batch, float], Outcome],
    batches: Iterator[Batch],
    machine: Machine,
    seconds: float,
    clock: Callable[[], float],
) -> float:
    """Take steps for that long, at least two, and return images per second."""
    machine.wait()
    began, images, taken = clock(), 0, 0
    while taken < 2 or clock() - began < seconds:
        batch = next(batches)
        step(batch, RATE)
        images, taken = images + len(batch.images), taken + 1
        if machine.device.type != "cpu" and taken % 8 == 0:
            machine.wait()
    machine.wait()
    return images / max(clock() - began, 1e-9)
