"""A data set in numbers: everything that an inspection and a run's report say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .copies import copies
from .counts import counts
from .files import files
from .findings import findings
from .light import light
from .shapes import resizing, sizes
from .shortcuts import shortcuts

if TYPE_CHECKING:
    from ..dataset import Dataset

MOST_STORED = 1000  # rows of a list that a run folder keeps


def survey(dataset: Dataset) -> dict[str, Any]:
    """Return what a data set looks like, as plain values that JSON can hold.

    Sections that do not apply are ``None``: ``sizes`` and ``resize`` of arrays, which have one size; ``light`` of
    anything but bytes; ``copies`` of what has not been searched for them.
    """
    manifest, ledger, twins = dataset.manifest, dataset.ledger, dataset.twins
    own = None if ledger is None else own_sizes(dataset)
    image = dataset.pixels.ndim == 4
    document = {
        "source": manifest.source,
        "task": manifest.task,
        "classes": list(manifest.classes),
        "samples": len(manifest),
        "image": list(dataset.input_shape),
        "settings": dict(dataset.settings),
        "derived": dict(dataset.derived),
        "notes": list(manifest.notes),
        "problems": [{"problem": error.problem, "remedy": error.remedy} for error in dataset.problems],
        "counts": counts(manifest),
        "files": files(ledger, manifest),
        "sizes": None if own is None else sizes(*own),
        "resize": None if own is None else _resizing(dataset, *own),
        "light": light(manifest.ids, dataset.pixels) if image and dataset.pixels.dtype == np.uint8 else None,
        "copies": None if twins is None else copies(twins, manifest, _shares(dataset)),
        "shortcuts": [] if ledger is None else shortcuts(ledger, manifest),
    }
    return {**document, "findings": findings(document)}


def abridged(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a survey with at most 1,000 files and 1,000 pairs; their numbers stay those of all."""
    short = {**document, "files": {**document["files"], "rows": document["files"]["rows"][:MOST_STORED]}}
    if document["copies"] is not None:
        short["copies"] = {**document["copies"], "pairs": document["copies"]["pairs"][:MOST_STORED]}
    return short


def own_sizes(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return heights and widths of the files behind the rows of the manifest, int64 (N,) each."""
    rows = ledger_rows(dataset)
    assert dataset.ledger is not None
    return np.asarray(dataset.ledger.heights)[rows], np.asarray(dataset.ledger.widths)[rows]


def ledger_rows(dataset: Dataset) -> np.ndarray:
    """Return the ledger's row of each sample of the manifest, int64 (N,)."""
    assert dataset.ledger is not None
    place = {name: row for row, name in enumerate(dataset.ledger.ids)}
    return np.array([place[name] for name in dataset.manifest.ids], dtype=np.int64)


def _shares(dataset: Dataset) -> dict[str, float]:
    return {split: dataset.settings[split] for split in ("validation", "test") if split in dataset.settings}


def _resizing(dataset: Dataset, heights: np.ndarray, widths: np.ndarray) -> dict[str, Any]:
    height, width = dataset.input_shape[:2]
    mode, share = dataset.settings.get("resize"), dataset.settings.get("crop_share")
    return resizing(dataset.manifest.ids, heights, widths, (height, width), mode, share)
