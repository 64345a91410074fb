"""The pictures that go with a survey, few and small: suspects, pairs of copies, what a crop cuts off, extremes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..pictures.decode import decode
from ..pictures.fitting import crop_box
from ..pictures.opening import ImageRefused, read_all

if TYPE_CHECKING:
    from ..dataset import Dataset

SIDE = 176  # pixels of the longer side
MOST_SUSPECTS = 24
MOST_PAIRS = 24
_SHADE = 0.72  # how far a part that is cut off goes towards grey


def shown(dataset: Dataset, document: Mapping[str, Any]) -> dict[str, list[np.ndarray]]:
    """Return the pictures of a survey, uint8 (h, w, 1 | 3) with sides of at most 176 pixels.

    suspects: of the first suspects in ``files["rows"]``. pairs: two of each of the first pairs. worst: of
    ``resize["worst"]``, with what a crop cuts off shaded. blank, dark, bright: of the names in ``light``.
    Empty for what is no picture.
    """
    if dataset.pixels.ndim != 4 or dataset.pixels.dtype != np.uint8 or dataset.pixels.shape[3] not in (1, 3):
        return {}
    row_of = {name: row for row, name in enumerate(dataset.manifest.ids)}
    suspects = [row["id"] for row in document["files"]["rows"] if row["verdict"] == "suspect"][:MOST_SUSPECTS]
    found = {"suspects": _own(dataset, row_of, suspects)}
    if document["copies"] is not None:
        pairs = document["copies"]["pairs"][:MOST_PAIRS]
        found["pairs"] = _own(dataset, row_of, [name for pair in pairs for name in pair["ids"]])
    if document["resize"] and document["resize"]["count"]:
        (height, width), share = document["resize"]["size"], document["resize"]["share"]
        worst = _own(dataset, row_of, [entry["id"] for entry in document["resize"]["worst"]])
        found["worst"] = (
            [cut_off(image, (height, width), share) for image in worst] if dataset.files is not None else []
        )
    if document["light"] is not None:
        found |= {kind: _own(dataset, row_of, document["light"][kind]["ids"]) for kind in ("blank", "dark", "bright")}
    return found


def cut_off(image: np.ndarray, size: tuple[int, int], share: float | None = None) -> np.ndarray:
    """Return uint8 (h, w, C) with what a centre crop to the shape of ``size`` (height, width) cuts off shaded.

    share: see :func:`spirula.data.pictures.fitting.fit`.
    """
    h, w = image.shape[:2]
    left, top, right, bottom = (round(side) for side in crop_box((w, h), *size, share))
    shaded = np.asarray(image * (1 - _SHADE) + 96 * _SHADE, dtype=np.uint8)
    shaded[top:bottom, left:right] = image[top:bottom, left:right]
    return shaded


def _own(dataset: Dataset, row_of: Mapping[str, int], ids: Sequence[str]) -> list[np.ndarray]:
    return [_thumbnail(dataset, row_of[name]) for name in ids]


def _thumbnail(dataset: Dataset, row: int) -> np.ndarray:
    """Return a picture in its own shape; as the network gets it when its file cannot be read any more."""
    image = np.asarray(dataset.pixels[row])
    if dataset.files is not None:
        try:
            with dataset.files.open(row) as file:
                image = decode(read_all(file))
        except (OSError, ImageRefused):
            image = np.asarray(dataset.pixels[row])
    h, w = image.shape[:2]
    if max(h, w) <= SIDE:
        return image
    scale = SIDE / max(h, w)
    small = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).resize(
        (max(round(w * scale), 1), max(round(h * scale), 1)), Image.Resampling.BILINEAR, reducing_gap=2.0
    )
    pixels = np.asarray(small)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]
