"""Run folders with an embedding, made by hand. No training, no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from folders import classifier

from spirula.runs.folder import RunFolder


def embedded(
    path: Path,
    classes: Sequence[str] = ("고양이", "dog"),
    *,
    counts: tuple[int, int, int] = (80, 40, 60),
    kind: str = "neighbours",
    temperature: float | None = 1.6,
    refuse: float | None = None,
) -> RunFolder:
    """A finished run whose test samples lie around the corner of their class; the first one lies in another's."""
    run = classifier(path, classes, counts=counts, size=16, channels=3)
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {
        "splits": np.asarray(["train", "validation", "test"]),
        "map_kind": np.asarray(kind),
        "share": np.asarray(0.91),
        "training_samples": np.asarray(2 * counts[0]),
        "train_labels": np.asarray([classes[row % len(classes)] for row in range(counts[0])]),
    }
    for split, count in zip(("train", "validation", "test"), counts, strict=True):
        label = np.arange(count) % len(classes)
        if split == "test":
            label[0] = 1
        points = np.eye(len(classes) + 2)[label] + 0.2 * rng.normal(size=(count, len(classes) + 2))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        arrays[f"{split}_ids"] = np.asarray([f"{split}/{row:06d}" for row in range(count)])
        arrays[f"{split}_points"] = points.astype(np.float16)
        arrays[f"{split}_map"] = (10 * points[:, :2]).astype(np.float32)
        if split != "train":
            same = np.argsort(label[:, None] != np.arange(counts[0]) % len(classes), axis=1, kind="stable")
            arrays[f"{split}_nearest"] = same[:, :5].astype(np.int32)
            arrays[f"{split}_similarity"] = np.full((count, 5), 0.9, np.float16)
            arrays[f"{split}_likeness"] = np.linspace(0, 1, count).astype(np.float32)
    np.savez(path / "insight" / "embedding.npz", **arrays)
    card: dict[str, object] = {}
    if temperature is not None:
        card["temperature"] = {"value": temperature, "low": 1.2, "high": 2.1, "samples": counts[1]}
    if refuse is not None:
        card["refusal"] = {"threshold": refuse, "target": 0.05, "samples": counts[1]}
    (path / "model.json").write_text(json.dumps(card), encoding="utf-8")
    return run
