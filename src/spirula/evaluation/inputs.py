"""Pictures and arrays that somebody wants predicted, brought to what the network was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from ..data.decode import ImageRefused, decode, fit
from ..data.preprocess import Preprocessing
from ..errors import DataError, InputError


def read_pictures(paths: Sequence[Path], preprocessing: Preprocessing) -> np.ndarray:
    """Decode files with the decoder that training used; returns uint8 (N, H, W, C).

    Raises :class:`~spirula.errors.DataError` naming a file that cannot be read, and
    :class:`InputError` when the run was trained on vectors.
    """
    if preprocessing.height is None or preprocessing.dtype != "uint8":
        raise InputError(
            "This run was trained on arrays, not on pictures", "Predict with run.predict(array) in Python."
        )
    channels = preprocessing.channels

    def read(path: Path) -> np.ndarray:
        return decode(
            path,
            height=preprocessing.height,
            width=preprocessing.width,
            channels=channels,
            resize=preprocessing.resize or "squash",
        )

    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(read, path) for path in paths]
    refused = [str(pending.exception()) for pending in waiting if isinstance(pending.exception(), ImageRefused)]
    if refused:
        shown = "".join(f"\n  - {reason}" for reason in refused[:20])
        raise DataError(f"{len(refused)} of {len(paths)} pictures cannot be read:{shown}", "Leave these files out.")
    return np.stack([pending.result() for pending in waiting])


def read_arrays(values: np.ndarray | Sequence[np.ndarray], preprocessing: Preprocessing) -> np.ndarray:
    """Return raw samples in the shape that the network was trained on.

    values: uint8 (N, H, W, C), (N, H, W), (H, W, C) or a list of (H, W) and (H, W, C) pictures of any
    size, resized as training resized; or float32 arrays of exactly the training shape, (N, H, W, C) or (N, F).
    """
    shape = preprocessing.input_shape
    if preprocessing.dtype == "float32" or len(shape) == 1:
        samples = np.asarray(values)
        samples = samples[None] if samples.shape == shape else samples
        if samples.shape[1:] != shape and samples.ndim == len(shape) and shape[-1] == 1:
            samples = samples[..., None]
        if samples.shape[1:] != shape:
            raise InputError(f"The run takes samples of shape {shape}, but got {samples.shape}", "Reshape the array.")
        return samples.astype(preprocessing.dtype)
    if isinstance(values, np.ndarray) and (values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (1, 3))):
        values = values[None]
    pictures = list(values)
    if any(picture.dtype != np.uint8 for picture in pictures):
        raise InputError(
            f"The run was trained on pixels 0…255 (uint8), but got {pictures[0].dtype}", "Give uint8 pictures."
        )
    return np.stack([_fitted(picture, preprocessing) for picture in pictures]) if pictures else np.zeros((0, *shape))


def _fitted(picture: np.ndarray, preprocessing: Preprocessing) -> np.ndarray:
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[:, :, 0]
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise InputError(f"A picture has shape {picture.shape}", "Give (H, W), (H, W, 1) or (H, W, 3).")
    image = Image.fromarray(picture).convert("L" if preprocessing.channels == 1 else "RGB")
    return fit(image, preprocessing.height, preprocessing.width, preprocessing.resize or "squash")
