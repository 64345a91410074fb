"""From a whole recipe to the parts of a training: data, network, rules. Below here nobody sees a recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..config import Recipe, parse_duration
from ..data.augment import Augmentation
from ..data.batches import Batches
from ..data.dataset import Dataset, load
from ..data.preprocess import Preprocessing, fit_preprocessing
from ..errors import ConfigError, InputError, did_you_mean
from ..models.adapt import adapt, begins_with_rescaling
from ..models.build import Network, build
from ..models.inplace import activating_in_place
from ..recipe import changed
from .checkpoints import Loaded
from .defaults import Known, default_model, fill_defaults
from .device import Machine, choose_channels_last, choose_device, choose_precision, prepare
from .loop import fit
from .losses import Loss, Objective, auto_class_weights
from .measures import measure_names
from .objects import check_objects, words_for
from .optimizers import UpdateRule
from .records import Record
from .schedules import Schedule
from .settings import Settings
from .stopping import StoppingRule

if TYPE_CHECKING:
    from torch import Tensor

Loading = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Assembly:
    """Everything that a training needs, decided.

    recipe: with every default filled in. reasons: option → why, for those that were derived.
    """

    recipe: Recipe
    reasons: Mapping[str, str]
    dataset: Dataset
    preprocessing: Preprocessing
    network: Network
    machine: Machine
    train: Batches
    validation: Batches | None
    settings: Settings

    def batches(self, split: str) -> Batches:
        """Return a split in order, without augmentation, for evaluation."""
        return Batches(
            self.dataset,
            self.dataset.rows(split),
            batch_size=max(256, self.train.batch_size),
            preprocessing=self.preprocessing,
            device=self.machine.device,
            channels_last=self.machine.channels_last,
        )

    def fit(
        self, checkpoints: Path | None, *, resume: Loaded | None = None, interrupted: Callable[[], bool] = lambda: False
    ) -> Iterator[Record]:
        """Train; see :func:`spirula.training.loop.fit`."""
        with activating_in_place(self.network):
            yield from fit(
                self.network.module,
                self.train,
                self.validation,
                self.settings,
                checkpoints=checkpoints,
                checkpoint_every=parse_duration(self.recipe.run.checkpoint_every or 60.0),
                resume=resume,
                interrupted=interrupted,
            )


def assemble(asked: Recipe, *, source: Any = None, model: Any = None, progress: Loading | None = None) -> Assembly:
    """Load the data, decide what is open, build the network.

    ``source`` and ``model`` are Python objects that a recipe cannot hold; they win over its words.
    Raises :class:`~spirula.errors.InputError` for anything that cannot work.
    """
    seed = asked.machine.seed if asked.machine.seed is not None else 0
    data = asked.data
    check_objects(asked, source, model)
    dataset = load(
        asked.source if source is None else source,
        task=data.task,
        image_size=data.image_size,
        channels=data.channels,
        resize=data.resize,
        validation=data.validation,
        test=data.test,
        seed=seed,
        path_column=data.path_column,
        label_column=data.label_column,
        split_column=data.split_column,
        group_column=data.group_column,
        progress=progress,
    )
    manifest = dataset.manifest
    rows = dataset.rows("train")
    if len(rows) == 0:
        raise InputError("There is no training sample", "Lower --validation and --test, or add samples.")
    machine, machine_options, machine_reasons = _machine(asked)
    prepare(machine.device, seed=seed, threads=asked.machine.threads, deterministic=bool(asked.machine.deterministic))

    model_reasons: dict[str, str] = {}
    if model is None and asked.model.model is None:
        name, reason = default_model(dataset.input_shape)
        asked, model_reasons = changed(asked, model=name), {"model": reason}
    network = _network(model if model is not None else asked.model.model, dataset, asked, seed)
    validation_rows = dataset.rows("validation")
    known = Known(
        task=manifest.task,
        input_shape=dataset.input_shape,
        training_samples=len(rows),
        has_validation=len(validation_rows) > 0,
        rescales=begins_with_rescaling(network),
        output=network.output,
    )
    recipe, reasons = fill_defaults(asked, known)
    recipe = changed(recipe, **words_for(asked, source, network), seed=seed, **machine_options, **_settled(dataset))
    reasons = {**dataset.derived, **model_reasons, **reasons, **machine_reasons}
    if asked.machine.seed is None:
        reasons["seed"] = "the same run every time"

    preprocessing = fit_preprocessing(dataset, rows, recipe.model.normalize or "standardize", recipe.data.resize)
    train = Batches(
        dataset,
        rows,
        batch_size=recipe.training.batch_size or 32,
        preprocessing=preprocessing,
        device=machine.device,
        seed=seed,
        shuffle=True,
        augmentation=_augmentation(recipe),
        sampling=recipe.training.sampling or "uniform",
        channels_last=machine.channels_last,
    )
    validation = Batches(
        dataset,
        validation_rows,
        batch_size=max(256, recipe.training.batch_size or 32),
        preprocessing=preprocessing,
        device=machine.device,
        channels_last=machine.channels_last,
    )
    assembly = Assembly(
        recipe=recipe,
        reasons=reasons,
        dataset=dataset,
        preprocessing=preprocessing,
        network=network,
        machine=machine,
        train=train,
        validation=validation if len(validation_rows) else None,
        settings=_settings(recipe, machine, _objective(recipe, dataset, rows, network), len(train)),
    )
    names = measure_names(assembly.settings.objective.loss.name)
    assembly.settings.stopping.check([*names, *(f"val_{name}" for name in names if assembly.validation is not None)])
    machine.place(network.module)
    adapt(network.module, _Images(assembly.batches("train")))
    return assembly


class _Images:
    """The images of batches, as often as asked: Normalization layers are adapted one after the other."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Tensor]:
        return (batch.images for batch in self.batches.epoch(0))


