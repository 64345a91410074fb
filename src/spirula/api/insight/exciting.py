"""The verb ``run.exciting``: the pictures of the data that a filter answers most strongly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...evaluation.pictures import label_texts
from ..keeping.units import TRAIN, batches_of, shown_pictures
from ..showing.tables import DrawnTable, Picture
from .inside import Inside

if TYPE_CHECKING:
    from ...data.dataset import Dataset
    from ...insight.units.exciting import Excited

MOST = 100  # pictures of a filter


def exciting(
    inside: Inside, layer: str | None, channel: int | None, count: int, data: Any, split: str | None, samples: int
) -> DrawnTable:
    """See :meth:`spirula.Run.exciting`."""
    from ...data.batching.preprocess import Preprocessing
    from ...insight.layers import pick, rows_of
    from ...insight.shifts import evenly
    from ...insight.units.exciting import exciting as find
    from ...insight.units.exciting import fields_of_rows, liveliest, telling_convolutions
    from ...insight.units.following import every_convolution
    from ...insight.units.responses import responses
    from .shifts import check_values

    if not 1 <= count <= MOST or samples < 1:
        raise InputError(
            f"count = {count}, samples = {samples} cannot work",
            f"Give 1 to {MOST} pictures of a filter, of at least 1.",
        )
    network, card = inside.trained()
    preprocessing = Preprocessing.from_dict(card["preprocessing"])
    rows = rows_of(network)
    known = [row for row, _ in every_convolution(network, rows)]
    if not known or len(preprocessing.input_shape) != 3:
        raise InputError(f"{inside.run.name} has no convolution, so it has no filters", "See run.weights().")
    chosen = pick(known, layer, "convolution") if layer is not None else telling_convolutions(network, rows)[-1]
    dataset, part = data_of(inside, data, split)
    check_values(dataset, preprocessing)
    places = evenly(dataset.rows(part), samples)
    images = batches_of(network, preprocessing, dataset, places)
    found = next(
        entry
        for entry in responses(network, rows, images, len(places), peaks_of=[chosen.name]).filters
        if entry.row.name == chosen.name
    )
    if channel is not None and not 0 <= channel < len(found.mean):
        raise InputError(
            f"{chosen.name} has {len(found.mean)} filters; there is no filter {channel}", "They are numbered from 0."
        )
    channels = liveliest(found) if channel is None else [channel]
    size = (preprocessing.input_shape[0], preprocessing.input_shape[1])
    excited = find(found, fields_of_rows(network, [found.row])[chosen.name], size, channels, count)
    return _drawn(excited, dataset, places, f"What excites {chosen.name}, of {len(places):,} pictures of {part}")


def data_of(inside: Inside, data: Any, split: str | None) -> tuple[Dataset, str]:
    """Return the data and the split that is meant: the run's own training split, or the first split of other data."""
    from ...data.splits.split import split_name
    from ..run import Run
    from .shifts import data_for

    asked = split and (split_name(split) or split)
    if data is None:
        return data_for([Run(inside.run, inside.module)], None, asked or TRAIN)
    return data_for([Run(inside.run, inside.module)], data, asked or "")


def _drawn(excited: Sequence[Excited], dataset: Dataset, places: np.ndarray, title: str) -> DrawnTable:
    from ...report import wording
    from ...report.figures.exciting import ExcitedPatch, exciting_figure

    manifest = dataset.manifest
    labels = label_texts(manifest.targets[places], manifest.task, manifest.classes)
    several = sorted({entry.sample for entry in excited})
    pixels = np.asarray(dataset.pixels[places[several]]) if several else np.zeros((0, 1, 1, 1), np.uint8)
    images = dict(zip(several, shown_pictures(pixels), strict=True))
    height, width = dataset.input_shape[:2]
    groups: dict[str, list[ExcitedPatch]] = {}
    table = []
    for entry in excited:
        top, left, bottom, right = entry.box
        image, file = images[entry.sample], manifest.ids[places[entry.sample]]
        share = (top / height, left / width, bottom / height, right / width)
        first = f"{wording.number(entry.value)}  {labels[entry.sample]}"
        groups.setdefault(f"{entry.layer}, filter {entry.channel}", []).append(
            ExcitedPatch(image[top:bottom, left:right], image, share, first, file)
        )
        table.append(
            {
                "layer": entry.layer,
                "channel": entry.channel,
                "rank": entry.rank,
                "file": file,
                "label": str(labels[entry.sample]),
                "answer": entry.value,
                "row": entry.place[0],
                "column": entry.place[1],
                "top": top,
                "left": left,
                "bottom": bottom,
                "right": right,
            }
        )
    return DrawnTable(table, Picture(exciting_figure(list(groups.items()), title=title).alone()), title)
