"""``batch_size = "auto"``: the size that the number of samples asks for, in parts that fit into memory."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch

from ...config import Recipe
from ...recipe import changed
from ..assembly import Assembly
from ..parts import Parts
from ..state import Position
from ..step import training_step


def is_auto(asked: Recipe) -> bool:
    return asked.training.batch_size == "auto"


def with_parts_that_fit(assembly: Assembly) -> Assembly:
    """Take one step of a full batch on a copy of the network, in halves of halves until memory suffices.

    The same network, batch and free memory give the same answer. Weights and random generators stay as they are.
    """
    recipe, settings, machine = assembly.recipe, assembly.settings, assembly.machine
    parts = Parts(Position(0, micro=settings.micro_batch or 0), halves=True)
    devices = [machine.device] if machine.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        copied = copy.deepcopy(assembly.network.module)
        settings.tuning.hold(copied)
        settings.tuning.into_training(copied)
        optimizer = settings.rule.optimizer(copied, settings.tuning.rate_factors(copied))
        step = training_step(copied, optimizer, settings.objective, machine, clip_norm=settings.clip_norm, parts=parts)
        batch = next(assembly.train.epoch(1))
        step(batch, 0.0)
        machine.wait()
    size, micro = assembly.train.batch_size, parts.at.micro
    reason = f"auto: {assembly.reasons.get('batch_size', 'as the recipe has it')}"
    if micro:
        reason += f"; {micro} at a time fit into memory, gradients are added up"
    reasons = {**assembly.reasons, "batch_size": reason}
    if micro and recipe.training.micro_batch != micro:
        recipe = changed(recipe, micro_batch=micro)
        reasons["micro_batch"] = f"a batch of {size} at once did not fit into memory"
    found = replace(assembly, recipe=recipe, reasons=reasons)
    return with_halving(_judged_in_parts(found) if micro else found, micro or None)


def _judged_in_parts(assembly: Assembly) -> Assembly:
    """Let the validation batches be no larger than what the recipe computes at once, as a run of this recipe has it."""
    if assembly.validation is None:
        return assembly
    held = assembly.batches("validation")
    second = None if assembly.finetuning is None else replace(assembly.finetuning, validation=held)
    return replace(assembly, validation=held, finetuning=second)


def with_halving(assembly: Assembly, micro_batch: int | None = None) -> Assembly:
    """Let a training halve the samples that are computed at once when memory runs out; begin with ``micro_batch``."""
    settings = replace(assembly.settings, micro_batch=micro_batch or assembly.settings.micro_batch, halves=True)
    second = None if assembly.finetuning is None else replace(assembly.finetuning, settings=settings)
    return replace(assembly, settings=settings, finetuning=second)
