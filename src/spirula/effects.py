"""What could not change anything: an option that is set without effect is an error, named with what it needs."""

from __future__ import annotations

from collections.abc import Callable

from .config import Recipe
from .custom.piece import is_own


def _needs(option: str, condition: str, holds: Callable[[Recipe], bool]) -> tuple[str, str, Callable[[Recipe], bool]]:
    return option, condition, holds


# An option without effect is an error (the literature of other tools' complaints is long). Each row:
# the option, what it needs, and whether the recipe gives it. ``None`` in the needed option means
# "to be derived", which may still turn out well: those rows are checked again after derivation.
_NEEDS: tuple[tuple[str, str, Callable[[Recipe], bool]], ...] = (
    _needs(
        "momentum", "--optimizer sgd, rmsprop or muon", lambda r: r.training.optimizer in ("sgd", "rmsprop", "muon")
    ),
    _needs(
        "nesterov",
        "--optimizer sgd with --momentum above 0",
        lambda r: r.training.optimizer == "sgd" and r.training.momentum != 0,
    ),
    _needs(
        "weight_decay",
        "--optimizer adamw, sgd or muon",
        lambda r: r.training.optimizer in ("adamw", "sgd", "muon", None),
    ),
    _needs("unit_filters", "--optimizer muon", lambda r: r.training.optimizer == "muon"),
    _needs("whitening", "random weights to begin with, --strategy scratch", lambda r: not _pretrained(r)),
    _needs("dirac", "random weights to begin with, --strategy scratch", lambda r: not _pretrained(r)),
    _needs("decay_steps", "--schedule exponential", lambda r: r.training.schedule == "exponential"),
    _needs("decay_rate", "--schedule exponential", lambda r: r.training.schedule == "exponential"),
    _needs(
        "warmup",
        "--schedule constant, linear, exponential or cosine (one-cycle has its own)",
        lambda r: r.training.schedule != "one-cycle",
    ),
    _needs("huber_delta", "--loss huber", lambda r: r.training.loss == "huber"),
    _needs(
        "label_smoothing",
        "--loss cross-entropy",
        lambda r: r.training.loss in ("cross-entropy", None) and r.data.task in ("classification", None),
    ),
    _needs("class_weights", "a classification task", lambda r: r.data.task != "regression"),
    _needs("class_weights", "a loss of ours (write the weights into your own)", lambda r: not is_own(r.training.loss)),
    _needs("train_size", "--resized-crop", lambda r: bool(r.augmentation.resized_crop)),
    _needs(
        "fill_mode",
        "--crop, --shift, --rotate or --zoom",
        lambda r: any(_movements(r)),
    ),
    _needs(
        "test_views",
        "a classification task, of which a network can be unsure",
        lambda r: r.data.task != "regression" or not str(r.model.test_views).endswith("-unsure"),
    ),
    _needs("mixup", "a classification task", lambda r: r.data.task != "regression"),
    _needs("cutmix", "a classification task", lambda r: r.data.task != "regression"),
    _needs("fold", "--folds", lambda r: r.data.folds is not None),
    _needs("test", "no --folds, which test every sample once", lambda r: r.data.folds is None),
    _needs("crop_share", "--resize crop", lambda r: r.data.resize == "crop" or _crops_by_itself(r)),
    _needs("weights", "--strategy features, finetune or auto", lambda r: _pretrained(r)),
    _needs("views", "--strategy features or finetune", lambda r: r.training.strategy in ("features", "finetune")),
    _needs("interpolate", "--strategy finetune", lambda r: r.training.strategy in ("finetune", "auto")),
    _needs(
        "views",
        "an augmentation, such as --flip horizontal",
        lambda r: augments(r) or r.training.strategy != "features",
    ),
    _needs(
        "compile",
        "a training in steps, --strategy scratch, fast, best or finetune",
        lambda r: r.training.strategy != "features",
    ),
    _needs("min_delta", "--patience", lambda r: r.training.patience is not None),
)


