"""What exact resuming needs: everything that the next step depends on, as tensors and numbers.

The order of the samples and their augmentation are functions of (seed, epoch, sample) and need no
state. What is left: weights and buffers, the optimizer's state, the average of the weights, the best
weights, torch's random generators (dropout), the position, the sums of the epoch under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from ..errors import RunError
from .checkpoints import Content
from .measures import Measures
from .stopping import BestEpoch
from .updates.averaging import WeightAverage
from .updates.parameters import tensors


@dataclass
class Position:
    """How far the training is.

    Attributes
    ----------
    steps: planned optimizer steps; a time budget may lower it.
    step, epoch: steps taken, epochs finished.
    epoch_step: steps taken of the epoch under way.
    epoch_seconds, epoch_waited: time spent on that epoch, and on waiting for its batches.
    seconds: time spent in all, for the budget.
    validation_seconds, checkpoint_seconds: what the latest validation pass and checkpoint took.
    micro: samples of a batch that are computed at once; 0 for all.
    spent: what the finished epochs took, for :class:`.records.TimeRecord`.
    """

    steps: int
    step: int = 0
    epoch: int = 0
    epoch_step: int = 0
    epoch_seconds: float = 0.0
    epoch_waited: float = 0.0
    seconds: float = 0.0
    validation_seconds: float = 0.0
    checkpoint_seconds: float = 0.0
    micro: int = 0
    spent: dict[str, float] = field(default_factory=dict)

    def epoch_steps(self, full: int) -> int:
        """Return the steps of the epoch under way: ``full``, or fewer at the end of the plan."""
        return min(full, self.steps - (self.step - self.epoch_step))

    @property
    def place(self) -> tuple[int, int, int]:
        return self.epoch, self.epoch_step, self.step

    @property
    def done(self) -> bool:
        return self.step >= self.steps and self.epoch_step == 0


@dataclass
class State:
    """The parts of a running training that a checkpoint holds."""

    device: torch.device
    module: nn.Module
    optimizer: Optimizer
    average: WeightAverage | None
    measures: Measures
    best: BestEpoch
    position: Position
    scaler: GradScaler | None = None
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)

    def evaluated(self) -> nn.Module:
        """Return the network that validation judges: the averaged one if there is an average."""
        return self.module if self.average is None else self.average.module

    @torch.no_grad()
    def keep_best(self) -> None:
        latest = tensors(self.evaluated())
        if self.best_weights:
            for name, tensor in latest.items():
                self.best_weights[name].copy_(tensor)
        else:
            self.best_weights = {name: tensor.clone() for name, tensor in latest.items()}

    @torch.no_grad()
    def use_best(self) -> None:
        """Give the module the best weights so far (or, before the first epoch ends, the evaluated ones)."""
        source = self.best_weights or tensors(self.evaluated())
        for name, tensor in tensors(self.module).items():
            if source[name] is not tensor:
                tensor.copy_(source[name])
        self.module.eval()

    def end_epoch(self, metrics: dict[str, float]) -> None:
        """Enter an epoch in the history and make ready for the next."""
        at = self.position
        at.epoch, at.epoch_step, at.epoch_seconds, at.epoch_waited = at.epoch + 1, 0, 0.0, 0.0
        self.history.append({"epoch": at.epoch, **metrics})
        self.measures.reset()

    def not_finite(self) -> str | None:
        """Return the name of the first parameter with a NaN or an infinity; waits for the device.

        Buffers are not looked at: a mask may hold infinities.
        """
        weights = dict(self.module.named_parameters())
        good = torch.stack([weight.isfinite().all() for weight in weights.values()]).tolist()
        return next((name for name, fine in zip(weights, good, strict=True) if not fine), None)


def capture(state: State, identity: Mapping[str, str]) -> Content:
    """Return the content of a checkpoint. ``identity`` says which training it belongs to."""
    parts: dict[str, Mapping[str, Tensor]] = {
        "module": tensors(state.module),
        "best": state.best_weights,
        "optimizer": _optimizer_tensors(state.module, state.optimizer),
        "random": random_states(state.device),
    }
    if state.average is not None:
        parts["average"] = tensors(state.average.module)
    return Content(
        tensors={f"{part}/{name}": tensor for part, named in parts.items() for name, tensor in named.items()},
        document={
            "identity": dict(identity),
            "position": asdict(state.position),
            "measures": state.measures.state(),
            "best": state.best.state(),
            "history": state.history,
            "updates": 0 if state.average is None else state.average.updates,
            **({} if state.scaler is None else {"scaler": state.scaler.state_dict()}),
        },
    )


def restore(state: State, content: Content, identity: Mapping[str, str]) -> None:
    """Put a checkpoint's content into a freshly built training.

    Raises :class:`RunError` when it belongs to another training, naming the first difference.
    """
    try:
        _restore(state, content, identity)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"The checkpoint lacks something: {error!r}", "Start the training anew.") from error


def _restore(state: State, content: Content, identity: Mapping[str, str]) -> None:
    document = content.document
    for name in sorted({*identity, *document["identity"]}):
        here, there = identity.get(name), document["identity"].get(name)
        if here != there:
            raise RunError(
                f"The checkpoint belongs to another training: {name} is {there} there and {here} here",
                "Resume with the options and the data that the run was started with.",
            )
    parts: dict[str, dict[str, Tensor]] = {"module": {}, "best": {}, "optimizer": {}, "random": {}, "average": {}}
    for name, tensor in content.tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = tensor
    _copy_into(tensors(state.module), parts["module"])
    if state.average is not None:
        _copy_into(tensors(state.average.module), parts["average"])
        state.average.updates = document["updates"]
    if state.scaler is not None:
        state.scaler = GradScaler(state.device.type)  # a new one: a step may have ended halfway
        state.scaler.load_state_dict(document["scaler"])
    state.best_weights = {}
    if parts["best"]:
        state.best_weights = {name: tensor.clone() for name, tensor in tensors(state.module).items()}
        _copy_into(state.best_weights, parts["best"])
    _restore_optimizer(state.module, state.optimizer, parts["optimizer"])
    state.position = Position(**document["position"])
    state.measures.restore(document["measures"])
    state.best.restore(document["best"])
    state.history = [dict(row) for row in document["history"]]
    restore_random(parts["random"], state.device)


@torch.no_grad()
def _copy_into(targets: Mapping[str, Tensor], sources: Mapping[str, Tensor]) -> None:
    for name in sorted({*targets, *sources}):
        target, source = targets.get(name), sources.get(name)
        if target is None or source is None or target.shape != source.shape or target.dtype != source.dtype:
            raise RunError(
                f'The checkpoint does not fit this network at "{name}"',
                "Resume with the network that the run was started with.",
            )
        target.copy_(source)  # keeps the device and the memory format of the network


def _optimizer_tensors(module: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    return {
        f"{name}/{key}": value
        for name, parameter in module.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
        if isinstance(value, Tensor)
    }


def _restore_optimizer(module: nn.Module, optimizer: Optimizer, saved: Mapping[str, Tensor]) -> None:
    """Rates and other numbers come from the options; only the tensors come from the checkpoint."""
    parameters = dict(module.named_parameters())
    by_parameter: dict[nn.Parameter, dict[str, Tensor]] = {}
    for full, value in saved.items():
        name, _, key = full.rpartition("/")
        parameter = parameters[name]
        # A copy: the optimizer counts its steps in place. A contiguous momentum beside a channels-last kernel would
        # take another, differently rounding path.
        like = parameter if value.shape == parameter.shape else value
        by_parameter.setdefault(parameter, {})[key] = torch.empty_like(like, dtype=value.dtype).copy_(value)
    state = optimizer.state_dict()
    ordered = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state["state"] = {index: by_parameter[p] for index, p in enumerate(ordered) if p in by_parameter}
    optimizer.load_state_dict(state)


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of the generators that dropout draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def restore_random(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Put back what :func:`random_states` returned, on this or another kind of device."""
    torch.set_rng_state(states["cpu"])
    # A run that moves to another kind of device goes on well, but not bit for bit: that one's generator is new.
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
    if device.type == "mps" and "mps" in states:
        torch.mps.set_rng_state(states["mps"])
