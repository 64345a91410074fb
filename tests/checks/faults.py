"""Faults planted into healthy run folders: each takes a run and a seed, and leaves one thing wrong with it."""

from __future__ import annotations

import numpy as np
from made_runs import Made, losses, said


def leak(made: Made, rng: np.random.Generator) -> None:
    number = int(rng.choice([1, 7, 300]))
    pair = {"ids": ["train/1.png", "test/1.png"], "splits": ["train", "test"], "labels": ["Bag", "Bag"]}
    made.document["data"]["twins"] |= {"cross_split": {"test": number}, "pairs": [pair]}


def not_searched(made: Made, rng: np.random.Generator) -> None:
    made.config["duplicates"] = "ignore"
    made.document["data"]["twins"] = {}


def wrong_labels(made: Made, rng: np.random.Generator) -> None:
    """Of the held-out labels 3 to 25 % are another class's; the network says the true one, as surely as ever."""
    targets, probabilities = made.held["test"]
    flipped = targets.copy()
    rows = rng.random(len(targets)) < rng.uniform(0.03, 0.25)
    flipped[rows] = (targets[rows] + rng.integers(1, len(made.classes), int(rows.sum()))) % len(made.classes)
    made.held["test"] = (flipped, probabilities)


def rare_class(made: Made, rng: np.random.Generator) -> None:
    counts = made.document["data"]["class_counts"]["train"]
    name = made.classes[3]
    counts[name] = int(rng.integers(10, 110))
    targets, probabilities = (array.copy() for array in made.held["test"])
    rows = np.flatnonzero(targets == 3)
    lost = rows[rng.random(len(rows)) < rng.uniform(0.25, 0.7)]
    other = rng.choice([k for k in range(len(made.classes)) if k != 3], len(lost))
    probabilities[lost, 3] = 0.3
    probabilities[lost, other] = probabilities[lost].max(axis=1) + 0.1
    made.held["test"] = (targets, (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(np.float32))


def shortcut(made: Made, rng: np.random.Generator) -> None:
    name = str(rng.choice(["border", "colour", "file"]))
    made.baselines["right"][name] = int(made.baselines["count"] * rng.uniform(0.72, 0.95))


def crop(made: Made, rng: np.random.Generator) -> None:
    median, far = ((0.3, 900), (0.45, 2600), (0.1, 350))[int(rng.integers(3))]
    worst = [{"id": "lake.jpg", "lost": 0.8}]
    made.survey["resize"] = {"mode": "crop", "count": 4000, "lost": {"median": median, "most": 0.8}, "far": far} | {
        "worst": worst
    }


def raw_input(made: Made, rng: np.random.Generator) -> None:
    made.health["input"] = {"mean": float(rng.uniform(40, 140)), "std": 70.0, "low": 0.0, "high": 255.0}
    made.config["normalize"] = "none"


def two_labels(made: Made, rng: np.random.Generator) -> None:
    pair = {"ids": ["a.png", "b.png"], "splits": ["train", "train"], "labels": ["Bag", "Boot"]}
    made.document["data"]["twins"] |= {"cross_label": int(rng.integers(1, 9)), "pairs": [pair]}


def interrupted(made: Made, rng: np.random.Generator) -> None:
    made.document["status"] = str(rng.choice(["interrupted", "failed"]))
    made.document["failure"] = "The disk is full"
    made.document["stopped"] = {"reason": "interrupted", "epoch": 3}
    made.history = made.history[:3]
    made.held = {}


def not_finite(made: Made, rng: np.random.Generator) -> None:
    made.document |= {"status": "failed", "failure": "The loss became nan in epoch 3 by step 7\n  → Lower the rate"}
    made.history, made.held = made.history[:2], {}
    made.nonfinite = {"seen": "The loss became nan"}


def overfit(made: Made, rng: np.random.Generator) -> None:
    epochs = int(rng.integers(12, 40))
    turn = int(rng.integers(3, epochs - 5))
    train = [1.9 * np.exp(-4 * e / epochs) + 0.02 for e in range(epochs)]
    low = 0.45
    held = [low + 1.2 * np.exp(-5 * e / turn) for e in range(epochs)]
    slope = rng.uniform(0.3, 1.2) / (epochs - turn)
    losses(made, train, [v * (1 + 0.01 * rng.normal()) + slope * max(0, e - turn) for e, v in enumerate(held)])


def underfit(made: Made, rng: np.random.Generator) -> None:
    floor = rng.uniform(1.4, 1.9)
    train = [floor + 0.4 * np.exp(-1.2 * e) + 0.004 * rng.normal() for e in range(15)]
    losses(made, train, [value + 0.01 for value in train])
    made.held["test"] = (made.held["test"][0], said(made.held["test"][0], 10, 0.35, rng, 0.3))


def jumping(made: Made, rng: np.random.Generator) -> None:
    train = [1.6 * np.exp(-0.1 * e) + (0.9 if rng.random() < 0.5 or e in (3, 6) else 0) for e in range(12)]
    losses(made, train, [value + 0.1 * abs(rng.normal()) for value in train])
    made.config["learning_rate"] = 0.3


def nothing_learned(made: Made, rng: np.random.Generator) -> None:
    train = [2.35 + 0.02 * abs(rng.normal()) + (5 if e == 0 else 0) for e in range(10)]
    losses(made, train, [2.32 + 0.03 * abs(rng.normal()) for _ in train])
    made.held["test"] = (made.held["test"][0], said(made.held["test"][0], 10, 0.1, rng, 0.1))


def crawling(made: Made, rng: np.random.Generator) -> None:
    step = rng.uniform(0.01, 0.035)
    train = [2.3 - step * e + 0.001 * rng.normal() for e in range(10)]
    losses(made, train, [value + 0.005 for value in train])
    made.config |= {"learning_rate": 1e-6, "schedule": "constant"}


def unfinished(made: Made, rng: np.random.Generator) -> None:
    rate = rng.uniform(0.08, 0.2)
    losses(made, [1.6 * np.exp(-rate * e) for e in range(8)], [1.7 * np.exp(-rate * e) for e in range(8)])
    made.config["schedule"] = "constant"


def worse_and_worse(made: Made, rng: np.random.Generator) -> None:
    held = [0.5 + 0.02 * e + 0.01 * rng.random() for e in range(8)]
    losses(made, [0.45 + 0.001 * rng.normal() for _ in held], held)


def dead(made: Made, rng: np.random.Generator) -> None:
    row = made.health["units"]["layers"][int(rng.integers(3))]
    row["dead"] = int(row["units"] * rng.uniform(0.55, 1))


def exploding(made: Made, rng: np.random.Generator) -> None:
    row = made.health["epochs"][int(rng.integers(12))]
    row["gradient"] = None if rng.random() < 0.3 else row["weight"] * float(rng.uniform(12, 1e5))


def vanishing(made: Made, rng: np.random.Generator) -> None:
    for row in made.health["epochs"]:
        for place, layer in enumerate(row["layers"]):
            layer["gradient"] *= 10.0 ** (-2.5 * (3 - place))


def starved(made: Made, rng: np.random.Generator) -> None:
    made.document["timing"] = {"data_wait_share": float(rng.uniform(0.25, 0.9)), "training_seconds": 300.0}


def small(made: Made, rng: np.random.Generator) -> None:
    number = int(rng.integers(30, 90))
    targets = rng.integers(0, 10, number)
    made.held = {"test": (targets, said(targets, 10, 0.85, rng))}
    made.baselines = {}


def one_pair(made: Made, rng: np.random.Generator) -> None:
    targets, probabilities = (array.copy() for array in made.held["test"])
    for first, second in ((2, 6), (6, 2)):
        rows = np.flatnonzero(targets == first)
        rows = rows[rng.random(len(rows)) < rng.uniform(0.3, 0.6)]
        probabilities[rows] = 0.02
        probabilities[rows, first], probabilities[rows, second] = 0.3, 0.54
    made.held["test"] = (targets, probabilities)


def no_test(made: Made, rng: np.random.Generator) -> None:
    del made.held["test"]
    made.baselines["split"] = "validation"
    made.baselines["count"] //= 2
    made.baselines["right"] = {name: n // 2 for name, n in made.baselines["right"].items()}


def other_numbers(made: Made, rng: np.random.Generator) -> None:
    made.document["verification"] = {"status": "failed", "detail": "accuracy 0.61 after reloading, 0.92 logged"}


def nothing_held_out(made: Made, rng: np.random.Generator) -> None:
    made.held, made.baselines = {}, {}
    for row in made.history:
        del row["val_loss"], row["val_accuracy"]
    made.document["best"] = {"epoch": 12, "monitor": "loss", "value": 0.1}


def part_left_out(made: Made, rng: np.random.Generator) -> None:
    parts = ("map and neighbours", "robustness", "temperature", "report", "heat maps", "filters")
    chosen = rng.choice(parts, int(rng.integers(1, 4)), replace=False)
    made.document["left_out"] = {str(part): "out of memory: Tried to allocate 2 GiB." for part in chosen}
