"""What a recipe's words mean to the loop: machine, augmentation, update rule, schedule, objective."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch

from ...config import Recipe
from ...data.batching.augmentation import Augmentation
from ...data.batching.own import OwnAugmentation
from ...data.batching.preprocess import Preprocessing
from ...data.dataset import Dataset
from ...effects import changes_nothing
from ...errors import ConfigError, did_you_mean
from ...models.build import Network
from ...models.whitening import first_convolution
from ...runs.own_pieces import identity
from ...wording import LossName, ScheduleName, parse_duration
from ..compiling.tools import check_tools
from ..device import Machine, choose_channels_last, choose_device, choose_precision
from ..losses import Loss, Objective, auto_class_weights
from ..own import schedule_function
from ..settings import Settings
from ..stopping import StoppingRule
from ..transfer.backbone import Backbone
from ..transfer.probe import Probe, Views
from ..transfer.tuning import Tuning
from ..updates.optimizers import UpdateRule
from ..updates.schedules import Schedule
from .pieces import READING, OwnPieces, direction, try_pieces


def machine_of(asked: Recipe) -> tuple[Machine, dict[str, Any], dict[str, str]]:
    """Return where to compute, the options that say so, and why each of those that were not asked for."""
    device = choose_device(asked.machine.device)
    precision = choose_precision(asked.machine.precision, device.value)
    channels_last = choose_channels_last(asked.machine.channels_last, device.value, precision.value)
    threads = asked.machine.threads or torch.get_num_threads()
    if asked.machine.compile:
        check_tools(device.value)
    options: dict[str, Any] = {
        "device": str(device.value),
        "precision": precision.value,
        "channels_last": channels_last.value,
        "compile": bool(asked.machine.compile),
        "threads": threads,
        "deterministic": bool(asked.machine.deterministic),
    }
    why = {
        "device": device.reason,
        "precision": precision.reason,
        "channels_last": channels_last.reason,
        "compile": "not asked for: that can take a minute before the first step",
        "threads": "one per core",
        "deterministic": "not asked for; CPU runs repeat themselves anyway",
    }
    reasons = {name: reason for name, reason in why.items() if getattr(asked.machine, name) is None}
    machine = Machine(device.value, precision.value, channels_last.value, compiled=bool(asked.machine.compile))
    return machine, options, reasons


def samples_per_step(recipe: Recipe) -> int:
    """Return the batch size of a recipe that is filled in; a strategy without steps has none."""
    size = recipe.training.batch_size
    return size if isinstance(size, int) else 32


def augmentation_of(recipe: Recipe) -> Augmentation | None:
    """Return the augmentation asked for, None when nothing of ours was."""
    asked = {name: value for name, value in recipe.augmentation if name != "augment" and not changes_nothing(value)}
    return Augmentation(**asked) if asked else None


def check_test_views(asked: Recipe, input_shape: tuple[int, ...]) -> None:
    """Raise :class:`ConfigError` for views of what is no picture."""
    name = asked.model.test_views
    if name not in (None, "none") and len(input_shape) == 1:
        raise ConfigError(
            [f"test_views = {name!r} cannot work on vectors: the samples have shape {input_shape}."],
            "Leave it out: only pictures can be mirrored and moved.",
        )


def settings_of(
    recipe: Recipe,
    machine: Machine,
    dataset: Dataset,
    rows: np.ndarray,
    network: Network,
    steps_per_epoch: int,
    own: OwnPieces,
) -> Settings:
    """Return everything that the loop goes by; ``rows`` are the training samples, ``own`` the user's own pieces."""
    training = recipe.training
    steps = (training.epochs or 1) * steps_per_epoch
    if own.metrics and not len(dataset.rows("validation")):
        raise ConfigError(
            ["metrics would have no effect: they are measured on validation samples, and there are none."],
            "Hold some out with --validation 0.2.",
        )
    rule = UpdateRule(
        training.optimizer or "adamw",
        training.momentum,
        bool(training.nesterov),
        training.weight_decay,
        bool(training.unit_filters),
    )
    schedule = Schedule(
        cast(ScheduleName, "constant" if own.schedule else training.schedule or "constant"),
        training.learning_rate if isinstance(training.learning_rate, float) else 0.001,
        warmup_steps=round((training.warmup or 0.0) * steps_per_epoch),
        decay_steps=training.decay_steps or 1,
        decay_rate=training.decay_rate or 1.0,
        factor=None if own.schedule is None else schedule_function(own.schedule, steps),
    )
    return Settings(
        machine,
        rule,
        schedule,
        _objective(recipe, dataset, rows, network, own),
        StoppingRule(
            training.monitor or "loss",
            training.patience,
            training.min_delta or 0.0,
            direction(recipe, own),
            # A fitted output layer is right so often that few samples are left to tell epochs apart.
            tie="val_loss" if training.strategy == "finetune" and training.monitor == "val_accuracy" else None,
        ),
        epochs=1 if training.strategy == "features" else training.epochs,
        budget=None if training.budget is None else parse_duration(training.budget),
        clip_norm=training.clip_norm,
        ema=training.ema or None,
        micro_batch=training.micro_batch,
        find_rate=training.learning_rate == "find",
        seed=recipe.machine.seed or 0,
        metrics=own.metrics,
        custom=identity(own.record),
        tuning=tuning_of(recipe, network),
        from_start=training.strategy == "finetune" and (training.monitor or "").startswith("val_"),
    )


def probe_of(
    recipe: Recipe,
    backbone: Backbone,
    network: Network,
    dataset: Dataset,
    preprocessing: Preprocessing,
    settings: Settings,
    own: OwnPieces,
    monitor: str,
) -> Probe:
    """Return how the output layer is fitted on the features of a frozen backbone."""
    count, seed = recipe.training.views, recipe.machine.seed or 0
    own_augmentation = OwnAugmentation(own.augment, seed) if own.augment else None
    return Probe(
        network=network,
        weights=backbone.weights.sha256,
        dataset=dataset,
        preprocessing=preprocessing,
        machine=settings.machine,
        loss=settings.objective.loss,
        monitor=monitor,
        views=None if count is None else Views(count, augmentation_of(recipe), own_augmentation),
        metrics=own.metrics,
        seed=seed,
    )


def tuning_of(recipe: Recipe, network: Network) -> Tuning:
    """Return which layers stay as they are, and whose rates differ."""
    training = recipe.training
    frozen = () if training.freeze in (None, ("none",)) else training.freeze
    if training.whitening:
        frozen = (*frozen, first_convolution(network.module)[0])
    return Tuning(training.layer_decay, frozen, bool(training.keep_statistics), training.norm_bias_rate or 1.0)


def _objective(recipe: Recipe, dataset: Dataset, rows: np.ndarray, network: Network, own: OwnPieces) -> Objective:
    training = recipe.training
    mixed = bool(recipe.augmentation.mixup or recipe.augmentation.cutmix)
    slope = try_pieces(own, network, dataset, rows, mixed=mixed)
    loss = Loss(
        READING[network.output] if own.loss else cast(LossName, training.loss or "cross-entropy"),
        label_smoothing=training.label_smoothing or 0.0,
        class_weights=_class_weights(training.class_weights, dataset, rows),
        huber_delta=training.huber_delta or 1.0,
        own=own.loss,
        slope=slope,
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
