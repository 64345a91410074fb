"""Small trainings, seconds each, on digits into which one fault was planted, and some that are healthy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import spirula as sp
from doubles import not_reloaded
from spirula.runs.folder import RunFolder

SMALL = 'Conv2D(8, 3, padding="same", activation="relu"), MaxPooling2D(2), Flatten(), Dense(32, activation="relu")'
DENSE = 'Flatten(), Dense(32, activation="relu")'
WIDE = 'Flatten(), Dense(256, activation="relu"), Dense(256, activation="relu")'
DEEP = ", ".join(["Flatten()", *['Dense(32, activation="relu")'] * 4])
SIGMOIDS = ", ".join(["Flatten()", *['Dense(32, activation="sigmoid")'] * 8])
MORE_SIGMOIDS = ", ".join(["Flatten()", *['Dense(16, activation="sigmoid")'] * 12])

Arrays = tuple[np.ndarray, np.ndarray]
Splits = dict[str, Arrays]


@dataclass(frozen=True)
class Plan:
    """data: what to do with the splits of the digits. options: of the training. planted, also: codes true of it.

    Digits have pairs that are mixed up, so E002 may be true of any.
    """

    options: dict[str, Any]
    planted: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    data: Callable[[Splits], Splits] = field(default=lambda splits: splits)


@cache
def digits() -> dict[str, Arrays]:
    """Return 800 training, 400 validation and 597 test digits: uint8 (N, 8, 8, 1) and their classes."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    pixels, labels = (x[order] * 15.9).astype(np.uint8).reshape(-1, 8, 8, 1), y[order].astype(np.int64)
    places = {"train": slice(0, 800), "validation": slice(800, 1200), "test": slice(1200, None)}
    return {split: (pixels[part], labels[part]) for split, part in places.items()}


def train(plan: Plan, folder: Path, name: str) -> RunFolder:
    """Train in this process alone: what the fresh process of the reload test would cost is not what is tested."""
    splits = plan.data({split: (x.copy(), y.copy()) for split, (x, y) in digits().items()})
    options = {"epochs": 10, "precision": "float32", "threads": 1, "progress": "quiet", **plan.options}
    with patch("spirula.evaluation.verify.reloading", not_reloaded), patch.object(sp.Run, "report"):
        return sp.train(_source(splits), runs=folder, name=name, **options).folder


def _source(splits: Splits) -> dict[str, np.ndarray]:
    """Return the arrays under the names that a source of arrays has."""
    return {
        f"{letter}_{split}": part for split, pair in splits.items() for letter, part in zip("xy", pair, strict=True)
    }


def with_wrong(split: str, share: float) -> Callable[[Splits], Splits]:
    def mislabel(splits: Splits) -> Splits:
        rng = np.random.default_rng(1)
        y = splits[split][1]
        rows = rng.random(len(y)) < share
        y[rows] = (y[rows] + rng.integers(1, 10, int(rows.sum()))) % 10
        return splits

    return mislabel


def few_with_wrong(splits: Splits) -> Splits:
    """A fifth of 300 training labels are wrong: what is learned of them is learned by heart."""
    splits = with_wrong("train", 0.2)(splits)
    splits["train"] = tuple(array[:300] for array in splits["train"])  # type: ignore[assignment]
    return splits


def leaking(splits: Splits) -> Splits:
    for place in (0, 1):
        splits["test"][place][:60] = splits["train"][place][:60]
    return splits


def rare(splits: Splits) -> Splits:
    x, y = splits["train"]
    keep = np.ones(len(y), dtype=bool)
    keep[np.flatnonzero(y == 8)[5:]] = False
    splits["train"] = (x[keep], y[keep])
    return splits


