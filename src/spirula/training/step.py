"""One optimizer step, and one pass over the validation samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from .averaging import WeightAverage
from .device import Machine
from .feed import Batch, Feed
from .losses import Loss, Objective
from .measures import Measures
from .own import Metric

# logits, loss and penalty of a batch, without their graphs
Outcome = tuple[Tensor, Tensor, Tensor | None]


def training_step(
    module: nn.Module,
    optimizer: Optimizer,
    objective: Objective,
    machine: Machine,
    *,
    clip_norm: float | None = None,
    average: WeightAverage | None = None,
    look: Callable[[Tensor], None] | None = None,
) -> Callable[[Batch, float], Outcome]:
    """Return the function ``(batch, learning_rate) -> (logits, loss, penalty)`` that takes one step.

    It never waits for the device. ``clip_norm`` bounds the L2 norm of the whole gradient. ``look`` is given the loss
    with its penalty when the gradients are there and nothing is updated yet; if it raises, nothing will be.
    """
    criterion = objective.loss.on(machine.device)
    penalty, scale = objective.penalty(module), objective.scale
    arithmetic = machine.arithmetic()
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]

    def step(batch: Batch, learning_rate: float) -> Outcome:
        with arithmetic:
            logits = module(batch.images)
        loss = criterion(logits, batch.targets)
        added = None if penalty is None else penalty()
        optimizer.zero_grad(set_to_none=True)
        total = loss if added is None else loss + added
        (total if scale == 1.0 else total / scale).backward()  # type: ignore[no-untyped-call]
        if look is not None:
            look(total.detach())
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(trainable, clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * group.get("lr_scale", 1.0)
        optimizer.step()
        if average is not None:
            average.update()
        return logits.detach(), loss.detach(), None if added is None else added.detach()

    return step


@torch.no_grad()
def validate(
    module: nn.Module,
    feed: Feed,
    loss: Loss,
    machine: Machine,
    *,
    interrupted: Callable[[], bool],
    metrics: Sequence[Metric] = (),
) -> Measures | None:
    """Measure ``module`` in evaluation mode on every batch; None when asked to stop on the way.

    ``loss`` is computed plainly: without smoothing and class weights.
    """
    module.eval()
    plain = loss.plain()
    criterion = plain.on(machine.device)
    measures = Measures(plain.name, metrics)
    for batch in feed.epoch(0):
        if interrupted():
            return None
        with machine.arithmetic():
            logits = module(batch.images)
        measures.add(logits, batch.targets, criterion(logits, batch.targets))
    return measures
