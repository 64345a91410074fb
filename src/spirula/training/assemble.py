"""From a whole recipe to the parts of a training: data, network, rules. Below here nobody sees a recipe."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import Recipe
from ..custom.library import Library
from ..data.batching.batches import Batches
from ..data.batching.own import OwnAugmentation
from ..data.batching.preprocess import fit_preprocessing
from ..data.dataset import Dataset, load
from ..errors import ConfigError, InputError
from ..models.adapt import adapt, begins_with_rescaling
from ..models.build import Network, build
from ..models.foreign import dry_run
from ..models.head import HeadError
from ..recipe import changed
from .assembly import Assembly, judged_at_once
from .deciding.beginning import WHITENED_FROM, begin
from .deciding.defaults import Known, default_model, default_monitor, fill_defaults
from .deciding.measured import with_measured
from .deciding.objects import check_objects, words_for
from .deciding.pieces import direction, own_pieces
from .deciding.rules import augmentation_of, check_test_views, machine_of, probe_of, samples_per_step, settings_of
from .deciding.stated import with_stated_size
from .device import prepare
from .measures import measured
from .searching.auto_batch import is_auto, with_parts_that_fit
from .transfer.backbone import Backbone, with_backbone
from .transfer.embedding import embedder
from .transfer.finetune import Finetuning, tunable_of
from .transfer.strategy import with_strategy

if TYPE_CHECKING:
    from torch import Tensor

Loading = Callable[[str, int, int], None]


def assemble(
    asked: Recipe,
    *,
    source: Any = None,
    model: Any = None,
    custom: Library | None = None,
    progress: Loading | None = None,
) -> Assembly:
    """Load the data, decide what is open, build the network.

    ``source`` and ``model`` are Python objects that a recipe cannot hold; they win over its words. ``custom`` is where
    the user's own pieces are found.
    Raises :class:`~spirula.errors.InputError` for anything that cannot work.
    """
    seed = asked.machine.seed if asked.machine.seed is not None else 0
    auto = is_auto(asked)
    check_objects(asked, source, model)
    asked, size_reasons = with_stated_size(asked, model)
    asked, strategy_reasons = with_strategy(asked, source, model, progress)
    asked = changed(asked, batch_size=None) if auto else asked
    asked, backbone, model_reasons = with_backbone(asked, model, progress)
    model_reasons |= strategy_reasons
    dataset = load_data(asked, source, progress, offer=backbone.offer if backbone else None)
    manifest = dataset.manifest
    rows = dataset.rows("train")
    if len(rows) == 0:
        raise InputError("There is no training sample", "Lower --validation and --test, or add samples.")
    check_test_views(asked, dataset.input_shape)
    own_model = model is not None
    asked, measured_reasons = with_measured(asked, manifest.task, dataset.input_shape, len(rows), own_model=own_model)
    model_reasons |= measured_reasons
    machine, machine_options, machine_reasons = machine_of(asked)
    prepare(machine.device, seed=seed, threads=asked.machine.threads, deterministic=bool(asked.machine.deterministic))

    if model is None and asked.model.model is None:
        name, reason = default_model(dataset.input_shape)
        asked, model_reasons = changed(asked, model=name), {**model_reasons, "model": reason}
    library = custom or Library()
    network = _network(model if model is not None else asked.model.model, dataset, asked, seed, library, backbone)
    validation_rows = dataset.rows("validation")
    known = Known(
        task=manifest.task,
        input_shape=dataset.input_shape,
        training_samples=len(rows),
        has_validation=len(validation_rows) > 0,
        rescales=begins_with_rescaling(network),
        output=network.output,
        pretrained=backbone is not None and dataset.pixels.dtype == np.uint8,
        tunable=tunable_of(asked, network, machine, dataset.input_shape),
    )
    recipe, reasons = fill_defaults(asked, known)
    recipe = changed(recipe, **words_for(asked, source, network), seed=seed, **machine_options, **_settled(dataset))
    size_reasons |= {} if backbone is None else backbone.reasons(dataset.settings, asked)
    reasons = {**dataset.derived, **size_reasons, **model_reasons, **reasons, **machine_reasons}
    if asked.machine.seed is None:
        reasons["seed"] = "the same run every time"

    own = own_pieces(recipe, library, network)
    recipe = changed(recipe, monitor_mode=direction(recipe, own))

    preprocessing = fit_preprocessing(
        dataset,
        rows,
        recipe.model.normalize or "standardize",
        recipe.data.resize,
        interpolation=recipe.data.interpolation,
        crop_share=recipe.data.crop_share,
        statistics=None if backbone is None else backbone.seen.statistics(dataset.input_shape[-1]),
    )
    train = Batches(
        dataset,
        rows,
        batch_size=samples_per_step(recipe),
        preprocessing=preprocessing,
        device=machine.device,
        seed=seed,
        shuffle=True,
        augmentation=augmentation_of(recipe),
        own=OwnAugmentation(own.augment, seed) if own.augment else None,
        sampling=recipe.training.sampling or "uniform",
        channels_last=machine.channels_last,
    )
    validation = Batches(
        dataset,
        validation_rows,
        batch_size=judged_at_once(recipe, dataset, machine),
        preprocessing=preprocessing,
        device=machine.device,
        channels_last=machine.channels_last,
    )
    settings = settings_of(recipe, machine, dataset, rows, network, len(train), own)
    held = validation if len(validation_rows) else None
    probe, finetuning = None, None
    if recipe.training.strategy in ("features", "finetune"):
        assert backbone is not None
        probe = probe_of(recipe, backbone, network, dataset, preprocessing, settings, own, default_monitor(known)[0])
        probe = replace(probe, progress=progress)
    if recipe.training.strategy == "finetune":
        assert probe is not None
        first, probe = replace(probe, views=None), None
        interpolated = bool(recipe.training.interpolate)
        finetuning = Finetuning(first, train, held, settings, recipe.training.views, interpolated)
    assembly = Assembly(
        recipe=recipe,
        reasons=reasons,
        dataset=dataset,
        preprocessing=preprocessing,
        network=network,
        machine=machine,
        train=train,
        validation=held,
        settings=settings,
        own=own,
        backbone=backbone,
        probe=probe,
        finetuning=finetuning,
    )
    settings.tuning.check(network.module)
    settings.tuning.hold(network.module)
    known_names = measured(settings.objective.loss.name, own.metrics, validation=assembly.validation is not None)
    settings.stopping.check(known_names)
    if own.augment is not None:
        next(train.epoch(1))  # a mistake in it shows before anything is written
    if recipe.augmentation.train_size is not None:
        _check_train_size(network, recipe.augmentation.train_size, dataset.input_shape)
    if min(train.batch_size, len(rows)) == 1 and probe is None and not settings.tuning.keep_statistics:
        _check_batch_of_one(network, dataset.input_shape)
    machine.place(network.module)
    # Sums depend on what is added up at once, in their last bits: not on what memory allowed.
    seen = replace(assembly, recipe=changed(recipe, micro_batch=None))
    adapt(network.module, _Images(seen.batches("train")))
    begin(network.module, recipe, _Images(seen.batches("train", most=WHITENED_FROM)))
    return with_parts_that_fit(assembly) if auto else assembly


def load_data(
    asked: Recipe, source: Any = None, progress: Loading | None = None, *, offer: Mapping[str, Any] | None = None
) -> Dataset:
    """Load and divide the data of a recipe; ``source`` is a Python object that wins over its word."""
    data = asked.data
    return load(
        asked.source if source is None else source,
        task=data.task,
        image_size=data.image_size,
        channels=data.channels,
        resize=data.resize,
        interpolation=data.interpolation,
        crop_share=data.crop_share,
        offer=offer,
        validation=data.validation,
        test=data.test,
        seed=asked.machine.seed if asked.machine.seed is not None else 0,
        path_column=data.path_column,
        label_column=data.label_column,
        split_column=data.split_column,
        group_column=data.group_column,
        group_by=data.group_by,
        duplicates=data.duplicates,
        folds=data.folds,
        fold=data.fold,
        suspects=data.suspects,
        max_refused=data.max_refused,
        labels=data.labels,
        progress=progress,
        embed=embedder(asked, progress) if data.duplicates == "features" else None,
    )


def _check_train_size(network: Network, size: tuple[int, int], shape: tuple[int, ...]) -> None:
    """Raise :class:`ConfigError` for a network that is tied to the size it was built for."""
    try:
        dry_run(network.module, (*size, shape[2]))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ConfigError(
            [f"train_size = {size[0]}×{size[1]} cannot work: the network takes only {shape[0]}×{shape[1]}."],
            "Choose a network that ends with GlobalAveragePooling2D() and not with Flatten(), or leave train_size out.",
        ) from error


def _check_batch_of_one(network: Network, shape: tuple[int, ...]) -> None:
    """Raise :class:`ConfigError` for a network that normalises over the batch where a batch is one number per channel.

    PyTorch refuses the variance of one value, but only at the first step.
    """
    try:
        dry_run(copy.deepcopy(network.module), shape, count=1, training=True)
    except ValueError as error:
        raise ConfigError(
            ["batch_size = 1: a BatchNormalization after maps of 1×1 (or Dense) would see one value per channel."],
            "Use a batch size of 2 or more, or LayerNormalization() or GroupNormalization() in its place.",
        ) from error


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


def _network(
    model: Any, dataset: Dataset, asked: Recipe, seed: int, custom: Library, backbone: Backbone | None
) -> Network:
    manifest = dataset.manifest
    outputs = 1 if manifest.task == "regression" else len(manifest.classes)
    one_sigmoid = asked.training.loss == "binary-cross-entropy" and manifest.task == "classification"
    if one_sigmoid and outputs != 2:
        raise ConfigError(
            [f"loss = 'binary-cross-entropy' needs two classes or several labels per sample; here are {outputs}."],
            "Use cross-entropy, or --task multilabel.",
        )
    try:
        network = build(
            model,
            input_shape=dataset.input_shape,
            outputs=1 if one_sigmoid else outputs,
            seed=seed,
            task=manifest.task,
            target=_target_scale(manifest.targets[dataset.rows("train")]) if manifest.task == "regression" else None,
            custom=custom,
            weights=None if backbone is None else backbone.weights,
        )
    except HeadError as error:
        if not one_sigmoid:
            raise
        raise ConfigError(
            [f"loss = 'binary-cross-entropy' of two classes needs one output, but the network has {error.units}."],
            "Write Dense(1) at the end, or leave the output layer out; or use cross-entropy.",
        ) from error
    return replace(network, output="sigmoid") if one_sigmoid else network


def _target_scale(targets: np.ndarray) -> tuple[float, float]:
    """Return standard deviation and mean of the training targets; a constant keeps its unit."""
    return float(targets.std(dtype=np.float64)) or 1.0, float(targets.mean(dtype=np.float64))
