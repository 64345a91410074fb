"""The records of a training as lines of text, one line each."""

from __future__ import annotations

import math

from .records import (
    CompiledRecord,
    EpochRecord,
    HeadRecord,
    InterpolationRecord,
    Record,
    StartRecord,
    StepRecord,
    StoppedRecord,
)

# Of an epoch's metrics, those that have a place of their own in the line or say nothing while it runs.
_NOT_SCORES = ("step", "learning_rate", "seconds", "images_per_second", "data_wait")
_REASONS = {
    "finished": "Trained {epochs}.",
    "patience": "Stopped early after {epochs}: {monitor} no longer improved.",
    "budget": "The time budget ended the training after {epochs}.",
    "interrupted": "Interrupted after {epochs} and {step:,} steps.",
}


def step_line(record: StepRecord) -> str:
    """Return loss, accuracy, speed and time left, as they go beside a bar."""
    parts = [f"loss {record.loss:.4f}"]
    if record.accuracy is not None:
        parts.append(f"accuracy {record.accuracy:.4f}")
    parts.append(f"{record.images_per_second:,.0f} images/s")
    if record.seconds_left is not None:
        parts.append(f"{clock_text(record.seconds_left)} left")
    return "  ".join(parts)


def record_line(record: Record) -> str | None:
    """Return the line that stays of a record; ``None`` for one that is only of the moment."""
    match record:
        case StartRecord():
            return start_line(record)
        case HeadRecord():
            return head_line(record)
        case InterpolationRecord():
            return interpolation_line(record)
        case CompiledRecord():
            return f"Compiled the training step for {record.samples} samples at once in {record.seconds:.1f} s"
        case EpochRecord():
            return epoch_line(record)
        case StoppedRecord():
            return stopped_line(record)
        case _:
            return None


def start_line(record: StartRecord) -> str:
    """Return what the network was worth before it was trained on, in one line."""
    return "  ".join(["at the start", *(f"{name} {value:.4f}" for name, value in record.metrics.items())])


def head_line(record: HeadRecord) -> str:
    """Return how an output layer was fitted, in one line."""
    return f"Fitted {record.parameters:,} parameters on the features; C = {record.strength:g} ({record.reason})"


def interpolation_line(record: InterpolationRecord) -> str:
    """Return which weights were taken after fine-tuning, in one line."""
    found = ", ".join(f"{share:g}: {value:.4f}" for share, value in record.tried)
    return f"Weights: {record.share:g} of the way from the start to the best epoch ({record.monitor} at {found})"


def epoch_line(record: EpochRecord) -> str:
    """Return one epoch in one line; ``best`` marks the best so far."""
    metrics = record.metrics
    width = len(str(record.epochs))
    parts = [f"epoch {record.epoch:>{width}}/{record.epochs}"]
    parts += [f"{name} {value:.4f}" for name, value in metrics.items() if name not in _NOT_SCORES]
    if "images_per_second" in metrics:
        parts.append(f"{metrics['images_per_second']:,.0f} images/s")
    if "seconds" in metrics:
        parts.append(f"{metrics['seconds']:.1f} s")
    if record.improved:
        parts.append("best")
    return "  ".join(parts)


def stopped_line(record: StoppedRecord) -> str:
    """Return why and when a training ended, and which weights it leaves."""
    epochs = f"{record.epoch} epoch{'' if record.epoch == 1 else 's'}"
    line = _REASONS[record.reason].format(epochs=epochs, monitor=record.monitor, step=record.step)
    if record.best_epoch is not None and record.best_value is not None:
        name = f"epoch {record.best_epoch}" if record.best_epoch else "the weights it began with"
        line += f" Best: {name}, {record.monitor} {record.best_value:.4f}."
    return line


def clock_text(seconds: float) -> str:
    """Return a duration as ``0:42``, ``12:07`` or ``3:05:00``."""
    minutes, rest = divmod(math.ceil(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
