"""What a cross-validation takes over from its folds: each sample's neighbours and heat map, each temperature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...metrics.temperature import Temperature
from ...runs.folder import EMBEDDING, HEAT, OUT_OF_FOLD, RunFolder


def joined_neighbours(folds: Sequence[RunFolder], ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/nearest.npz``: what each fold's network found most like the samples of its fold.

    In the order of ``ids`` (N,), by the names of ``insight/embedding.npz``, but for the points: networks that were
    trained apart see no common space. Nothing where a fold has no embedding.
    """
    parts = [fold.arrays(EMBEDDING) for fold in folds]
    if not all("test_nearest" in part for part in parts):
        return {}
    labels = {str(name): str(label) for part in parts for name, label in _labels(part)}
    trained = {name: row for row, name in enumerate(labels)}
    fewest = min(part["test_nearest"].shape[1] for part in parts)
    near: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for part in parts:
        rows = np.asarray([trained[str(name)] for name in part["train_ids"]], np.int32)
        found = zip(part["test_ids"], rows[part["test_nearest"]], part["test_similarity"], strict=True)
        near |= {str(name): (nearest[:fewest], similar[:fewest]) for name, nearest, similar in found}
    if not near.keys() >= set(ids):
        return {}
    return {
        "train_ids": np.asarray(list(labels), dtype=np.str_),
        "train_labels": np.asarray(list(labels.values()), dtype=np.str_),
        f"{OUT_OF_FOLD}_ids": np.asarray(ids, dtype=np.str_),
        f"{OUT_OF_FOLD}_nearest": np.stack([near[name][0] for name in ids]),
        f"{OUT_OF_FOLD}_similarity": np.stack([near[name][1] for name in ids]),
    }


def joined_heat(folds: Sequence[RunFolder]) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/heat.npz``: of each sample the map of the network that had not seen it.

    Nothing where a fold has none, or maps of another size.
    """
    parts = [fold.arrays(HEAT) for fold in folds]
    if not all("test_maps" in part for part in parts) or len({part["test_maps"].shape[1:] for part in parts}) > 1:
        return {}
    columns = ("ids", "asked", "maps")
    return {f"{OUT_OF_FOLD}_{name}": np.concatenate([part[f"test_{name}"] for part in parts]) for name in columns}


def _labels(part: dict[str, np.ndarray]) -> Sequence[tuple[str, str]]:
    return list(zip(part["train_ids"].tolist(), part["train_labels"].tolist(), strict=True))


def temperature_of(fold: RunFolder) -> dict[str, Any] | None:
    """Return the temperature of a fold's network, which was fitted on its validation samples."""
    found = Temperature.from_dict(fold.card().get("temperature"))
    return None if found is None else found.to_dict()
