"""Run folders made by hand, with numbers that a test can look for. No training, no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spirula.runs.folder import RunFolder

FASHION = [
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
]


class Folder:
    """Writes a run folder piece by piece."""

    def __init__(self, path: Path, **document: Any) -> None:
        self.path = path
        for part in ("predictions", "insight"):
            (path / part).mkdir(parents=True, exist_ok=True)
        self.document: dict[str, Any] = {"schema": 1, "name": path.name, "status": "finished", **document}
        self.text("config.toml", "")
        self.json("classes.json", [])
        self.text("manifest.csv", "id,label,split,group,refused\n")

    def text(self, name: str, content: str) -> None:
        (self.path / name).write_text(content, encoding="utf-8")

    def json(self, name: str, content: Any) -> None:
        self.text(name, json.dumps(content, ensure_ascii=False))

    def history(self, rows: Sequence[dict[str, Any]]) -> None:
        self.text("metrics.jsonl", "".join(json.dumps(row) + "\n" for row in rows))

    def predictions(
        self, split: str, targets: np.ndarray, probabilities: np.ndarray, together: np.ndarray | None = None
    ) -> None:
        ids = np.array([f"{split}/{row:06d}" for row in range(len(targets))], dtype=np.str_)
        path = self.path / "predictions" / f"{split}.npz"
        known = {} if together is None else {"together": together}
        np.savez(path, ids=ids, targets=targets, probabilities=probabilities.astype(np.float32), **known)

    def arrays(self, name: str, **arrays: Any) -> None:
        np.savez(self.path / "insight" / f"{name}.npz", **{key: np.asarray(value) for key, value in arrays.items()})

    def done(self) -> RunFolder:
        self.json("run.json", self.document)
        return RunFolder(self.path)


def pictures(count: int, size: int = 28, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Soft random blobs, uint8 (count, size, size, channels)."""
    rng = np.random.default_rng(seed)
    grid = np.mgrid[0:size, 0:size] / size
    centre = rng.uniform(0.3, 0.7, (count, 2, 1, 1, channels))
    away = ((grid[None, :, :, :, None] - centre) ** 2).sum(axis=1)
    return np.asarray(255 * np.exp(-away * rng.uniform(8, 40, (count, 1, 1, channels))), dtype=np.uint8)


