"""A heat map for every picture that the report's browser shows, as far as there is time: ``insight/heat.npz``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...evaluation.pictures import worst_first
from ...runs.folder import HEAT
from .looks import asked_of, trained_passes

if TYPE_CHECKING:
    from ...models.summary import Summary
    from ...runs.writer import RunWriter
    from ...training.assembly import Assembly

SPLITS = ("test", "validation", "train")


def note_heat(writer: RunWriter, assembly: Assembly, summary: Summary) -> None:
    """Write ``insight/heat.npz``: the method, and of each split SPLIT_ids, SPLIT_asked (n,) and SPLIT_maps (n, h, w).

    ids are texts, maps uint8; asked is the class that the network says (of several labels the surest, of a regression
    0), whose evidence the map shows. The split that counts most comes first, in it the mistakes,
    the worst first, then the others evenly. Nothing is written for samples that are not pictures, and none where the
    network has no layer to look at.
    """
    from ...insight.attention import Looker, suited
    from ...insight.effort import pictures_heated
    from ...insight.heat import heat_maps
    from ...insight.looked import layer_for_maps

    dataset, manifest = assembly.dataset, assembly.dataset.manifest
    if len(dataset.input_shape) != 3:
        return
    known = writer.folder.splits_with_predictions()
    left = pictures_heated(summary.multiply_adds, trained_passes(writer, assembly))
    places = {name: row for row, name in enumerate(manifest.ids)}
    arrays: dict[str, np.ndarray] = {}
    with assembly.own.blamed():
        try:
            layer = layer_for_maps(assembly.network)
        except InputError:
            return
        looker = Looker(assembly.network, assembly.preprocessing, len(manifest.classes), assembly.at_once)
        for split in (name for name in SPLITS if name in known):
            stored = writer.folder.predictions(split)
            chosen = np.sort(heated(manifest.task, stored.targets, stored.probabilities, left))
            if not len(chosen):
                continue
            left -= len(chosen)
            rows = np.asarray([places[stored.ids[row]] for row in chosen], np.int64)
            asked = asked_of(manifest.task, stored.probabilities[chosen])
            method = suited(looker, np.asarray(dataset.pixels[rows[:1]]), asked[:1], layer.call)
            arrays["method"] = np.asarray(method)
            arrays[f"{split}_ids"] = np.asarray([stored.ids[row] for row in chosen], dtype=np.str_)
            arrays[f"{split}_asked"] = asked
            arrays[f"{split}_maps"] = heat_maps(looker, layer, method, dataset.pixels, rows, asked)
    if arrays:
        writer.write_insight_arrays(HEAT, arrays)


def heated(task: str, targets: np.ndarray, probabilities: np.ndarray, most: int) -> np.ndarray:
    """Return at most ``most`` rows: the worst mistakes (of a regression, errors), then some of the others, evenly."""
    worst = worst_first(task, targets, probabilities)[:most]
    others = np.setdiff1d(np.arange(len(targets)), worst)
    count = min(most - len(worst), len(others))
    return np.concatenate([worst, others[np.linspace(0, len(others) - 1, count).round().astype(np.int64)]])