def _settled(dataset: Dataset) -> dict[str, Any]:
    """Return the data's options as they were applied; a default share that held nothing out is none."""
    settled: dict[str, Any] = dict(dataset.settings)
    if "validation" in dataset.derived and not len(dataset.rows("validation")):
        settled["validation"] = 0.0
    if "test" in dataset.derived and not len(dataset.rows("test")):
        settled["test"] = 0.0
    return settled


def _network(model: Any, dataset: Dataset, asked: Recipe, seed: int) -> Network:
    manifest = dataset.manifest
    outputs = 1 if manifest.task == "regression" else len(manifest.classes)
    one_sigmoid = asked.training.loss == "binary-cross-entropy" and manifest.task == "classification"
    if one_sigmoid and outputs != 2:
        raise ConfigError(
            [f"loss = 'binary-cross-entropy' needs two classes or several labels per sample; here are {outputs}."],
            "Use cross-entropy, or --task multilabel.",
        )
    network = build(
        model,
        input_shape=dataset.input_shape,
        outputs=1 if one_sigmoid else outputs,
        seed=seed,
        task=manifest.task,
        target=_target_scale(manifest.targets[dataset.rows("train")]) if manifest.task == "regression" else None,
    )
    return replace(network, output="sigmoid") if one_sigmoid else network


def _target_scale(targets: np.ndarray) -> tuple[float, float]:
    """Return standard deviation and mean of the training targets; a constant keeps its unit."""
    return float(targets.std(dtype=np.float64)) or 1.0, float(targets.mean(dtype=np.float64))


def _machine(asked: Recipe) -> tuple[Machine, dict[str, Any], dict[str, str]]:
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


def _augmentation(recipe: Recipe) -> Augmentation | None:
    asked = {name: value for name, value in recipe.augmentation if value is not None}
    return Augmentation(**asked) if asked else None


def _settings(recipe: Recipe, machine: Machine, objective: Objective, steps_per_epoch: int) -> Settings:
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
        objective,
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
    return Objective(loss, training.l1 or 0.0, training.l2 or 0.0, network.penalties)


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