def guesses(
    targets: np.ndarray, classes: int, skill: float = 4.0, seed: int = 0, confuse: Sequence[tuple[int, int]] = ()
) -> np.ndarray:
    """Probabilities (N, K) that are mostly right; ``confuse`` names pairs that are mixed up more often."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(targets), classes))
    logits[np.arange(len(targets)), targets] += skill
    for true, other in confuse:
        rows = targets == true
        logits[rows, other] += skill * rng.uniform(0, 1.05, rows.sum())
    odds = np.exp(1.6 * logits)
    return odds / odds.sum(axis=1, keepdims=True)


def epochs(count: int, *, validation: bool = True) -> list[dict[str, Any]]:
    rows = []
    for epoch in range(1, count + 1):
        row: dict[str, Any] = {"epoch": epoch, "step": 1500 * epoch, "loss": 0.16 + 0.5 / epoch**0.9}
        row["accuracy"] = 1 - row["loss"] * 0.36
        if validation:
            row["val_loss"] = 0.225 + 0.32 / epoch + 0.0035 * epoch
            row["val_accuracy"] = 1 - row["val_loss"] * 0.34
        row |= {"learning_rate": 1e-3 * 0.9**epoch, "seconds": 41.3, "images_per_second": 1163.0, "data_wait": 0.01}
        rows.append(row)
    return rows


NETWORK = [
    ("conv2d", "Conv2D", [28, 28, 32], 832, 627200, 5, 1),
    ("max_pooling2d", "MaxPooling2D", [14, 14, 32], 0, 0, 6, 2),
    ("conv2d_1", "Conv2D", [14, 14, 64], 8256, 1605632, 8, 2),
    ("max_pooling2d_1", "MaxPooling2D", [7, 7, 64], 0, 0, 10, 4),
    ("dropout", "Dropout", [7, 7, 64], 0, 0, 10, 4),
    ("flatten", "Flatten", [3136], 0, 0, None, None),
    ("dense", "Dense", [1000], 314368, 3136000, None, None),
    ("dense_1", "Dense", [10], 10070, 10000, None, None),
]


def classifier(
    path: Path,
    classes: Sequence[str] = FASHION,
    *,
    counts: tuple[int, int, int] = (48000, 12000, 10000),
    size: int = 28,
    channels: int = 1,
    confuse: Sequence[tuple[int, int]] = ((6, 0), (0, 6), (6, 4), (4, 2), (2, 4)),
    trained: int = 8,
) -> RunFolder:
    """A whole, finished classification run."""
    number = len(classes)
    splits = dict(zip(("train", "validation", "test"), counts, strict=True))
    per_class = {
        split: {name: n // number + (k < n % number) for k, name in enumerate(classes)} for split, n in splits.items()
    }
    folder = Folder(
        path,
        created="2026-11-22T20:41:07+00:00",
        finished="2026-11-22T20:46:59+00:00",
        command=["spirula", "train", "fashion-mnist", "--model", "two-conv", "--name", "a b"],
        spirula="0.1.0",
        versions={"python": "3.11.9", "torch": "2.15.0", "numpy": "2.4.1"},
        machine={"system": "Linux 6.8", "processor": "Example CPU 9000", "cores": 2, "memory_bytes": 16_000_000_000},
        device="cpu",
        seed=0,
        git={"commit": "0123456789abcdef0123456789abcdef01234567", "changed": False},
        data={
            "source": "fashion-mnist",
            "task": "classification",
            "fingerprint": "feedc0de" * 8,
            "counts": splits,
            "class_counts": per_class,
            "image": [size, size, channels],
            "notes": ["The validation split was drawn from the training images, stratified by class."],
        },
        derived={"learning_rate": "adam's usual rate", "batch_size": "fits any memory"},
        model={
            "name": "two-conv",
            "notation": 'Conv2D(32, 5, padding="same", activation="relu"), MaxPooling2D(2), Flatten(), Dense(10)',
            "parameters": 333526,
            "trainable": 333526,
            "multiply_adds": 5378832,
        },
        best={"epoch": max(trained - 2, 1), "monitor": "val_loss", "value": 0.2987},
        stopped={"reason": "patience", "epoch": trained},
        timing={
            **{"training_seconds": 330.4, "total_seconds": 352.1, "images_per_second": 1163.4},
            **{"data_wait_share": 0.013, "peak_memory_bytes": 1_234_000_000},
        },
        results={},
        verification={"status": "verified", "split": "validation", "detail": "accuracy 0.9180 after reloading"},
    )
    folder.json("classes.json", list(classes))
    folder.text(
        "config.toml",
        '[data]\nsource = "fashion-mnist"\nvalidation = 0.2\n[training]\nepochs = 10\nlearning_rate = 0.001\n'
        "batch_size = 32\n[augmentation]\n[machine]\nseed = 0\n",
    )
    folder.text("manifest.csv", "id,label,split,group,refused\na.png,x,train,,\nbroken/사진.jpg,,,,truncated\n")
    folder.history(epochs(trained))
    confused = [pair for pair in confuse if max(pair) < number]
    for seed, (split, count) in enumerate(list(splits.items())[1:], 1):
        targets = np.arange(count) % number
        probabilities = guesses(targets, number, 3.6, seed, confused)
        folder.predictions(split, targets.astype(np.int64), probabilities)
        wrong = np.flatnonzero(probabilities.argmax(axis=1) != targets)
        wrong = wrong[np.argsort(-probabilities[wrong].max(axis=1))][:48]
        folder.arrays(
            f"mistakes_{split}",
            rows=wrong,
            images=pictures(len(wrong), size, channels, seed),
            labels=[classes[targets[row]] for row in wrong],
            predicted=[classes[probabilities[row].argmax()] for row in wrong],
            confidence=probabilities[wrong].max(axis=1).astype(np.float32),
            files=[f"{split}/{classes[targets[row]]}/{row:06d}.png" for row in wrong],
        )
    shown = list(classes)[:20]
    images = pictures(6 * len(shown), size, channels, 7)
    folder.arrays("samples", images=images, labels=[name for name in shown for _ in range(6)])
    folder.arrays("inputs", images=pictures(24, size, channels, 8), labels=[shown[i % len(shown)] for i in range(24)])
    names = ("name", "kind", "output_shape", "parameters", "multiply_adds", "receptive_field", "stride")
    rows = [{**dict(zip(names, row, strict=True)), "trainable": row[3], "not_trainable": 0} for row in NETWORK]
    folder.text("insight/network.json", json.dumps(rows))
    return folder.done()


def multilabel(path: Path) -> RunFolder:
    classes = ["beach", "forest", "바다", "people"]
    rng = np.random.default_rng(0)
    targets = (rng.random((800, 4)) < [0.4, 0.3, 0.2, 0.05]).astype(np.uint8)
    folder = Folder(
        path,
        data={
            "source": "/data/scenes.csv",
            "task": "multilabel",
            "counts": {"train": 3200, "test": 800},
            "class_counts": {"train": dict.fromkeys(classes, 900), "test": dict.fromkeys(classes, 200)},
            "image": [64, 64, 3],
        },
        model={"name": "resnet18", "parameters": 11_000_000},
    )
    folder.json("classes.json", classes)
    folder.history(epochs(3))
    folder.predictions("test", targets, np.clip(0.55 * targets + 0.6 * rng.random((800, 4)), 0, 1))
    folder.arrays(
        "mistakes_test",
        rows=[3, 5],
        images=pictures(2, 64, 3),
        labels=["beach, 바다", "(none)"],
        predicted=["beach", "forest"],
        confidence=np.float32([0.97, 0.91]),
        files=["a/one.jpg", "b/two.jpg"],
    )
    return folder.done()


def regression(path: Path) -> RunFolder:
    rng = np.random.default_rng(0)
    folder = Folder(
        path,
        data={
            "source": "ages.parquet",
            "task": "regression",
            "counts": {"train": 9000, "test": 3000},
            "class_counts": {},
            "image": [180, 180, 3],
        },
        model={"name": "small-cnn", "parameters": 1_234_567},
        best={"epoch": 2, "monitor": "val_loss", "value": 30.1},
    )
    folder.history(
        [
            {"epoch": e, "loss": 60 / e, "mae": 6 / e, "rmse": 8 / e, "val_loss": 66 / e, "val_mae": 6.4 / e}
            for e in (1, 2, 3)
        ]
    )
    targets = rng.gamma(6, 7, 3000).astype(np.float32)
    predicted = targets + rng.normal(0.7, 4, 3000)
    folder.predictions("test", targets, predicted[:, None])
    folder.arrays(
        "mistakes_test",
        rows=np.arange(8),
        images=pictures(8, 180, 3),
        labels=[f"{value:.4g}" for value in targets[:8]],
        predicted=[f"{value:.4g}" for value in predicted[:8]],
        confidence=np.abs(targets - predicted)[:8].astype(np.float32),
        files=[f"faces/{row}.jpg" for row in range(8)],
    )
    return folder.done()


def interrupted(path: Path) -> RunFolder:
    """What is on the disk after Ctrl-C in the second epoch: no predictions, no pictures, no model."""
    folder = Folder(
        path,
        status="interrupted",
        created="2026-11-22T20:41:07+00:00",
        data={"source": "photos", "task": "classification", "counts": {"train": 80}, "image": [32, 32, 3]},
        stopped={"reason": "interrupted", "epoch": 1},
    )
    folder.json("classes.json", ["고양이", "강아지"])
    folder.history(epochs(1))
    return folder.done()
