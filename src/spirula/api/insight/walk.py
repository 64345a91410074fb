"""The walk through a network: one picture, every number taken apart, on one offline page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...evaluation.pictures import as_pictures
from ...runs.files import finite, write_arrays, write_text
from .inside import Inside


class Walk:
    """What a network makes of one picture, station by station.

    ``html``: the page. ``document`` and ``arrays``: what it is drawn from; see
    :class:`spirula.insight.walk.document.Walk`.
    """

    def __init__(self, name: str, html: str, document: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.name = name
        self.html = html
        self.document = document
        self.arrays = arrays

    def save(self, path: str | Path) -> Path:
        """Write the page (.html) or its arrays (.npz; the document among them, as JSON) and return the path.

        Raises :class:`InputError` for another ending, :class:`SpirulaError` where it cannot be written.
        """
        target = Path(path)
        if target.suffix.lower() == ".html":
            write_text(target, self.html)
        elif target.suffix.lower() == ".npz":
            document = json.dumps(finite(self.document), ensure_ascii=False)
            write_arrays(target, {**self.arrays, "document": np.asarray(document)})
        else:
            raise InputError(f"{target} is neither a page nor arrays", "End the name in .html or .npz.")
        return target

    def __repr__(self) -> str:
        stations = self.document["stations"]
        unknown = sum(station["kind"] == "unknown" for station in stations)
        return f"<Walk of {self.name}: {len(stations)} stations, {unknown} not drawn, {len(self.html) / 1e6:.1f} MB>"


def walk_of(inside: Inside, picture: Any, lang: str | None) -> Walk:
    """See :meth:`spirula.Run.walk`."""
    from ...data.batching.preprocess import Preprocessing
    from ...insight.walk.walk import walk
    from ...report.facts import own_language
    from ...report.speech import read_language
    from ...report.walk.page import Shown, render_walk

    language = own_language(inside.run) if lang is None else lang
    read_language(language)
    network, card = inside.trained()
    preprocessing = Preprocessing.from_dict(card["preprocessing"])
    if len(preprocessing.input_shape) != 3:
        raise InputError(
            f"{inside.run.name} was trained on vectors: there is no picture to walk through", "See run.weights()."
        )
    pixels, name = inside.one(picture, preprocessing)
    found = walk(network, preprocessing, pixels)
    images = as_pictures(pixels[None])
    assert images is not None  # its shape is that of a picture
    shown = Shown(
        inside.run.name,
        name,
        images[0],
        probabilities_of(found.document, len(card["classes"])),
        card["classes"],
        views=card.get("test_views") is not None,
        label=_label(inside, picture, name),
    )
    return Walk(name, render_walk(found.document, found.arrays, shown, language), found.document, found.arrays)


def _label(inside: Inside, picture: Any, name: str) -> str:
    """Return what a sample of the run's own data is labelled; nothing for any other picture, whatever its name."""
    if not isinstance(picture, str | int | np.integer) or (isinstance(picture, str) and Path(picture).is_file()):
        return ""
    columns = inside.run.manifest()
    return dict(zip(columns["id"], columns["label"], strict=True)).get(name, "")


def probabilities_of(document: Mapping[str, Any], classes: int) -> np.ndarray:
    """Return float32 (K,): the probabilities that PyTorch makes of a walk's logits, or a regression's value."""
    import torch

    from ...evaluation.predict import to_probabilities

    logits = torch.tensor(document["logits"], dtype=torch.float32)[None]
    answer: np.ndarray = to_probabilities(logits, document["output"], classes)[0].numpy()
    return answer
