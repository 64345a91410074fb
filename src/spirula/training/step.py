"""One optimizer step, and one pass over the validation samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from .compiling.forward import CompiledForward
from .device import Machine
from .feed import Batch, Feed
from .losses import Loss, Objective
from .measures import Measures
from .own import Metric
from .parts import Parts
from .phases import Phase, Phases
from .updates.averaging import WeightAverage

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
    phases: Phases | None = None,
    parts: Parts | None = None,
    compiled: CompiledForward | None = None,
    scaler: GradScaler | None = None,
) -> Callable[[Batch, float], Outcome]:
    """Return the function ``(batch, learning_rate) -> (logits, loss, penalty)`` that takes one step.

    It never waits for the device, but in float16. ``clip_norm`` bounds the L2 norm of the whole gradient. ``look`` is
    given the loss with its penalty when the gradients are there and nothing is updated yet; if it raises, nothing will
    be. ``phases`` is told where each part of the step ends. ``parts`` says how much of a batch is computed at once.
    ``compiled``: the programs to compute full batches with, in place of the network as it is. ``scaler``: of the
    machine, for float16, where it is part of a training's state.

    In float16 the loss is multiplied before the backward pass, and the gradients divided after it. Gradients that
    became infinite are left out, and the factor halved (Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740);
    once it is 1 they are the network's own, and are not left out.
    """
    criterion = objective.loss.on(machine.device)
    penalty, scale = objective.penalty(module), objective.scale
    arithmetic = machine.arithmetic()
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    ends = _untold if phases is None else phases.end
    scaler = machine.scaler() if scaler is None else scaler
    if scaler is not None:
        # Where it leaves out the first step, PyTorch's fused SGD goes on with a momentum that nobody has set.
        optimizer._step_supports_amp_scaling = False  # type: ignore[attr-defined]
    forward = module if compiled is None else compiled.of(module, parts or Parts())

    def gradients(batch: Batch) -> Outcome:
        optimizer.zero_grad(set_to_none=True)
        if parts is not None and 0 < parts.at.micro < len(batch.images):
            return in_parts(batch, parts)
        with arithmetic:
            logits = forward(batch.images)
        loss = criterion(logits, batch.targets)
        added = None if penalty is None else penalty()
        total = loss if added is None else loss + added
        ends("forward")
        backward(total)
        return logits.detach(), loss.detach(), None if added is None else added.detach()

    def in_parts(batch: Batch, parts: Parts) -> Outcome:
        logits: list[Tensor] = []
        losses: list[Tensor] = []
        added = None if penalty is None else penalty()
        for rows, share in parts.of(batch):
            with arithmetic:
                logits.append(forward(batch.images[rows]))
            losses.append(share * criterion(logits[-1], batch.targets[rows]))
            ends("forward")
            total = losses[-1] if added is None or len(losses) > 1 else losses[-1] + added
            backward(total)
            ends("backward")
            logits[-1], losses[-1] = logits[-1].detach(), losses[-1].detach()
        return torch.cat(logits), torch.stack(losses).sum(), None if added is None else added.detach()

    def backward(total: Tensor) -> None:
        scaled = total if scale == 1.0 else total / scale
        (scaled if scaler is None else scaler.scale(scaled)).backward()  # type: ignore[no-untyped-call]

    def update() -> None:
        if scaler is None:
            optimizer.step()
            return
        if capped(scaler):
            scaler.step(optimizer)
        else:
            optimizer.step()
        scaler.update()

    def step(batch: Batch, learning_rate: float) -> Outcome:
        ends("data")
        logits, loss, added = gradients(batch) if parts is None else parts.fitting(batch, gradients)
        if scaler is not None:
            scaler.unscale_(optimizer)
        if look is not None:
            look(loss if added is None else loss + added)
        ends("backward")
        if clip_norm is not None:
            nn.utils.clip_grad_norm_(trainable, clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * group.get("lr_scale", 1.0)
        update()
        if average is not None:
            average.update()
        ends("update")
        return logits, loss, added

    return step


def capped(scaler: GradScaler) -> bool:
    """Return whether gradients of float16 that became infinite are left out: their factor can still be halved."""
    return scaler.get_scale() > 1.0


def _untold(phase: Phase) -> None:
    """Nobody wants to know."""


@torch.no_grad()
def validate(
    module: nn.Module,
    feed: Feed,
    loss: Loss,
    machine: Machine,
    *,
    interrupted: Callable[[], bool],
    metrics: Sequence[Metric] = (),
    parts: Parts | None = None,
) -> Measures | None:
    """Measure ``module`` in evaluation mode on every batch; None when asked to stop on the way.

    ``loss`` is computed plainly: without smoothing and class weights. ``parts`` says how much of a batch is computed at
    once, and halves it where memory runs out.
    """
    module.eval()
    plain = loss.plain()
    criterion = plain.on(machine.device)
    measures = Measures(plain.name, metrics)

    def answers(batch: Batch) -> Tensor:
        if parts is None or not 0 < parts.at.micro < len(batch.images):
            return cast(Tensor, module(batch.images))
        return torch.cat([module(batch.images[rows]) for rows, _ in parts.of(batch)])

    for batch in feed.epoch(0):
        if interrupted():
            return None
        with machine.arithmetic():
            logits = answers(batch) if parts is None else parts.fitting(batch, answers)
        measures.add(logits, batch.targets, criterion(logits, batch.targets))
    return measures
