"""What each trick of a fast recipe brings: the recipe as it is, and with one of them switched off, seed by seed.

    python -m benchmarks.ablation.run [--recipes fast-mnist …] [--turns 10] [--tricks whitening …] [--epochs 4]

Of each the share of the official test set that is wrong after training, and the processor seconds of the training
alone: medians over the seeds. A seed is a turn, and all variants take it before the next. "Better" is how many times as
many mistakes, or seconds, there are without the trick; one that costs accuracy may still pay in seconds.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from benchmarks.harness import Result, Row, arguments, publish, ratio, take_turns, typed
from spirula.api.session.judged import judge
from spirula.config import Recipe
from spirula.evaluation.predict import predict
from spirula.memory import keep_freed_memory
from spirula.models.catalogue import CATALOGUE
from spirula.recipe import changed, read_recipe
from spirula.training.assemble import assemble
from spirula.training.deciding.rules import machine_of

RECIPES = ("fast-mnist", "fast-fashion-mnist", "fast-cifar10")

# Nesterov SGD in the place of Muon and AdamW; 0.2 did well on MNIST and Fashion-MNIST in batches of 128.
SGD = {"optimizer": "sgd", "nesterov": True, "momentum": 0.9, "learning_rate": 0.2, "unit_filters": None}


@dataclass(frozen=True)
class Trick:
    """One trick: the option that says it, and the options of a recipe without it."""

    option: str
    off: Mapping[str, Any]


TRICKS: Mapping[str, Trick] = {
    "whitening": Trick("whitening", {"whitening": None}),
    "dirac": Trick("dirac", {"dirac": None}),
    "fast BatchNorm offsets": Trick("norm_bias_rate", {"norm_bias_rate": None}),
    "label smoothing": Trick("label_smoothing", {"label_smoothing": None}),
    "the optimizer, for Nesterov SGD": Trick("optimizer", SGD),
    "filters of length 1": Trick("unit_filters", {"unit_filters": None}),
    "the triangle, for one-cycle": Trick("schedule", {"schedule": "one-cycle", "warmup": None}),
    "the triangle, for a constant rate": Trick("schedule", {"schedule": "constant", "warmup": None}),
    "flips by turns, for flips at random": Trick("flip", {"flip": "horizontal"}),
    "flips": Trick("flip", {"flip": None}),
    "crops": Trick("crop", {"crop": None}),
    "averaged weights": Trick("ema", {"ema": None}),
    "test views": Trick("test_views", {"test_views": None}),
    "pooling first": Trick("model", {}),
    "bfloat16": Trick("precision", {"precision": "float32"}),
    "channels last": Trick("channels_last", {"channels_last": False}),
}


def without(recipe: Recipe, trick: Trick) -> Recipe:
    """Return the recipe without a trick."""
    if trick.option != "model":
        return changed(recipe, **trick.off)
    notation = CATALOGUE[str(recipe.model.model)].notation
    pooled_first = r"(MaxPooling2D\(2\)), (BatchNormalization\(.*?\)), (Activation\(.*?\))"
    return changed(recipe, model=re.sub(pooled_first, r"\2, \3, \1", notation))


def variants(name: str, tricks: list[str], epochs: int | None) -> dict[str, Recipe]:
    """Return the recipe as it is, under the name "", and without each of those tricks that it has."""
    recipe = read_recipe(name, epochs=epochs)
    machine, _, _ = machine_of(recipe)
    has = {**recipe.options(), "channels_last": machine.channels_last, "precision": machine.precision == "bfloat16"}
    found = {trick: without(recipe, TRICKS[trick]) for trick in tricks if has.get(TRICKS[trick].option)}
    return {"": recipe, **found}


def trained(recipe: Recipe, threads: int, seed: int) -> tuple[float, float]:
    """Train and return the share of the test set that is wrong, and processor seconds of training."""
    assembly = assemble(changed(recipe, threads=threads, seed=seed))
    began = time.process_time()
    for _ in assembly.fit(None):
        pass
    seconds = time.process_time() - began
    module, batches, views = judge(assembly)
    classes = len(assembly.dataset.manifest.classes)
    said, targets, _ = predict(module, batches("test").epoch(0), output="softmax", classes=classes, views=views)
    return float((said.argmax(1) != targets).mean()), seconds


def measured(name: str, options: argparse.Namespace) -> dict[str, list[tuple[float, float]]]:
    """Return for each variant, turn by turn, the share of the test set that is wrong and processor seconds."""
    recipes = variants(name, options.tricks, options.epochs)
    contestants: dict[str, Callable[[int], tuple[float, float]]] = {
        trick: partial(trained, recipe, options.threads) for trick, recipe in recipes.items()
    }
    return take_turns(contestants, options.turns)


def rows_of(name: str, found: Mapping[str, Sequence[Sequence[float]]]) -> tuple[Row, ...]:
    """Return a row for the mistakes and one for the seconds of each trick; both are better with fewer."""
    rows = []
    for place, unit, factor in ((0, "% wrong", 100.0), (1, "s", 1.0)):
        whole = [factor * turn[place] for turn in found[""]]
        for trick, turns in found.items():
            if trick:
                without = [factor * turn[place] for turn in turns]
                medians = statistics.median(without), statistics.median(whole)
                rows.append(Row(trick, name, *medians, unit, *ratio(without, whole)))
    return tuple(rows)


def main() -> None:
    parser = arguments(__doc__, turns=10)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--epochs", type=int, help="of every training (default: the recipe's)")
    parser.add_argument("--tricks", nargs="+", choices=list(TRICKS), default=list(TRICKS))
    options = parser.parse_args()
    keep_freed_memory()
    for name in options.recipes:
        found = measured(name, options)
        shorter = f", {options.epochs} epochs" if options.epochs else ""
        title = f"{name}{shorter}: mistakes on the test set and processor seconds, without a trick and with it"
        versions = {"torch": torch.__version__}
        sides = "without it", "with it"
        result = Result(
            f"ablation: {name}", title, typed(), options.turns, rows_of(name, found), versions, found, sides
        )
        publish(result, keep=options.keep)


if __name__ == "__main__":
    main()
