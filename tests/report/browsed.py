"""Run folders whose every test picture can be told from its pixels, with thumbnails, neighbours and heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from folders import Folder, classifier

from spirula.runs.folder import RunFolder
from spirula.runs.sprites import PER_SHEET, make_sheet, sheet_arrays

SIDE = 12


def coded(number: int) -> np.ndarray:
    """A picture, uint8 (12, 12, 1), whose first two pixels are its number in base 200."""
    picture = np.full((SIDE, SIDE, 1), 60 + number % 150, np.uint8)
    picture[0, :2, 0] = number // 200, number % 200
    return picture


def with_pictures(run: RunFolder, splits: Sequence[str], trained: int = 0) -> RunFolder:
    """Add thumbnails for every sample of some splits, and for so many training pictures."""
    ids = [name for split in splits for name in run.predictions(split).ids]
    ids += [f"train/{row:06d}" for row in range(trained)]
    sheets = []
    for start in range(0, len(ids), PER_SHEET):
        part = ids[start : start + PER_SHEET]
        sheets.append(make_sheet(part, np.stack([coded(start + at) for at in range(len(part))]), lossless=True))
    np.savez(run.insight_path("thumbnails.npz"), **sheet_arrays(sheets))
    return run


def browsable(path: Path, classes: Sequence[str] = ("고양이", "강아지", "wolf & co"), count: int = 300) -> RunFolder:
    """A finished run of a few classes on 12×12 pictures; everything that the browser can show is there."""
    run = classifier(path, list(classes), counts=(60, 90, count), size=SIDE, confuse=((0, 1), (1, 2)))
    rng = np.random.default_rng(3)
    arrays: dict[str, np.ndarray] = {
        "train_ids": np.array([f"train/{row:06d}" for row in range(60)]),
        "splits": np.array(["train", "validation", "test"]),
        "layer": np.array("dense"),
        "mean": np.zeros(8, np.float32),
        "axes": np.eye(8, dtype=np.float32),
        "share": np.array(1.0),
        "map_kind": np.array("pca"),
        "training_samples": np.array(60),
        "train_points": np.eye(8, dtype=np.float16)[np.arange(60) % 8],
        "train_map": rng.normal(size=(60, 2)).astype(np.float32),
        "train_labels": np.array([classes[row % len(classes)] for row in range(60)]),
    }
    for split in ("test", "validation"):
        stored = run.predictions(split)
        points = rng.normal(size=(len(stored.ids), 8))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        arrays[f"{split}_ids"] = np.array(stored.ids)
        arrays[f"{split}_points"] = points.astype(np.float16)
        arrays[f"{split}_map"] = rng.normal(size=(len(stored.ids), 2)).astype(np.float32)
        arrays[f"{split}_nearest"] = rng.integers(0, 60, (len(stored.ids), 5)).astype(np.int32)
        arrays[f"{split}_similarity"] = -np.sort(-rng.random((len(stored.ids), 5)), axis=1).astype(np.float16)
    np.savez(run.insight_path("embedding.npz"), **arrays)
    stored = run.predictions("test")
    wrong = np.flatnonzero(stored.probabilities.argmax(axis=1) != stored.targets)[:2]
    np.savez(
        run.insight_path("looks.npz"),
        images=np.stack([coded(row) for row in wrong]),
        maps=rng.random((2, 3, 3)).astype(np.float16),
        true_maps=rng.random((2, 3, 3)).astype(np.float16),
        files=np.array([stored.ids[row] for row in wrong]),
        asked=np.array([classes[stored.probabilities[row].argmax()] for row in wrong]),
        labels=np.array([classes[stored.targets[row]] for row in wrong]),
        values=stored.probabilities[wrong].max(axis=1),
        right=np.zeros(2, bool),
        layer=np.array("conv2d"),
        method=np.array("gradcam"),
        methods=np.array([], dtype=np.str_),
        split=np.array("test"),
    )
    return with_pictures(run, ("test", "validation"), trained=60)


def labelled(path: Path) -> RunFolder:
    """A multi-label run of four labels with pictures."""
    rng = np.random.default_rng(1)
    targets = (rng.random((120, 4)) < 0.4).astype(np.uint8)
    folder = Folder(path, data={"task": "multilabel", "source": "a.csv", "counts": {"test": 120}, "image": [12, 12, 1]})
    folder.json("classes.json", ["바다", "forest", "people", "sky"])
    folder.predictions("test", targets, np.clip(0.6 * targets + 0.5 * rng.random((120, 4)), 0, 1))
    return with_pictures(folder.done(), ("test",))


def measured(path: Path) -> RunFolder:
    """A regression with pictures."""
    rng = np.random.default_rng(2)
    targets = rng.normal(30, 8, 150).astype(np.float32)
    folder = Folder(path, data={"task": "regression", "source": "a.csv", "counts": {"test": 150}, "image": [12, 12, 1]})
    folder.predictions("test", targets, (targets + rng.normal(1, 3, 150))[:, None])
    return with_pictures(folder.done(), ("test",))
