"""How a network is while it trains: its gradients, and what comes in.

Measured between epochs on one batch, and put back as it was: weights, running statistics, random generators and modes
are afterwards what they were before, so a training with these measurements is the same, bit for bit, as one without.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ..models.build import Network
from ..models.summary import Row
from .assembly import Assembly
from .feed import Batch
from .parts import Parts
from .state import Position
from .untouched import as_it_was


def gradients(assembly: Assembly, rows: Sequence[Row]) -> dict[str, Any]:
    """Return L2 norms of gradient and weights, in all and of each layer with a kernel, on the training's first batch.

    rows: of the network's summary. layers: ``layer``, ``gradient``, ``weight``, from the input on; a shared layer comes
    once. Of the loss alone, without penalties; a norm that is not finite is NaN.
    """
    module, settings = assembly.network.module, assembly.settings
    batch = next(iter(assembly.train.epoch(1)))
    criterion = settings.objective.loss.on(settings.machine.device)
    parts = Parts(Position(0, micro=settings.micro_batch or 0), settings.halves)
    # In float16 small gradients become 0 where nothing multiplies the loss.
    exact = settings.machine.precision == "float16"
    machine = replace(settings.machine, precision="float32") if exact else settings.machine

    def compute(batch: Batch) -> None:
        module.zero_grad(set_to_none=True)
        for part, share in parts.of(batch):
            with machine.arithmetic():
                logits = module(batch.images[part])
            (share * criterion(logits, batch.targets[part])).backward()  # type: ignore[no-untyped-call]

    with as_it_was(module, settings.machine.device), torch.enable_grad():
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
