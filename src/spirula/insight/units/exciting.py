"""The pictures that excite a filter most, and the patch of each that it saw there.

As in Zeiler and Fergus (2014, "Visualizing and understanding convolutional networks") the largest answer of a filter
over all positions of a picture counts, after its activation; the patch is the receptive field of that position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...models.build import Network
from ...models.summary import Row
from ..receptive import Fields, receptive_fields
from .following import every_convolution
from .judged import judge
from .responses import Filters

LAYERS, CHANNELS, PICTURES = 3, 6, 6  # in the report
PATCH = 64  # pixels a side that a stored patch has at most
CONTEXT = 72  # and the whole picture around it


@dataclass(frozen=True)
class Excited:
    """One picture that a filter answers strongly.

    rank: from 0. sample: which of the pictures. value: the answer. place: (row, column) in the filter's map, which has
    the size ``maps``. box: (top, left, bottom, right) in the picture, what the filter can see from there, cut off at
    the borders; the whole picture where that is not known. Through gates (squeeze-and-excitation) it may feel more.
    sees: height and width of the box where no border cuts it; at most those of the picture.
    """

    layer: str
    channel: int
    rank: int
    sample: int
    value: float
    place: tuple[int, int]
    maps: tuple[int, int]
    box: tuple[int, int, int, int]
    sees: tuple[int, int]


def telling_convolutions(network: Network, rows: Sequence[Row], most: int = LAYERS) -> list[Row]:
    """Return a few convolutions with maps of more than one position, evenly from the first to the last."""
    found = [row for row, _ in every_convolution(network, rows) if _has_places(row)]
    if len(found) <= most:
        return found
    return [found[i] for i in np.linspace(0, len(found) - 1, most).round().astype(int)]


def _has_places(row: Row) -> bool:
    """Whether a convolution's maps are larger than a position: a layer of several modules ends with the same size."""
    return len(row.output_shape) == 3 and row.output_shape[0] * row.output_shape[1] > 1


def liveliest(filters: Filters, most: int = CHANNELS) -> list[int]:
    """Return the filters that answer most on average, the strongest first; dead ones answer nothing."""
    dead = set(judge(filters).dead)
    order = np.argsort(-filters.mean, kind="stable")
    return [int(channel) for channel in order if int(channel) not in dead][:most]


def exciting(
    filters: Filters, fields: Fields, size: tuple[int, int], channels: Sequence[int], count: int
) -> list[Excited]:
    """Return for each of ``channels`` the ``count`` pictures with the largest answers, the strongest first.

    ``fields``: of the same layer, for pictures of ``size`` (height, width). Pictures that leave the filter at its
    lowest are left out: a dead filter has none.
    """
    assert filters.peaks is not None
    assert filters.places is not None
    found = []
    for channel in channels:
        peaks = filters.peaks[:, channel]
        order = np.argsort(-peaks, kind="stable")[:count]
        for rank, sample in enumerate(order[peaks[order] > filters.low[channel]].tolist()):
            row, column = divmod(int(filters.places[sample, channel]), filters.size[1])
            found.append(
                Excited(
                    filters.row.name,
                    int(channel),
                    rank,
                    int(sample),
                    float(peaks[sample]),
                    (row, column),
                    filters.size,
                    seen_box(fields, row, column, size),
                    seen_size(fields, size),
                )
            )
    return found


def seen_box(fields: Fields, row: int, column: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return what one position sees, gates aside; the whole picture where it cannot be said."""
    known = fields.bare or fields
    if known.boxes is None or known.sight in ("unknown", "nothing"):
        return 0, 0, *size
    return known.box(row, column)


def seen_size(fields: Fields, size: tuple[int, int]) -> tuple[int, int]:
    """Return how much of a picture a position sees where no border cuts it; all of it where it cannot be said."""
    known = fields.bare or fields
    if known.size is None or known.sight in ("unknown", "nothing"):
        return size
    return min(known.size[0], size[0]), min(known.size[1], size[1])


def fields_of_rows(network: Network, rows: Sequence[Row]) -> dict[str, Fields]:
    """Return the receptive fields of layers by name."""
    return {row.name: found for row, found in zip(rows, receptive_fields(network, rows), strict=True)}


def exciting_arrays(
    found: Sequence[Excited], images: np.ndarray, ids: Sequence[str], labels: Sequence[str], samples: int
) -> dict[str, np.ndarray]:
    """Return the arrays of ``insight/exciting.npz``: E excited places, the strongest of each filter first.

    layers: texts (E,). channels, ranks: int64 (E,). values: float32 (E,). places, maps: int64 (E, 2). boxes: (E, 4).
    sees: (E, 2).
    patches: uint8 (E, h, w, C), at most 64 pixels a side, with zeros beyond patch_sizes (E, 2). pictures:
    which of the contexts, uint8 (P, h, w, C), the whole pictures at most 72 pixels a side; files and labels: texts (P,)
    of these. size: height and width of the pictures that the boxes are in. samples: how many were looked at.

    ``images``: uint8 (N, H, W, 1 | 3), with ``ids`` and ``labels``.
    """
    several = sorted({entry.sample for entry in found})
    number = {sample: place for place, sample in enumerate(several)}
    patches = [fitted(_cut(images[entry.sample], entry.box), PATCH) for entry in found]
    return {
        "layers": np.asarray([entry.layer for entry in found], dtype=np.str_),
        "channels": np.asarray([entry.channel for entry in found], np.int64),
        "ranks": np.asarray([entry.rank for entry in found], np.int64),
        "values": np.asarray([entry.value for entry in found], np.float32),
        "places": np.asarray([entry.place for entry in found], np.int64).reshape(-1, 2),
        "maps": np.asarray([entry.maps for entry in found], np.int64).reshape(-1, 2),
        "boxes": np.asarray([entry.box for entry in found], np.int64).reshape(-1, 4),
        "sees": np.asarray([entry.sees for entry in found], np.int64).reshape(-1, 2),
        "patches": _framed(patches),
        "patch_sizes": np.asarray([patch.shape[:2] for patch in patches], np.int64).reshape(-1, 2),
        "pictures": np.asarray([number[entry.sample] for entry in found], np.int64),
        "contexts": np.stack([fitted(images[sample], CONTEXT) for sample in several]),
        "files": np.asarray([ids[sample] for sample in several], dtype=np.str_),
        "labels": np.asarray([labels[sample] for sample in several], dtype=np.str_),
        "size": np.asarray(images.shape[1:3], np.int64),
        "samples": np.asarray(samples),
    }


def _cut(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    top, left, bottom, right = box
    return image[top:bottom, left:right]


def fitted(image: np.ndarray, most: int) -> np.ndarray:
    """Return uint8 (h, w, 1 | 3), scaled down so that no side is above ``most``; smaller ones as they are."""
    height, width = image.shape[:2]
    if max(height, width) <= most:
        return image
    factor = most / max(height, width)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    drawn = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).resize(size, Image.Resampling.BOX)
    return np.asarray(drawn).reshape(size[1], size[0], image.shape[2])


def _framed(patches: Sequence[np.ndarray]) -> np.ndarray:
    """Return patches of several sizes in one array, each in its upper left corner."""
    height, width = (max(patch.shape[axis] for patch in patches) for axis in (0, 1))
    frames = np.zeros((len(patches), height, width, patches[0].shape[2]), np.uint8)
    for frame, patch in zip(frames, patches, strict=True):
        frame[: patch.shape[0], : patch.shape[1]] = patch
    return frames
