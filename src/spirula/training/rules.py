"""What a recipe's words mean to the loop: machine, augmentation, update rule, schedule, objective."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..config import Recipe, parse_duration
from ..data.augment import Augmentation
from ..data.dataset import Dataset
from ..errors import ConfigError, did_you_mean
from ..models.build import Network
from .device import Machine, choose_channels_last, choose_device, choose_precision
from .losses import Loss, Objective, auto_class_weights
from .optimizers import UpdateRule
from .schedules import Schedule
from .settings import Settings
from .stopping import StoppingRule


def machine_of(asked: Recipe) -> tuple[Machine, dict[str, Any], dict[str, str]]:
    """Return where to compute, the options that say so, and why each of those that were not asked for."""
    device = choose_device(asked.machine.device)
    precision = choose_precision(asked.machine.precision, device.value)
    channels_last = choose_channels_last(asked.machine.channels_last, device.value, precision.value)
    threads = asked.machine.threads or torch.get_num_threads()
    options: dict[str, Any] = {
        "device": str(device.value),
        "precision": precision.value,
        "channels_last": channels_last.value,
        "threads": threads,
        "deterministic": bool(asked.machine.deterministic),
    }
    why = {
        "device": device.reason,
        "precision": precision.reason,
        "channels_last": channels_last.reason,
        "threads": "one per core",
        "deterministic": "not asked for; CPU runs repeat themselves anyway",
    }
    reasons = {name: reason for name, reason in why.items() if getattr(asked.machine, name) is None}
    return Machine(device.value, precision.value, channels_last.value), options, reasons


def augmentation_of(recipe: Recipe) -> Augmentation | None:
    """Return the augmentation asked for, None when nothing was."""
    asked = {name: value for name, value in recipe.augmentation if value is not None}
    return Augmentation(**asked) if asked else None


def settings_of(
    recipe: Recipe, machine: Machine, dataset: Dataset, rows: np.ndarray, network: Network, steps_per_epoch: int
) -> Settings:
    """Return everything that the loop goes by; ``rows`` are the training samples."""
    training = recipe.training
    rule = UpdateRule(training.optimizer or "adamw", training.momentum, bool(training.nesterov), training.weight_decay)
    schedule = Schedule(
        training.schedule or "constant",
        training.learning_rate or 0.001,
        warmup_steps=round((training.warmup or 0.0) * steps_per_epoch),
        decay_steps=training.decay_steps or 1,
        decay_rate=training.decay_rate or 1.0,
    )
    return Settings(
        machine,
        rule,
        schedule,
        _objective(recipe, dataset, rows, network),
        StoppingRule(training.monitor or "loss", training.patience, training.min_delta or 0.0),
        epochs=training.epochs,
        budget=None if training.budget is None else parse_duration(training.budget),
        clip_norm=training.clip_norm,
        ema=training.ema,
        seed=recipe.machine.seed or 0,
    )


def _objective(recipe: Recipe, dataset: Dataset, rows: np.ndarray, network: Network) -> Objective:
    training = recipe.training
    loss = Loss(
        training.loss or "cross-entropy",
        label_smoothing=training.label_smoothing or 0.0,
        class_weights=_class_weights(training.class_weights, dataset, rows),
        huber_delta=training.huber_delta or 1.0,
    )
    return Objective(loss, training.l1 or 0.0, training.l2 or 0.0, network.penalties, network.unit)


def _class_weights(asked: Any, dataset: Dataset, rows: np.ndarray) -> tuple[float, ...] | None:
    if asked is None:
        return None
    classes = dataset.manifest.classes
    targets = dataset.manifest.targets[rows]
    if asked == "auto":
        counts = targets.sum(axis=0) if targets.ndim == 2 else np.bincount(targets, minlength=len(classes))
        return auto_class_weights([int(count) for count in counts])
    unknown = [name for name in asked if name not in classes]
    if unknown:
        raise ConfigError(
            [f'class_weights names "{name}", which is not a class.{did_you_mean(name, classes)}' for name in unknown],
            f"The classes are: {', '.join(classes)}.",
        )
    return tuple(float(asked.get(name, 1.0)) for name in classes)
