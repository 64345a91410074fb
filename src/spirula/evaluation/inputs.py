"""Pictures and arrays that somebody wants predicted, brought to what the network was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ..data.batching.preprocess import Preprocessing
from ..data.pictures.decode import decode
from ..data.pictures.opening import ImageRefused, unreadable
from ..data.pictures.reading import Place, read_bytes
from ..data.pictures.sizes import fit_pixels
from ..data.sources.arrays import as_array, as_pixels
from ..errors import InputError


def read_pictures(paths: Sequence[Path | Place], preprocessing: Preprocessing) -> tuple[np.ndarray, list[str | None]]:
    """Decode files with the decoder that training used. A ``Place`` lies inside an archive.

    Returns uint8 (M, H, W, C) of the M files that could be read, and for every file ``None`` or why it could not.
    Raises :class:`InputError` when the run was trained on vectors or floats.
    """
    if preprocessing.height is None or preprocessing.dtype != "uint8":
        raise InputError(
            "This run was trained on arrays, not on pictures", "Predict with run.predict(array) in Python."
        )
    channels = preprocessing.channels

    def read(path: Path | Place) -> np.ndarray:
        if not isinstance(path, Place):
            return decode(path, channels=channels, **preprocessing.fitting)
        try:
            return decode(read_bytes(path), channels=channels, **preprocessing.fitting)
        except ImageRefused as refused:
            raise refused.named(path.path) from refused
        except OSError as error:
            raise unreadable(error).named(path.path) from error

    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(read, path) for path in paths]
    pixels: list[np.ndarray] = []
    reasons: list[str | None] = []
    for pending in waiting:
        try:
            pixels.append(pending.result())
            reasons.append(None)
        except ImageRefused as refusal:
            reasons.append(str(refusal))
    return (np.stack(pixels) if pixels else np.zeros((0, *preprocessing.input_shape), np.uint8)), reasons


def read_arrays(values: Any, preprocessing: Preprocessing) -> np.ndarray:
    """Return raw samples in the shape that the network was trained on.

    values: arrays, tensors or nested lists, one sample or many, as training takes them: pixels 0…255 of any size
    (N, H, W[, C]) or (N, C, H, W), or a list of pictures of several sizes, brought to the network's size as
    training does it; or floats of exactly the training shape, (N, H, W, C) or (N, F).

    Raises :class:`InputError` for other shapes, and for floats where the network learned from bytes.
    """
    shape = preprocessing.input_shape
    if isinstance(values, list | tuple) and values and all(hasattr(item, "shape") for item in values):
        samples = [as_array(item) for item in values]
        if len({sample.shape for sample in samples}) > 1:
            return np.concatenate([read_arrays(sample, preprocessing) for sample in samples])
        values = np.stack(samples)
    array = as_array(values)
    if array.ndim == 3 and array.shape == (3, *shape[:2]) and shape[2:] == (3,):
        raise InputError(
            f"An array of shape {array.shape} could be one colour picture or three grey ones",
            "Give (1, 3, H, W) for the one, (3, H, W, 1) for the three.",
        )
    if _is_one(array.shape, shape):
        array = array[None]
    if preprocessing.dtype == "uint8" and array.dtype.kind == "f" and array.size:
        raise InputError(
            f"The run was trained on pixels 0…255 (uint8), but got {array.dtype}",
            "Give the pixels as they are in the file: the scaling is part of the network.",
        )
    if not len(array):
        return np.zeros((0, *shape), preprocessing.dtype)
    floats = preprocessing.dtype == "float32"
    pixels, _ = as_pixels(array.astype(np.float32) if floats and array.dtype.kind in "bui" else array, "x")
    if pixels.shape[1:] == shape:
        return pixels.astype(preprocessing.dtype)
    target = {"channels": preprocessing.channels, **preprocessing.fitting}
    if floats or pixels.ndim != 4:
        raise InputError(f"The run takes samples of shape {shape}, but got {array.shape[1:]}", "Reshape the array.")
    return np.stack([fit_pixels(picture, target) for picture in pixels])


def _is_one(given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether an array is one sample, not many."""
    if given == wanted or len(wanted) == 1:
        return given == wanted
    return len(given) == 2 or (len(given) == 3 and (given[2] in (1, 3) or given == (wanted[2], *wanted[:2])))
