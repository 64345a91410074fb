"""``strategy = fast`` and ``best``: for any small images the options that were measured on a public set like them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from ...config import Recipe
from ...errors import ConfigError
from ...recipe import BELONGS_TO, another, changed, packaged_recipes, read_recipe
from ...wording import Task
from ..device import choose_device

SMALLEST_SIDE, LARGEST_SIDE = 10, 64  # pixels: of what the networks of these recipes work on, and are worth using on
FEWEST_STEPS, SMALLEST_BATCH, MOST_EPOCHS = 30, 32, 60
ON_A_GPU = "-gpu"

# What a recipe says of its own set, and what only fits its own network.
_OF_THE_SET = ("source", "validation", "test", "duplicates", "flip", "test_views", "epochs", "batch_size", "strategy")
_OF_THE_NETWORK = ("model", *BELONGS_TO["model"])


@dataclass(frozen=True)
class Measured:
    """The recipes of a strategy for images of one channel and of three, and what photographs are better served with."""

    grey: str
    colour: str
    for_photographs: str


STRATEGIES: Mapping[str, Measured] = MappingProxyType(
    {
        "fast": Measured("fast-fashion-mnist", "fast-cifar10", "--strategy features"),
        "best": Measured("best-fashion-mnist", "best-cifar10", "--strategy finetune"),
    }
)
_SAMPLES = {"mnist": 60_000, "fashion-mnist": 60_000, "cifar10": 50_000}  # to train on, in the sets of the recipes


def on_this_device(base: str | Path, source: object, device: str | None) -> str | Path:
    """Return the recipe of a set that is made for a GPU, where ``base`` has one and a CUDA GPU will be used.

    Any other recipe, and a file of that name, is returned as it is. Raises :class:`InputError` for a device that is not
    there.
    """
    sized = f"{base}-{source}{ON_A_GPU}"
    if base not in STRATEGIES or sized not in packaged_recipes() or Path(base).is_file():
        return base
    return sized if choose_device(device).value.type == "cuda" else base


def with_measured(
    asked: Recipe, task: Task, shape: tuple[int, ...], samples: int, *, own_model: bool = False
) -> tuple[Recipe, dict[str, str]]:
    """Return the recipe with the open options of its strategy decided, and why; of other strategies as it is.

    Flips are left out: whether images may be mirrored is not seen in their shape. With a network of the user's own
    (``own_model``, or a model that was asked for) go no options that only fit the recipe's network. Sets that are
    smaller than the public one take as many steps as it does, in more epochs and smaller batches, up to 60 epochs. The
    learning rate goes with the root of the batch size (Malladi et al. 2022, arXiv:2205.10287, for Adam): gradients of
    fewer samples are noisier, and neither Adam nor Muon takes shorter steps for that.

    Raises :class:`ConfigError` for other tasks than classes of images of 10 to 64 pixels a side, and of one channel
    or three.
    """
    strategy = asked.training.strategy
    if strategy is None or strategy not in STRATEGIES:
        return asked, {}
    recipes = STRATEGIES[strategy]
    if task != "classification" or len(shape) != 3 or shape[2] not in (1, 3):
        seen = "×".join(str(side) for side in shape)
        raise ConfigError(
            [f"strategy = '{strategy}' is for classes of grey or colour images; this is {task} of samples of {seen}."],
            "Leave it out: the defaults fit any data.",
        )
    if not SMALLEST_SIDE <= min(shape[:2]) <= max(shape[:2]) <= LARGEST_SIDE:
        raise ConfigError(
            [f"strategy = '{strategy}' is for images of 10 to 64 pixels a side; these are {shape[0]}×{shape[1]}."],
            f"Make them small with --image-size 32, or leave it out. For photographs: {recipes.for_photographs}.",
        )
    name = recipes.grey if shape[2] == 1 else recipes.colour
    measured = read_recipe(name)
    given = asked.options()
    left_out = {*given, *_OF_THE_SET, *(_OF_THE_NETWORK if own_model or "model" in given else ())}
    for choice in ("optimizer", "schedule"):
        if another(choice, given, measured.options()):
            left_out |= set(BELONGS_TO[choice])
    filled: dict[str, Any] = {option: value for option, value in measured.options().items() if option not in left_out}
    reasons = dict.fromkeys(filled, f"as in the recipe {name}")
    batch_size, epochs = _length(measured, samples, given.get("batch_size"))
    if "batch_size" not in given:
        filled["batch_size"], reasons["batch_size"] = batch_size, f"at least {FEWEST_STEPS} steps in an epoch"
    rate, share = filled.get("learning_rate"), batch_size / cast(int, measured.training.batch_size)
    if isinstance(rate, float) and share != 1:
        filled["learning_rate"] = float(f"{rate * math.sqrt(share):.2g}")
        reasons["learning_rate"] = f"{rate:g} as in {name}, times the root of {share:.2g}, of its batch size"
    if "epochs" not in given and "budget" not in given:
        filled["epochs"], reasons["epochs"] = epochs, f"about the steps of {name}, at most {MOST_EPOCHS} epochs"
    return changed(asked, **filled), reasons


def _length(measured: Recipe, samples: int, batch_size: object) -> tuple[int, int]:
    """Return batch size and epochs in which ``samples`` take as many steps as the recipe's own set."""
    size, epochs = measured.training.batch_size, measured.training.epochs
    assert isinstance(size, int)
    assert epochs is not None
    steps = epochs * _SAMPLES[str(measured.source)] / size
    if isinstance(batch_size, int):
        size = batch_size
    while batch_size is None and samples / size < FEWEST_STEPS and size > SMALLEST_BATCH:
        size = max(size // 2, SMALLEST_BATCH)
    return size, min(max(epochs, round(steps * size / samples)), MOST_EPOCHS)
