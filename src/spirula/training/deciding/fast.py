"""``strategy = fast``: for any small images the options that were measured on a public set of images like them."""

from __future__ import annotations

from typing import Any

from ...config import Recipe
from ...errors import ConfigError
from ...recipe import changed, read_recipe
from ...wording import Task

COLOUR, GREY = "fast-cifar10", "fast-fashion-mnist"
SMALLEST_SIDE, LARGEST_SIDE = 10, 64  # pixels: of what the networks of these recipes work on, and are worth using on
FEWEST_STEPS, SMALLEST_BATCH, MOST_EPOCHS = 30, 32, 60

# What a recipe says of its own set, and what only fits its own network.
_OF_THE_SET = ("source", "validation", "test", "duplicates", "flip", "test_views", "epochs", "batch_size", "strategy")
_OF_THE_NETWORK = ("model", "whitening", "dirac", "norm_bias_rate")


def with_fast(
    asked: Recipe, task: Task, shape: tuple[int, ...], samples: int, *, own_model: bool = False
) -> tuple[Recipe, dict[str, str]]:
    """Return the recipe with the open options of ``strategy = fast`` decided, and why; other recipes as they are.

    Flips are left out: whether images may be mirrored is not seen in their shape. With a network of the user's own
    (``own_model``, or a model that was asked for) go no options that only fit the recipe's network. Sets that are
    smaller than the public one take as many steps as it does, in more epochs and smaller batches, up to 60 epochs.

    Raises :class:`ConfigError` for other tasks than classes of images of 10 to 64 pixels a side, and of one channel
    or three.
    """
    if asked.training.strategy != "fast":
        return asked, {}
    if task != "classification" or len(shape) != 3 or shape[2] not in (1, 3):
        seen = "×".join(str(side) for side in shape)
        raise ConfigError(
            [f"strategy = 'fast' is for classes of grey or colour images; this is {task} of samples of {seen}."],
            "Leave it out: the defaults fit any data.",
        )
    if not SMALLEST_SIDE <= min(shape[:2]) <= max(shape[:2]) <= LARGEST_SIDE:
        raise ConfigError(
            [f"strategy = 'fast' is for images of 10 to 64 pixels a side; these are {shape[0]}×{shape[1]}."],
            "Make them small with --image-size 32, or leave it out. For photographs: --strategy features.",
        )
    name = GREY if shape[2] == 1 else COLOUR
    measured = read_recipe(name)
    given = asked.options()
    left_out = {*given, *_OF_THE_SET, *(_OF_THE_NETWORK if own_model or "model" in given else ())}
    filled: dict[str, Any] = {option: value for option, value in measured.options().items() if option not in left_out}
    reasons = dict.fromkeys(filled, f"as in the recipe {name}")
    batch_size, epochs = _length(measured, samples, given.get("batch_size"))
    if "batch_size" not in given:
        filled["batch_size"], reasons["batch_size"] = batch_size, f"at least {FEWEST_STEPS} steps in an epoch"
    if "epochs" not in given and "budget" not in given:
        filled["epochs"], reasons["epochs"] = epochs, f"about the steps of {name}, at most {MOST_EPOCHS} epochs"
    return changed(asked, **filled), reasons


def _length(measured: Recipe, samples: int, batch_size: object) -> tuple[int, int]:
    """Return batch size and epochs in which ``samples`` take as many steps as the recipe's own set."""
    size, epochs = measured.training.batch_size, measured.training.epochs
    assert isinstance(size, int)
    assert epochs is not None
    public = 60_000 if measured.source == "fashion-mnist" else 50_000
    steps = epochs * public / size
    if isinstance(batch_size, int):
        size = batch_size
    while batch_size is None and samples / size < FEWEST_STEPS and size > SMALLEST_BATCH:
        size //= 2
    return size, min(max(epochs, round(steps * size / samples)), MOST_EPOCHS)
