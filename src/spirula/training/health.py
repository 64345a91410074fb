"""How a network is while it trains: gradients, units that never answer, and what comes in.

Measured between epochs on one batch, and put back as it was: weights, running statistics, random generators and modes
are afterwards what they were before, so a training with these measurements is the same, bit for bit, as one without.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..models.build import Network
from ..models.summary import Row
from .assembly import Assembly
from .feed import Batch
from .parts import Parts
from .state import Position, random_states, restore_random

UNIT_SAMPLES = 512  # a unit that is silent on so many samples is taken for dead
_UNITS_AT_ONCE = 32  # of these: what judging takes at once is more than training did
_CAN_DIE = (nn.ReLU, nn.ReLU6)  # zero with a zero slope: no gradient brings such a unit back


def gradients(assembly: Assembly, rows: Sequence[Row]) -> dict[str, Any]:
    """Return L2 norms of gradient and weights, in all and of each layer with a kernel, on the training's first batch.

    rows: of the network's summary. layers: ``layer``, ``gradient``, ``weight``, from the input on; a shared layer comes
    once. Of the loss alone, without penalties; a norm that is not finite is NaN.
    """
    module, settings = assembly.network.module, assembly.settings
    batch = next(iter(assembly.train.epoch(1)))
    criterion = settings.objective.loss.on(settings.machine.device)
    parts = Parts(Position(0, micro=settings.micro_batch or 0), settings.halves)

    def compute(batch: Batch) -> None:
        module.zero_grad(set_to_none=True)
        for part, share in parts.of(batch):
            with settings.machine.arithmetic():
                logits = module(batch.images[part])
            (share * criterion(logits, batch.targets[part])).backward()  # type: ignore[no-untyped-call]

    with _as_it_was(module, settings.machine.device), torch.enable_grad():
        settings.tuning.into_training(module)
        parts.fitting(batch, compute)
        layers = [
            {"layer": name, "gradient": _norm(p.grad for p in parts), "weight": _norm(parts)}
            for name, parts in _kernels(assembly.network, rows)
        ]
        every = [parameter for parameter in module.parameters() if parameter.grad is not None]
        return {"gradient": _norm(p.grad for p in every), "weight": _norm(every), "layers": layers}


def first_input(assembly: Assembly) -> dict[str, float]:
    """Return mean, standard deviation, least and most of the values that the network gets, of the first batch."""
    values = next(iter(assembly.train.epoch(1))).images.float()
    std, mean = torch.std_mean(values, correction=0)
    return {"mean": mean.item(), "std": std.item(), "low": values.min().item(), "high": values.max().item()}


@torch.no_grad()
def units(assembly: Assembly, rows: Sequence[Row]) -> dict[str, Any]:
    """Return, for each ReLU, how many units (channels) are zero everywhere on up to 512 training samples.

    The network works in evaluation mode. ``layers``: ``layer``, ``units``, ``dead``, from the input on; a ReLU that is
    used several times counts as alive where one use is.
    """
    module, machine = assembly.network.module, assembly.machine
    names = {path: row.name for row in rows for path in row.modules}
    largest: dict[str, Tensor] = {}
    samples = 0
    with _as_it_was(module, machine.device), _watching(module, largest):
        module.eval()
        for batch in assembly.batches("train").epoch(0):
            for part in torch.split(batch.images, _UNITS_AT_ONCE):
                with machine.arithmetic():
                    module(part)
            samples += len(batch.images)
            if samples >= UNIT_SAMPLES:
                break
    layers = [
        {"layer": names.get(path, path), "units": len(seen), "dead": int((seen <= 0).sum())}
        for path, seen in largest.items()
    ]
    return {"samples": samples, "layers": layers}


@contextmanager
def _as_it_was(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Put modes, buffers, gradients and random generators back, whatever happens."""
    modes = {part: part.training for part in module.modules()}
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    random = random_states(device)
    try:
        yield
    finally:
        module.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, buffer in module.named_buffers():
                buffer.copy_(buffers[name])
        restore_random(random, device)
        for part, training in modes.items():
            part.training = training


@contextmanager
def _watching(module: nn.Module, largest: dict[str, Tensor]) -> Iterator[None]:
    """Keep, by path, the largest value of each unit that passed a ReLU."""

    def keeper(path: str) -> Any:
        def keep(part: nn.Module, inputs: Any, output: Tensor) -> None:
            found = output.detach().amax(dim=[0, *range(2, output.ndim)])
            largest[path] = torch.maximum(largest[path], found) if path in largest else found

        return keep

    hooks = [
        part.register_forward_hook(keeper(path)) for path, part in module.named_modules() if isinstance(part, _CAN_DIE)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _kernels(network: Network, rows: Sequence[Row]) -> list[tuple[str, list[nn.Parameter]]]:
    """Return the parameters with a gradient of each module that has a kernel, by the name of its layer."""
    names = {path: row.name for row in rows for path in row.modules}
    found: Mapping[str, nn.Module] = dict(network.module.named_modules())
    layers = [
        (names.get(path, path), [p for p in part.parameters(recurse=False) if p.grad is not None])
        for path, part in found.items()
    ]
    return [(name, parts) for name, parts in layers if any(p.ndim > 1 for p in parts)]


def _norm(tensors: Any) -> float:
    """Return the L2 norm of all values together; NaN when it is not finite."""
    norms = [tensor.detach().float().norm() for tensor in tensors]
    whole = float(torch.stack(norms).norm()) if norms else 0.0
    return whole if math.isfinite(whole) else math.nan
