"""What a recipe that does not say gets, and why: a pure function from what was asked and what is known.

The same function on its own result changes nothing, so a stored recipe trains the same network again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...config import Recipe
from ...custom.piece import is_own
from ...effects import augments, changes_nothing, without_effect
from ...errors import ConfigError
from ...recipe import changed
from ...wording import Task
from ..transfer.tuned import Tunable, choices

# Learning rates that each rule does well with at a batch of 32; Keras's defaults but for AdamW, whose
# weight decay and one-cycle schedule carry a larger one.
LEARNING_RATES: Mapping[str, float] = {"sgd": 0.01, "adam": 0.001, "adamw": 0.002, "rmsprop": 0.001, "muon": 0.02}

VIEWS = 4  # augmented versions of each image that a frozen backbone looks at
FEWEST_EPOCHS, MOST_EPOCHS, ENOUGH_STEPS = 10, 60, 2_000


@dataclass(frozen=True)
class Known:
    """What the data and the machine settle before a default is chosen.

    input_shape: (H, W, C) or (F,).
    training_samples, has_validation: of the splits as they were made.
    rescales: whether the network begins with a Rescaling layer of its own and wants raw values.
    output: how the network's logits are read: softmax, sigmoid or linear.
    tunable: what is known of a pretrained network that is fine-tuned.
    pretrained: whether the network's weights were learned elsewhere, on pictures of bytes as these are.
    """

    task: Task
    input_shape: tuple[int, ...]
    training_samples: int
    has_validation: bool
    rescales: bool = False
    output: str = "softmax"
    pretrained: bool = False
    tunable: Tunable = field(default_factory=Tunable)


def default_model(input_shape: tuple[int, ...]) -> tuple[str, str]:
    """Return a catalogue name for samples of this shape, and the reason."""
    if len(input_shape) == 1:
        return "dense", "the samples are vectors"
    if input_shape[2] == 1 and min(input_shape[:2]) <= 32:
        return "two-conv", "small grey images"
    return "vgg-small", "colour or larger images"


def fill_defaults(asked: Recipe, known: Known) -> tuple[Recipe, dict[str, str]]:
    """Return the recipe with every open option decided, and option → reason for what was decided.

    Raises :class:`ConfigError` when an option that was given turns out to have no effect on this data.
    """
    given = asked.options()
    filled: dict[str, Any] = {}
    reasons: dict[str, str] = {}

    def decide(name: str, value: Any, reason: str) -> None:
        if name not in given and name not in filled:
            filled[name] = value
            reasons[name] = reason

    def get(name: str) -> Any:
        return given.get(name, filled.get(name))

    _decide_input(decide, known)
    decide("loss", *_loss(known))
    if asked.training.strategy == "features":
        if augments(asked):
            decide("views", VIEWS, "with augmentation")
    else:
        if asked.training.strategy == "finetune":
            decide("batch_size", *_batch_size(known.training_samples))
            held_out = known.has_validation
            for choice in choices(given, known.tunable, known.training_samples, get("batch_size"), held_out=held_out):
                decide(*choice)
        _decide_steps(decide, get, known, given)
    recipe = changed(asked, **filled)
    mistakes = [*without_effect(recipe), *_unfit(recipe, known)]
    if mistakes:
        raise ConfigError(mistakes)
    return recipe, reasons


def default_monitor(known: Known) -> tuple[str, str]:
    """Return the metric that chooses the best epoch, and the reason."""
    side = "val_" if known.has_validation else ""
    if known.task == "regression":
        return f"{side}loss", "regression"
    return f"{side}accuracy", "what most people mean by best"


def _decide_steps(decide: Any, get: Any, known: Known, given: Mapping[str, Any]) -> None:
    """What only a training that goes step by step needs."""
    decide("batch_size", *_batch_size(known.training_samples))
    decide("optimizer", "adamw", "does well without tuning")
    decide("learning_rate", *_learning_rate(get("optimizer"), get("batch_size")))
    decide("schedule", *_schedule(get("optimizer"), given))
    if "budget" not in given:
        decide("epochs", *_epochs(known.training_samples, get("batch_size")))
    _decide_dependents(decide, get, known)
    decide("monitor", *default_monitor(known))
    if get("patience") is not None:
        decide("min_delta", 0.0, "any improvement counts")
    decide("sampling", "uniform", "every sample once per epoch")
    decide("checkpoint_every", "60s", "between checkpoints inside an epoch")


def _decide_input(decide: Any, known: Known) -> None:
    if known.rescales:
        decide("normalize", "none", "the network rescales its input itself")
    elif known.pretrained:
        decide("normalize", "backbone", "mean and deviation of the pictures that the backbone was trained on")
    else:
        decide("normalize", "standardize", "mean 0 and variance 1 over the training samples")


def _decide_dependents(decide: Any, get: Any, known: Known) -> None:
    """Options that only exist beside another one."""
    if get("optimizer") == "adamw":
        decide("weight_decay", 0.01, "PyTorch's default for adamw")
    usual = {"sgd": 0.9, "rmsprop": 0.0, "muon": 0.95}
    if get("optimizer") in usual:
        decide("momentum", usual[get("optimizer")], f"usual for {get('optimizer')}")
    if get("schedule") == "exponential":
        decide("decay_steps", 10_000, "as in Keras's examples")
        decide("decay_rate", 0.9, "as in Keras's examples")
    if get("loss") == "huber":
        decide("huber_delta", 1.0, "Keras's and PyTorch's default")


def _loss(known: Known) -> tuple[str, str]:
    if known.task == "regression":
        return "mse", "regression"
    if known.task == "multilabel":
        return "binary-cross-entropy", "several labels at once"
    if known.output == "sigmoid":
        return "binary-cross-entropy", "the network ends in one sigmoid output"
    return "cross-entropy", "classification"


def _batch_size(samples: int) -> tuple[int, str]:
    for limit, size in ((5_000, 32), (20_000, 64)):
        if samples <= limit:
            return size, f"{samples:,} training samples"
    return 128, f"{samples:,} training samples"


def _epochs(samples: int, batch_size: int) -> tuple[int, str]:
    """Small sets need more passes: a network learns by steps, not by epochs."""
    wanted = math.ceil(ENOUGH_STEPS / math.ceil(samples / batch_size))
    return min(
        max(wanted, FEWEST_EPOCHS), MOST_EPOCHS
    ), f"about {ENOUGH_STEPS:,} steps, {FEWEST_EPOCHS} to {MOST_EPOCHS}"


def _learning_rate(optimizer: str, batch_size: int) -> tuple[float, str]:
    """Grow the rate with the square root of the batch (Krizhevsky 2014), at most fourfold."""
    base = LEARNING_RATES[optimizer]
    if optimizer != "adamw":
        return base, f"usual for {optimizer}"
    factor = min(max(math.sqrt(batch_size / 32), 0.5), 4.0)
    return float(f"{base * factor:.2g}"), f"{base} for a batch of 32, times √(batch / 32)"


def _schedule(optimizer: str, given: Mapping[str, Any]) -> tuple[str, str]:
    if optimizer not in ("adamw", "muon"):
        return "constant", f"usual for {optimizer}"
    if "warmup" in given:
        return "cosine", "takes the warm-up that was asked for"
    if "patience" in given:
        return "constant", "early stopping may end it at any epoch"
    return "one-cycle", "ends well at a known length"


def _unfit(recipe: Recipe, known: Known) -> list[str]:
    """Name options that cannot work with this data, now that it is known."""
    training = recipe.training
    mistakes: list[str] = []
    if training.strategy == "features" and (is_own(training.loss) or training.loss in ("mae", "huber")):
        mistakes.append(f"loss = {training.loss!r} cannot be fitted at once on features.")
    regression = training.loss in ("mse", "mae", "huber")
    if not is_own(training.loss) and regression != (known.task == "regression"):
        mistakes.append(f"loss = {training.loss!r} cannot train a {known.task} task.")
    if training.loss == "cross-entropy" and (known.task == "multilabel" or known.output == "sigmoid"):
        mistakes.append("loss = 'cross-entropy' needs one exclusive class per sample and a softmax output.")
    if known.task != "classification" and training.sampling == "balanced":
        mistakes.append(f"sampling = 'balanced' needs one class per sample, and this is a {known.task} task.")
    if training.label_smoothing and training.loss != "cross-entropy":
        mistakes.append(f"label_smoothing = {training.label_smoothing} would have no effect on {training.loss}.")
    if training.micro_batch is not None and training.micro_batch >= known.training_samples:
        mistakes.append(
            f"micro_batch = {training.micro_batch} would have no effect: there are {known.training_samples} training "
            "samples."
        )
    if training.interpolate and not known.has_validation:
        mistakes.append("interpolate would have no effect: there are no validation samples to choose the share by.")
    if training.strategy == "finetune" and training.views is not None:
        if training.freeze is None:
            mistakes.append(f"views = {training.views} needs frozen layers: --freeze NAMES.")
        if training.views > 1 and not augments(recipe):
            mistakes.append(f"views = {training.views} would all be the same: it needs an augmentation.")
    if len(known.input_shape) == 1:
        works = ("mixup", "augment")
        names = [name for name, value in recipe.augmentation if name not in works and not changes_nothing(value)]
        mistakes += [f"{name} changes images, but the samples are vectors." for name in names]
    return mistakes
