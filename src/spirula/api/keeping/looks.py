"""Where a network looks: class-activation maps of pictures, and what a training keeps of them for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...evaluation.pictures import as_pictures, label_texts, worst_first
from ...runs.folder import FIELDS, LOOKS

if TYPE_CHECKING:
    from ...models.summary import Summary
    from ...runs.writer import RunWriter
    from ...training.assembly import Assembly

BACKWARD = 2  # passes that the way back costs


def note_looks(writer: RunWriter, assembly: Assembly, summary: Summary) -> None:
    """Write ``insight/fields.npz`` and ``insight/looks.npz``: the receptive fields, and where the network looks.

    Looked at are the worst mistakes of the test split (of another one, where there is none) and, evenly, some that are
    right; of a regression the largest errors and some of the others. Nothing is written for samples that are not
    pictures, and no looks where the network has no layer to look at.
    """
    from ...insight.attention import Looker
    from ...insight.effort import effort
    from ...insight.looked import layer_for_maps
    from ...insight.looks import field_arrays, look_arrays

    dataset, manifest = assembly.dataset, assembly.dataset.manifest
    known = writer.folder.splits_with_predictions()
    split = next((name for name in ("test", "validation", "train") if name in known), None)
    if len(dataset.input_shape) != 3 or split is None:
        return
    stored = writer.folder.predictions(split)
    places = {name: row for row, name in enumerate(manifest.ids)}
    rows = np.asarray([places[name] for name in stored.ids], np.int64)
    possible = effort(summary.multiply_adds, trained_passes(writer, assembly))
    chosen = looked_at(manifest.task, stored.targets, stored.probabilities, possible.shown)
    pixels = np.asarray(dataset.pixels[np.asarray(rows[chosen])])
    images = as_pictures(pixels)
    if images is None or not len(chosen):
        return
    with assembly.own.blamed():
        fields = field_arrays(assembly.network, summary.rows, assembly.preprocessing, pixels, possible.averaged)
        writer.write_insight_arrays(FIELDS, {**fields, "images": images[:1]})
        try:
            layer = layer_for_maps(assembly.network)
        except InputError:
            return
        looker = Looker(assembly.network, assembly.preprocessing, len(manifest.classes), assembly.at_once)
        asked = asked_of(manifest.task, stored.probabilities[chosen])
        truths = stored.targets[chosen] if manifest.task == "classification" else None
        arrays = look_arrays(looker, layer, pixels, asked, truths, possible)
    values, wrong = stored.probabilities[chosen], worst_first(manifest.task, stored.targets, stored.probabilities)
    number = manifest.task == "regression"
    said = values[:, 0] if number else asked
    writer.write_insight_arrays(
        LOOKS,
        {
            **arrays,
            "images": images,
            "files": np.asarray([manifest.ids[row] for row in rows[chosen]], dtype=np.str_),
            "labels": label_texts(stored.targets[chosen], manifest.task, manifest.classes),
            "asked": label_texts(said, "regression" if number else "classification", manifest.classes),
            "values": values[np.arange(len(chosen)), asked].astype(np.float32),
            "right": np.arange(len(chosen)) >= possible.shown if number else ~np.isin(chosen, wrong),
            "split": np.asarray(split),
        },
    )


def trained_passes(writer: RunWriter, assembly: Assembly) -> int:
    """Return how many pictures went through the network while it was trained, there and back."""
    samples = len(assembly.dataset.rows("train"))
    if assembly.probe is not None:
        return samples  # once, for their features
    return samples * len(writer.folder.history()) * (1 + BACKWARD)


def looked_at(task: str, targets: np.ndarray, probabilities: np.ndarray, most: int) -> np.ndarray:
    """Return the rows that are looked at, at most twice ``most``: the worst mistakes, then some others, evenly."""
    wrong = worst_first(task, targets, probabilities)
    worst = wrong[:most]
    others = np.setdiff1d(np.arange(len(targets)), worst if task == "regression" else wrong)
    count = min(most, len(others))
    return np.concatenate([worst, others[np.linspace(0, len(others) - 1, count).round().astype(np.int64)]])


def asked_of(task: str, probabilities: np.ndarray) -> np.ndarray:
    """Return for each picture what is asked about: the most probable class; of a regression its first value."""
    if task == "regression":
        return np.zeros(len(probabilities), np.int64)
    return np.asarray(probabilities.argmax(axis=1), np.int64)
