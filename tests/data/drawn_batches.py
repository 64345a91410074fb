"""A small set of images, its batches, and their comparison."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from spirula.data.batching.augmentation import Augmentation
from spirula.data.batching.batches import Batch, Batches
from spirula.data.batching.preprocess import fit_preprocessing
from spirula.data.dataset import Dataset
from spirula.data.manifest import Manifest

N, CLASSES = 45, 3
PIXELS = np.random.default_rng(0).integers(0, 256, (N, 6, 7, 3), dtype=np.uint8)
LABELS = np.random.default_rng(1).choice(CLASSES, N, p=[0.7, 0.2, 0.1]).astype(np.int64)
ROWS = np.arange(2, N, dtype=np.int64)
EVERYTHING = Augmentation(
    flip="both", crop=1, shift=0.1, rotate=20, zoom=0.2, brightness=0.2, contrast=0.2, erase=0.5, mixup=0.4, cutmix=1.0
)
# (None, whole pixels, one affine, mixing, all of it)
AUGMENTATIONS = (
    None,
    Augmentation(flip="both", crop=2),
    Augmentation(rotate=20, brightness=0.3, contrast=0.3, erase=0.5),
    Augmentation(mixup=0.4, cutmix=1.0),
    EVERYTHING,
)


def dataset(pixels: np.ndarray = PIXELS, task: str = "classification", targets: np.ndarray = LABELS) -> Dataset:
    n = len(pixels)
    names = () if task == "regression" else tuple("abcdefgh"[:CLASSES])
    ids = tuple(f"train/{row:06d}" for row in range(n))
    return Dataset(Manifest(task, names, ids, targets, np.full(n, "train")), pixels)


DATA = dataset()
STANDARD = fit_preprocessing(DATA, ROWS, "standardize")


def make(data: Dataset = DATA, rows: np.ndarray = ROWS, **options: Any) -> Batches:
    defaults: dict[str, Any] = {"batch_size": 8, "preprocessing": STANDARD, "seed": 5, "shuffle": True}
    return Batches(data, rows, **(defaults | options))


def joined(batches: list[Batch]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return (
        torch.cat([batch.images for batch in batches]),
        torch.cat([batch.targets for batch in batches]),
        torch.cat([batch.rows for batch in batches]),
    )


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.images, b.images) and torch.equal(a.targets, b.targets) and torch.equal(a.rows, b.rows)
        for a, b in zip(one, other, strict=True)
    )
