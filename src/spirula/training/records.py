"""What a training says while it runs: frozen records, no torch.

The loop yields them; the progress bar, the metrics file and the report only look at them. Nothing
that reads a record can change the training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

StopReason = Literal["finished", "patience", "interrupted", "budget"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """Where the training is, a few times a second.

    Attributes
    ----------
    epoch: the epoch under way, counted from 1; 0 while the first step is being prepared.
    epochs: how many epochs are planned. Under a time budget the last one may be a part of an epoch.
    step: optimizer steps taken since the start of the training.
    steps: optimizer steps planned in all.
    loss: mean training loss of this epoch so far, without penalties.
    accuracy: share of training samples of this epoch predicted rightly so far, 0…1; None for
        regression.
    images_per_second: training samples per second since the last record.
    learning_rate: of the latest step.
    seconds_left: estimate until the planned end, validation passes included; None while unknown.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float | None
    images_per_second: float
    learning_rate: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class StartRecord:
    """What the network was worth before the first step: ``metrics`` on the validation samples, with ``val_`` names."""

    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class HeadRecord:
    """How the output layer was fitted on the features of a frozen backbone.

    Attributes
    ----------
    strength: C, the weight of the loss beside an L2 penalty of ``½ ‖W‖²`` on standardised features.
    reason: why this one. tried: (C, held-out loss) of all that were looked at.
    parameters: numbers that were fitted.
    """

    strength: float
    reason: str
    tried: tuple[tuple[float, float], ...]
    parameters: int


@dataclass(frozen=True, slots=True)
class InterpolationRecord:
    """Which weights between those of the start and those of the end were taken, after fine-tuning.

    Attributes
    ----------
    share: of the way from the start, 0…1; 1: the weights of the best epoch.
    monitor: the metric that chose. value: what it is there. tried: (share, value) of all that were looked at.
    """

    share: float
    monitor: str
    value: float
    tried: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One finished epoch.

    Attributes
    ----------
    metrics: by name, in this order: ``step``, ``loss`` and ``accuracy`` (or ``mae`` and ``rmse``), the same
        with ``val_`` when there is a validation split, ``penalty`` when one is asked for,
        ``learning_rate`` (of the last step), ``seconds`` (training and validation),
        ``images_per_second`` (training only) and ``data_wait`` (share of the training time spent
        waiting for batches, 0…1). A history row is ``{"epoch": epoch, **metrics}``.
    improved: whether this epoch is the best so far by the monitored metric.
    """

    epoch: int
    epochs: int
    metrics: dict[str, float]
    improved: bool


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """A checkpoint that is on the disk, complete, and verifies against its own hashes."""

    path: Path
    step: int


@dataclass(frozen=True, slots=True)
class RateRecord:
    """The learning rate that a range test found, and its curve: ``losses`` (smoothed) by ``rates``.

    ``index``: of the point that was chosen; ``rate`` is its rate to two digits. ``reason``: why that one.
    """

    rate: float
    reason: str
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    index: int


@dataclass(frozen=True, slots=True)
class CompiledRecord:
    """The training step was compiled, for ``samples`` at once; it took so many ``seconds``."""

    seconds: float
    samples: int


@dataclass(frozen=True, slots=True)
class ShortageRecord:
    """Memory ran out: from ``step`` on, ``micro_batch`` samples of a batch are computed at once."""

    step: int
    micro_batch: int


@dataclass(frozen=True, slots=True)
class TimeRecord:
    """Where the time of the finished epochs went, in seconds, over all sessions of a resumed training.

    Attributes
    ----------
    steps: optimizer steps taken. timed_steps: those whose parts were timed; the figures by part stand for all steps.
    training: all steps and what lies between them.
    data: waiting for batches; on a GPU, the device's time between two steps.
    forward: network and loss. backward: gradients. update: clipping, optimizer, moving average.
    validation: judging the validation samples. checkpoints: writing them.
    peak_device_bytes: largest amount of a GPU's memory that tensors took in this session; None on a CPU.
    """

    steps: int
    timed_steps: int
    training: float
    data: float
    forward: float
    backward: float
    update: float
    validation: float
    checkpoints: float
    peak_device_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class StoppedRecord:
    """The last record of every training that ends without an error.

    Attributes
    ----------
    reason: ``finished`` (all planned epochs), ``patience`` (early stopping), ``interrupted`` (asked
        to stop; a checkpoint to go on from was written) or ``budget`` (the time budget ended it).
    epoch: epochs finished; a last, partial epoch of a budget counts as one.
    step: optimizer steps taken.
    best_epoch: epoch whose weights the module now has; 0 for those that it began with, None when no epoch was finished.
    monitor: metric that chose it, such as ``val_accuracy``; None likewise.
    best_value: its value; None likewise.
    """

    reason: StopReason
    epoch: int
    step: int
    best_epoch: int | None
    monitor: str | None
    best_value: float | None


Record = (
    StartRecord
    | HeadRecord
    | InterpolationRecord
    | StepRecord
    | EpochRecord
    | CheckpointRecord
    | RateRecord
    | CompiledRecord
    | ShortageRecord
    | TimeRecord
    | StoppedRecord
)