def changes_nothing(value: object) -> bool:
    """Return whether an augmentation's option leaves the images as they are: not given, ``none`` or 0."""
    return value is None or value == "none" or value == 0


def _crops_by_itself(asked: Recipe) -> bool:
    return asked.data.resize is None and _pretrained(asked)


def augments(asked: Recipe) -> bool:
    """Return whether training images are changed at random."""
    return not all(changes_nothing(value) for _, value in asked.augmentation)


def _movements(asked: Recipe) -> tuple[float | None, ...]:
    changes = asked.augmentation
    return changes.crop, changes.shift, changes.rotate, changes.zoom


def _pretrained(asked: Recipe) -> bool:
    return asked.training.strategy in ("features", "finetune", "auto")


# What a strategy of one exact answer leaves nothing to do.
FOR_STEPS = frozenset(
    (
        *(
            "epochs",
            "budget",
            "batch_size",
            "micro_batch",
            "optimizer",
            "learning_rate",
            "momentum",
            "nesterov",
            "weight_decay",
            "unit_filters",
        ),
        *("schedule", "warmup", "decay_steps", "decay_rate", "label_smoothing", "huber_delta", "l1", "l2", "sampling"),
        *("clip_norm", "ema", "freeze", "layer_decay", "norm_bias_rate", "keep_statistics", "monitor", "monitor_mode"),
        *("patience", "min_delta", "mixup", "cutmix", "checkpoint_every"),
    )
)


def _mistakes_of_tuning(asked: Recipe) -> list[str]:
    training, mistakes = asked.training, list[str]()
    if training.freeze is not None and len(training.freeze) > 1 and "none" in training.freeze:
        mistakes.append("freeze = 'none' cannot stand beside names of layers.")
    if training.strategy == "finetune" and training.views is not None:
        if training.freeze == ("none",):
            mistakes.append("views would have no effect: no layers are frozen.")
        if asked.augmentation.mixup or asked.augmentation.cutmix:
            mistakes.append("views cannot work beside mixup or cutmix, which mix other images in every epoch.")
    return mistakes


def _says_no(option: str, value: object) -> bool:
    """Return whether an option is switched off, which needs nothing."""
    return value is False or (option in ("label_smoothing", "mixup", "cutmix") and value == 0)


def without_effect(asked: Recipe) -> list[str]:
    """Name every option that is set but could not change anything."""
    given = asked.options()
    mistakes = [
        f"{option} = {given[option]!r} would have no effect: it needs {condition}."
        for option, condition, holds in _NEEDS
        if option in given and not _says_no(option, given[option]) and not holds(asked)
    ]
    if asked.training.strategy == "features":
        mistakes += [
            f"{option} = {given[option]!r} would have no effect on strategy = 'features': "
            "the output layer is fitted at once, not step by step."
            for option in given
            if option in FOR_STEPS
        ]
    mistakes += _mistakes_of_tuning(asked)
    size, micro = asked.training.batch_size, asked.training.micro_batch
    if micro is not None and isinstance(size, int) and micro >= size:
        mistakes.append(
            f"micro_batch = {micro} would have no effect: it needs a batch_size above it, and that is {size}."
        )
    if asked.model.normalize == "backbone" and not _pretrained(asked):
        mistakes.append("normalize = 'backbone' needs --strategy features, finetune or auto.")
    if asked.training.class_weights is not None and asked.training.sampling == "balanced":
        mistakes.append("class_weights and sampling = 'balanced' both undo imbalance: choose one.")
    training = asked.training
    if training.patience is not None and training.epochs is not None and training.patience >= training.epochs:
        mistakes.append(f"patience = {training.patience} would have no effect: there are {training.epochs} epochs.")
    if asked.data.folds is not None and (asked.data.fold or 0) > asked.data.folds:
        mistakes.append(f"fold = {asked.data.fold} does not exist: there are {asked.data.folds} folds.")
    if (asked.data.validation or 0.0) + (asked.data.test or 0.0) >= 1.0:
        mistakes.append("validation and test together leave no sample to train on.")
    return mistakes
