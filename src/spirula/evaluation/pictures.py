"""The pictures that the report shows, chosen here and stored as plain arrays in ``insight/``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.manifest import Manifest


def as_pictures(pixels: np.ndarray) -> np.ndarray | None:
    """Return uint8 (N, H, W, C) for images, ``None`` for vectors, which have no picture.

    Float images are stretched together from their smallest to their largest value: there is no
    other scale that is known to be theirs.
    """
    if pixels.ndim != 4:
        return None
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    low, high = float(pixels.min(initial=0.0)), float(pixels.max(initial=0.0))
    return np.asarray((pixels - low) * (255.0 / (high - low or 1.0)), dtype=np.uint8)


def label_texts(targets: np.ndarray, manifest_task: str, classes: Sequence[str]) -> np.ndarray:
    """Return what a target is called: the class, the classes of a multi-label row, or the number."""
    if manifest_task == "classification":
        return np.asarray([classes[int(target)] for target in targets], dtype=np.str_)
    if manifest_task == "multilabel":
        return np.asarray(
            [", ".join(classes[int(k)] for k in np.flatnonzero(row)) or "(none)" for row in targets], dtype=np.str_
        )
    return np.asarray([f"{float(target):.4g}" for target in targets], dtype=np.str_)


def sample_rows(manifest: Manifest, rows: np.ndarray, *, per_class: int = 6, most: int = 120) -> np.ndarray:
    """Choose the first few training rows of every class, in class order."""
    if manifest.task != "classification":
        return rows[: min(most, 40)]
    targets = manifest.targets[rows]
    chosen = [rows[np.flatnonzero(targets == k)[:per_class]] for k in range(len(manifest.classes))]
    return np.concatenate(chosen)[:most] if chosen else rows[:0]


def worst_first(task: str, targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Order the mistakes, the most confident first.

    Classification: wrong rows by the probability of the (wrong) prediction. Multi-label: rows with
    a wrong label by the largest distance between probability and truth. Regression: every row by
    the size of its error.
    """
    if len(targets) == 0:
        return np.zeros(0, np.int64)
    if task == "classification":
        badness = np.where(probabilities.argmax(axis=1) != targets, probabilities.max(axis=1), -1.0)
    elif task == "multilabel":
        distance = np.abs(probabilities - targets)
        badness = np.where((distance > 0.5).any(axis=1), distance.max(axis=1), -1.0)
    else:
        badness = np.abs(probabilities[:, 0] - targets)
    order = np.argsort(-badness, kind="stable")
    return order[badness[order] >= 0]


def mistakes(
    manifest: Manifest,
    pixels: np.ndarray,
    rows: np.ndarray,
    targets: np.ndarray,
    probabilities: np.ndarray,
    *,
    most: int = 48,
) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/mistakes_<split>.npz``; see the layout in :mod:`spirula.runs.folder`.

    ``rows`` are the data set's rows that the predictions belong to, in the same order.
    """
    worst = worst_first(manifest.task, targets, probabilities)[:most]
    images = as_pictures(pixels[np.asarray(rows[worst])])
    if manifest.task == "classification":
        predicted = label_texts(probabilities[worst].argmax(axis=1), manifest.task, manifest.classes)
        confidence = probabilities[worst].max(axis=1)
    elif manifest.task == "multilabel":
        predicted = label_texts(probabilities[worst] > 0.5, manifest.task, manifest.classes)
        confidence = np.abs(probabilities[worst] - targets[worst]).max(axis=1)
    else:
        predicted = label_texts(probabilities[worst, 0], manifest.task, manifest.classes)
        confidence = np.abs(probabilities[worst, 0] - targets[worst])
    return {
        "rows": worst.astype(np.int64),
        "images": images if images is not None else np.zeros((0, 1, 1, 1), np.uint8),
        "labels": label_texts(targets[worst], manifest.task, manifest.classes),
        "predicted": predicted,
        "confidence": confidence.astype(np.float32),
        "files": np.asarray([manifest.ids[row] for row in rows[worst]], dtype=np.str_),
    }
