"""Everything that decides what a training learns, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from ..errors import InputError
from .device import Machine
from .losses import Objective
from .own import Metric
from .stopping import StoppingRule
from .transfer.tuning import Tuning
from .updates.optimizers import UpdateRule
from .updates.schedules import Schedule


@dataclass(frozen=True)
class Settings:
    """Same settings, same batches, same weights to begin with: same training, bit for bit on a CPU.

    Attributes
    ----------
    machine: device, precision, memory format.
    rule, schedule, objective, stopping: update rule, learning rate, what is minimised, what is best.
    epochs: passes over the training samples. With a budget as well, whatever ends sooner.
    budget: wall-clock seconds for the whole training, validation included.
    clip_norm: largest L2 norm of the gradient.
    ema: decay of a moving average of the weights; validation and the result then use the average.
    seed: of dropout, the one random thing in the loop itself.
    metrics: of the user's own, on the validation samples.
    custom: the user's own pieces with the hash of their source; empty when there are none.
    tuning: layers that stay as they are, and rates that fall with depth.
    from_start: the weights that training begins with are judged as epoch 0, and stay if no epoch is better. Needs
        validation samples.
    micro_batch: samples of a batch that are computed at once; the gradient is that of the batch. None: all of it.
    halves: that number is halved where memory runs out.
    find_rate: the schedule's peak is found by a range test before the first step.

    Raises :class:`InputError` when neither epochs nor a budget say when to stop.
    """

    machine: Machine
    rule: UpdateRule
    schedule: Schedule
    objective: Objective
    stopping: StoppingRule
    epochs: int | None = None
    budget: float | None = None
    clip_norm: float | None = None
    ema: float | None = None
    seed: int = 0
    metrics: tuple[Metric, ...] = ()
    custom: str = ""
    tuning: Tuning = field(default_factory=Tuning)
    from_start: bool = False
    micro_batch: int | None = None
    halves: bool = False
    find_rate: bool = False

    def __post_init__(self) -> None:
        if self.epochs is None and self.budget is None:
            raise InputError("Nothing says when to stop", "Give epochs, a budget, or both.")

    def identity(self) -> dict[str, str]:
        """Return what a checkpoint of this training must agree with. The device may change."""
        apart = ("machine", "metrics", "custom", "tuning", "from_start", "micro_batch", "halves", "find_rate")
        told = [item.name for item in fields(self) if item.name not in apart]
        described = {name: repr(getattr(self, name)) for name in told}
        if self.custom:
            described["custom pieces"] = self.custom
        if self.tuning != Tuning():
            described["tuning"] = repr(self.tuning)
        if self.from_start:
            described["from start"] = "epoch 0 counts"
        return {**described, "precision": self.machine.precision}