def tinted(splits: Splits) -> Splits:
    """The light of each class has a colour of its own."""
    colours = np.random.default_rng(2).integers(0, 90, (10, 3))
    for split, (x, y) in splits.items():
        splits[split] = ((x // 2 + colours[y][:, None, None, :]).clip(0, 255).astype(np.uint8), y)
    return splits


def framed(splits: Splits, *, told: bool = True) -> Splits:
    """Digits at three times their size, in a grey frame that says the class, or that does not."""
    rng = np.random.default_rng(3)
    for split, (x, y) in splits.items():
        large = np.kron(x, np.ones((1, 3, 3, 1), np.uint8))
        shade = (20 * y if told else rng.integers(0, 200, len(y)))[:, None, None, None]
        large[:, :2], large[:, -2:], large[:, :, :2], large[:, :, -2:] = shade, shade, shade, shade
        splits[split] = (large, y)
    return splits


def unframed(splits: Splits) -> Splits:
    return framed(splits, told=False)


def without(*names: str) -> Callable[[Splits], Splits]:
    return lambda splits: {split: pair for split, pair in splits.items() if split not in names}


def only_some(number: int) -> Callable[[Splits], Splits]:
    def shorten(splits: Splits) -> Splits:
        x, y = splits["test"]
        return {**splits, "test": (x[:number], y[:number])}

    return shorten


def _of(*codes: str) -> frozenset[str]:
    return frozenset(codes)


SGD = {"optimizer": "sgd", "momentum": 0.0, "schedule": "constant"}
ADAM = {"optimizer": "adam", "schedule": "constant"}
TRAINED: dict[str, Plan] = {
    "healthy-conv": Plan({"model": SMALL, "epochs": 15}),
    "healthy-dense": Plan({"model": DENSE, "epochs": 20}),
    "healthy-deep": Plan({"model": DEEP, "epochs": 15}),
    "healthy-moved": Plan({"model": SMALL, "epochs": 20, "crop": 1}),
    "healthy-adam": Plan({"model": SMALL, "epochs": 25, **ADAM, "learning_rate": 0.003}),
    "healthy-ground": Plan({"model": DENSE, "epochs": 15}, data=unframed),
    "memorised": Plan({"model": WIDE, "epochs": 30, **ADAM, "learning_rate": 0.002}, _of("T003"), data=few_with_wrong),
    "memorised-more": Plan(
        {"model": WIDE, "epochs": 25, **ADAM, "learning_rate": 0.003}, _of("T003"), data=with_wrong("train", 0.3)
    ),
    "one-number": Plan(
        {"model": "AveragePooling2D(8), Flatten()", "epochs": 15, **ADAM, "learning_rate": 0.05},
        _of("T004"),
        _of("E001"),
    ),
    "sgd-2": Plan({"model": SMALL, **SGD, "momentum": 0.9, "learning_rate": 2.0}, _of("T005"), _of("T009")),
    "adam-0.3": Plan({"model": SMALL, **ADAM, "learning_rate": 0.3}, _of("T005"), _of("T009")),
    "adam-1": Plan({"model": DENSE, **ADAM, "learning_rate": 1.0}, _of("T005"), _of("T009")),
    "sgd-1e-4": Plan({"model": SMALL, **SGD, "learning_rate": 1e-4}, _of("T006")),
    "adam-5e-6": Plan({"model": SMALL, **ADAM, "learning_rate": 5e-6}, _of("T006")),
    "one-cycle-1e-5": Plan({"model": SMALL, "learning_rate": 1e-5}, _of("T006")),
    "short": Plan({"model": DENSE, "epochs": 6, **SGD, "learning_rate": 0.03}, _of("T007")),
    "short-conv": Plan({"model": SMALL, "epochs": 5, **ADAM, "learning_rate": 0.001}, _of("T007")),
    "raw": Plan({"model": SMALL, "normalize": "none"}, _of("D007"), _of("T007")),
    "sigmoids": Plan({"model": SIGMOIDS, "epochs": 6}, _of("T011"), _of("E001", "T008")),
    "more-sigmoids": Plan({"model": MORE_SIGMOIDS, "epochs": 6, **ADAM}, _of("T011"), _of("E001", "T008")),
    "wrong-test": Plan({"model": SMALL, "epochs": 15}, _of("D003"), data=with_wrong("test", 0.06)),
    "wrong-test-more": Plan({"model": DENSE, "epochs": 15}, _of("D003"), data=with_wrong("test", 0.15)),
    "leaking": Plan({"model": SMALL, "epochs": 15}, _of("D001"), data=leaking),
    "rare": Plan({"model": DENSE, "epochs": 15}, _of("D004"), data=rare),
    "tinted": Plan({"model": SMALL, "epochs": 10}, _of("D005"), data=tinted),
    "framed": Plan({"model": DENSE, "epochs": 10}, _of("D005"), data=framed),
    "no-test": Plan({"model": SMALL, "epochs": 12, "test": 0.0}, _of("E003"), data=without("test")),
    "few-test": Plan({"model": SMALL, "epochs": 12}, _of("E001"), data=only_some(60)),
}
