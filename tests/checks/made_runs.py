"""Run folders made by hand: a healthy run, and changes to it that plant one fault each. No training, no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spirula.runs.folder import RunFolder

NAMES = ["T-shirt", "Trouser", "Pullover", "Dress", "고양이", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"]


@dataclass
class Made:
    """What a run folder will hold; :meth:`write` writes it."""

    document: dict[str, Any]
    config: dict[str, Any]
    history: list[dict[str, Any]]
    classes: list[str]
    held: dict[str, tuple[np.ndarray, np.ndarray]]
    survey: dict[str, Any] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    nonfinite: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> RunFolder:
        for part in ("predictions", "insight"):
            (path / part).mkdir(parents=True, exist_ok=True)
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in self.config.items() if name == "source")
        text += "[training]\n" + "".join(f"{n} = {json.dumps(v)}\n" for n, v in self.config.items() if n != "source")
        (path / "config.toml").write_text(text, encoding="utf-8")
        self._json(path / "run.json", self.document)
        self._json(path / "classes.json", self.classes)
        for name in ("survey", "health", "baselines", "nonfinite"):
            if content := getattr(self, name):
                self._json(path / "insight" / f"{name}.json", content)
        (path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in self.history), encoding="utf-8")
        for split, (targets, probabilities) in self.held.items():
            ids = np.array([f"{split}/{row:05d}.png" for row in range(len(targets))], dtype=np.str_)
            np.savez(path / "predictions" / f"{split}.npz", ids=ids, targets=targets, probabilities=probabilities)
        return RunFolder(path)

    @staticmethod
    def _json(path: Path, content: Any) -> None:
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


Fault = Callable[[Made, np.random.Generator], None]


def healthy(seed: int = 0, *, classes: int = 10, held: int = 1200, epochs: int = 12, accuracy: float = 0.92) -> Made:
    """A finished run that learned what it should, with the noise that such runs have."""
    rng = np.random.default_rng(seed)
    names = NAMES[:classes]
    counts = {name: int(rng.integers(380, 420)) for name in names}
    targets = rng.integers(0, classes, held)
    probabilities = said(targets, classes, accuracy, rng)
    best = epochs - int(rng.integers(1, 3))
    return Made(
        document={
            "schema": 1,
            "name": "made",
            "status": "finished",
            "data": {
                "source": "photos",
                "task": "classification",
                "counts": {"train": sum(counts.values()), "validation": held // 2, "test": held},
                "class_counts": {"train": counts},
                "image": [64, 64, 3],
                "twins": {"groups": 0, "cross_split": {}, "cross_label": 0, "pairs": []},
            },
            "machine": {"cores": 4},
            "best": {"epoch": best, "monitor": "val_accuracy", "value": accuracy},
            "stopped": {"reason": "finished", "epoch": epochs},
            "verification": {"status": "verified", "detail": "the same"},
            "timing": {"data_wait_share": float(rng.uniform(0, 0.12)), "training_seconds": float(rng.uniform(20, 900))},
        },
        config={
            "source": "photos",
            "model": "two-conv",
            "learning_rate": 0.002,
            "schedule": "one-cycle",
            "loss": "cross-entropy",
            "epochs": epochs,
            "batch_size": 32,
            "normalize": "standardize",
            "weight_decay": 0.01,
            "threads": 4,
            "seed": seed,
        },
        history=curve(rng, epochs, floor=-np.log(accuracy) * 2.5),
        classes=names,
        held={"validation": (targets[: held // 2], probabilities[: held // 2]), "test": (targets, probabilities)},
        survey={"resize": {"mode": "squash", "count": 4000, "lost": {"median": 0.25, "most": 0.5}, "far": 10}},
        health=health(rng, epochs),
        baselines={
            "split": "test",
            "count": held,
            "majority": held // classes,
            "right": {
                name: int(held * (1 / classes + (1 - 1 / classes) * rng.uniform(0, most)))
                for name, most in (("border", 0.35), ("colour", 0.25), ("file", 0.1))
            },
        },
    )


def curve(rng: np.random.Generator, epochs: int, *, floor: float, start: float = 2.0) -> list[dict[str, Any]]:
    """Loss that falls fast, bends, and settles a little above ``floor`` on validation."""
    rows = []
    for epoch in range(1, epochs + 1):
        share = np.exp(-5 * (epoch - 1) / max(epochs * 0.45, 1))
        loss = floor * 0.75 + (start - floor) * share
        held = floor + (start - floor) * 0.8 * share
        rows.append(
            {
                "epoch": epoch,
                "loss": loss * (1 + 0.01 * rng.normal()),
                "accuracy": float(np.exp(-loss * 0.35)),
                "val_loss": held * (1 + 0.01 * rng.normal()),
                "val_accuracy": float(np.exp(-held * 0.35)),
                "learning_rate": 0.002 * (1 - (epoch - 0.9) / epochs),
            }
        )
    return rows


def health(rng: np.random.Generator, epochs: int) -> dict[str, Any]:
    layers = ["conv2d", "conv2d_1", "dense", "dense_1"]
    return {
        "input": {"mean": 0.0, "std": 1.0, "low": -2.0, "high": 2.5},
        "batch": 32,
        "epochs": [
            {
                "epoch": epoch,
                "gradient": float(rng.uniform(0.1, 4)),
                "weight": float(rng.uniform(10, 20)),
                "layers": [
                    {"layer": name, "gradient": float(rng.uniform(0.02, 2)), "weight": float(rng.uniform(2, 9))}
                    for name in layers
                ],
            }
            for epoch in range(1, epochs + 1)
        ],
        "units": {
            "samples": 512,
            "layers": [
                {"layer": name, "units": 64, "dead": int(rng.integers(0, 22))}
                for name in ("conv2d", "conv2d_1", "dense")
            ],
        },
    }


def said(
    targets: np.ndarray, classes: int, accuracy: float, rng: np.random.Generator, sureness: float = 3.0
) -> np.ndarray:
    """Probabilities, float32 (N, K), of a network that is right on about ``accuracy`` and seldom sure when wrong."""
    number = len(targets)
    answer = targets.copy()
    wrong = rng.random(number) > accuracy
    answer[wrong] = (targets[wrong] + rng.integers(1, classes, int(wrong.sum()))) % classes
    sure = np.where(wrong, rng.beta(4, 3, number), rng.beta(sureness * 4, 1, number))
    sure = np.clip(sure, 1.05 / classes, 0.9999)
    rest = rng.dirichlet(np.ones(classes), number)
    rest[np.arange(number), answer] = 0
    rest *= ((1 - sure) / np.maximum(rest.sum(axis=1), 1e-9))[:, None]
    rest = np.minimum(rest, 0.95 * sure[:, None])
    rest[np.arange(number), answer] = 0
    rest[np.arange(number), answer] = 1 - rest.sum(axis=1)
    return rest.astype(np.float32)


def losses(made: Made, train: Sequence[float], held: Sequence[float] | None = None) -> None:
    """Replace the curves; accuracies follow the losses as they do for cross-entropy."""
    made.history = []
    for place, loss in enumerate(train):
        row = {"epoch": place + 1, "loss": float(loss), "accuracy": float(np.exp(-0.8 * loss)), "learning_rate": 0.002}
        if held is not None:
            row |= {"val_loss": float(held[place]), "val_accuracy": float(np.exp(-0.8 * held[place]))}
        made.history.append(row)
    made.document["stopped"] = {"reason": "finished", "epoch": len(train)}
    best = int(np.argmin(held if held is not None else train)) + 1
    made.document["best"] = {"epoch": best, "monitor": "val_loss", "value": 0.0}
