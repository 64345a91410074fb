"""Turning the state of a training into its records."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from .feed import Feed
from .measures import Measures
from .phases import Phases
from .records import StepRecord, StopReason, TimeRecord
from .state import Position

RECORD_SECONDS = 0.2


class StepReporter:
    """Makes a :class:`StepRecord` every ``RECORD_SECONDS``; in between it costs one comparison.

    ``due``: when the next record is due, on ``clock``.
    """

    def __init__(self, train: Feed, clock: Callable[[], float]) -> None:
        self.due = -math.inf
        self._full = len(train)
        self._samples_per_step = train.samples / self._full
        self._clock = clock
        self._step, self._time = 0, 0.0

    def begin(self, at: Position) -> None:
        """Measure speed from here: what lies between two epochs is not training."""
        self._step, self._time = at.step, self._clock()

    def record(self, at: Position, measures: Measures, rate: float, epoch_began: float, now: float) -> StepRecord:
        epochs = math.ceil(at.steps / self._full)
        speed = (at.step - self._step) * self._samples_per_step / max(now - self._time, 1e-9)
        training_left = (at.steps - at.step) * (now - epoch_began) / at.epoch_step
        self._step, self._time, self.due = at.step, now, now + RECORD_SECONDS
        return StepRecord(
            epoch=at.epoch + 1,
            epochs=epochs,
            step=at.step,
            steps=at.steps,
            loss=measures.mean_loss(),
            accuracy=measures.accuracy(),
            images_per_second=speed,
            learning_rate=rate,
            seconds_left=training_left + (epochs - at.epoch) * at.validation_seconds,
        )


def epoch_metrics(at: Position, results: dict[str, float], rate: float, samples: int) -> dict[str, float]:
    """Return the metrics of a finished epoch by name, in the order in which they are written."""
    seconds = max(at.epoch_seconds, 1e-9)
    return {
        "step": at.step,
        **results,
        "learning_rate": rate,
        "seconds": at.epoch_seconds + at.validation_seconds,
        "images_per_second": samples / seconds,
        "data_wait": min(at.epoch_waited / seconds, 1.0),
    }


def account(at: Position, phases: Phases) -> None:
    """Enter what a finished epoch took. To be called when the device has done its work."""
    took = {
        "steps": at.epoch_step,
        "training": at.epoch_seconds,
        "data": at.epoch_waited,
        "validation": at.validation_seconds,
        **phases.taken(),
    }
    for name, value in took.items():
        at.spent[name] = at.spent.get(name, 0.0) + value


def time_record(at: Position, device: torch.device) -> TimeRecord | None:
    """Return where the time of the finished epochs went; None before the first one has ended."""
    spent = at.spent
    if not spent.get("steps"):
        return None
    share = spent["steps"] / max(spent["timed_steps"], 1.0)
    # Of a CPU's wait every step is known; a GPU works on while Python waits.
    data = spent["data"] if device.type == "cpu" else share * spent["timed_data"]
    parts = {name: share * spent[f"timed_{name}"] for name in ("forward", "backward", "update")}
    fits = min(1.0, max(spent["training"] - data, 0.0) / max(sum(parts.values()), 1e-9))
    return TimeRecord(
        steps=round(spent["steps"]),
        timed_steps=round(spent["timed_steps"]),
        training=spent["training"],
        data=min(data, spent["training"]),
        **{name: fits * seconds for name, seconds in parts.items()},
        validation=spent["validation"],
        checkpoints=spent.get("checkpoints", 0.0),
        peak_device_bytes=peak_device_bytes(device),
    )


def peak_device_bytes(device: torch.device) -> int | None:
    """Return the most bytes that tensors have taken of a GPU at once; None where there is none, or it does not say."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None


def stop_reason(at: Position, wanted: int | None, exhausted: bool) -> StopReason:
    if at.done:
        return "finished" if wanted is not None and at.step >= wanted else "budget"
    return "patience" if exhausted else "interrupted"
