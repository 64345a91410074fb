"""Filters one by one: which are dead or alike, what excites them, and what a training keeps of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...evaluation.pictures import as_pictures, label_texts
from ...runs.folder import EXCITING, UNITS
from .health import note_units
from .looks import trained_passes

if TYPE_CHECKING:
    from torch import Tensor

    from ...data.batching.preprocess import Preprocessing
    from ...data.dataset import Dataset
    from ...insight.units.exciting import Excited
    from ...models.build import Network
    from ...models.summary import Summary
    from ...runs.writer import RunWriter
    from ...training.assembly import Assembly

TRAIN = "train"
AT_ONCE = 32  # samples


def note_filters(writer: RunWriter, assembly: Assembly, summary: Summary) -> None:
    """Write ``insight/units.npz`` and ``insight/exciting.npz``, and to ``insight/health.json`` which units are dead.

    All comes from one pass over some training samples, evenly taken. Without a convolution there is only the last.
    """
    from ...insight.effort import MOST_JUDGED, pictures_judged
    from ...insight.shifts import evenly
    from ...insight.units.exciting import PICTURES, fields_of_rows, liveliest, telling_convolutions
    from ...insight.units.exciting import exciting as find
    from ...insight.units.responses import responses
    from ...insight.units.stored import unit_arrays

    dataset, network = assembly.dataset, assembly.network
    learned = assembly.probe is None and assembly.finetuning is None  # all of it, here
    most = MOST_JUDGED if learned else pictures_judged(summary.multiply_adds, trained_passes(writer, assembly))
    rows = evenly(dataset.rows(TRAIN), most)
    asked = telling_convolutions(network, summary.rows) if len(dataset.input_shape) == 3 else []
    with assembly.own.blamed():
        images = batches_of(network, assembly.preprocessing, dataset, rows, min(AT_ONCE, assembly.at_once))
        found = responses(network, summary.rows, images, len(rows), peaks_of=[row.name for row in asked])
        note_units(writer, assembly, found)
        if not found.filters:
            return
        writer.write_insight_arrays(UNITS, unit_arrays(found))
        telling = [filters for filters in found.filters if filters.peaks is not None]
        fields = fields_of_rows(network, [filters.row for filters in telling])
    size = (dataset.input_shape[0], dataset.input_shape[1])
    excited: list[Excited] = []
    for filters in telling:
        excited += find(filters, fields[filters.row.name], size, liveliest(filters), PICTURES)
    if excited:
        writer.write_insight_arrays(EXCITING, _pictured(excited, dataset, rows))


def _pictured(excited: Sequence[Excited], dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of excited places, with the pictures that they are in."""
    from ...insight.units.exciting import exciting_arrays

    several = sorted({entry.sample for entry in excited})
    images = shown_pictures(np.asarray(dataset.pixels[rows[several]]))
    manifest, place = dataset.manifest, {sample: number for number, sample in enumerate(several)}
    return exciting_arrays(
        [replace(entry, sample=place[entry.sample]) for entry in excited],
        images,
        [manifest.ids[row] for row in rows[several]],
        label_texts(manifest.targets[rows[several]], manifest.task, manifest.classes).tolist(),
        len(rows),
    )


def shown_pictures(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 (N, H, W, 1 | 3) for samples that are pictures: of another number of channels their mean."""
    images = as_pictures(pixels)
    assert images is not None
    if images.shape[3] in (1, 3):
        return images
    return np.asarray(images.mean(axis=3, keepdims=True).round(), np.uint8)


def batches_of(
    network: Network, preprocessing: Preprocessing, dataset: Dataset, rows: np.ndarray, at_once: int = AT_ONCE
) -> Iterator[Tensor]:
    """Yield the samples of ``rows`` as the network takes them, on its device, ``at_once`` at a time."""
    import torch

    from ...data.batching.preprocess import apply

    device = next((value.device for value in network.module.parameters()), torch.device("cpu"))
    last = len(dataset.input_shape) == 3 and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    for start in range(0, len(rows), at_once):
        pixels = torch.from_numpy(np.array(dataset.pixels[rows[start : start + at_once]]))
        yield apply(pixels.to(device), preprocessing, channels_last=last)
