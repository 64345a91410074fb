"""From pixels to what the network gets: one multiplication and one addition per value.

The statistics are those of the training rows, and they travel with the model: training, evaluation,
prediction and export all use this one :class:`Preprocessing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import DataError, InputError
from .crew import side_by_side
from .normalize import folded, normalized
from .rows import Rows

if TYPE_CHECKING:
    from ..dataset import Dataset

Normalize = Literal["standardize", "unit", "none", "backbone"]
Statistics = tuple[tuple[float, ...], tuple[float, ...]]

_NORMALIZE = ("standardize", "unit", "none", "backbone")
_CHUNK_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 17  # stays in a core's own cache, its squares too


@dataclass(frozen=True)
class Preprocessing:
    """How raw values become input: ``(value * scale - mean) / std``, per channel or per feature.

    Attributes
    ----------
    height, width: of the images in pixels; ``None`` for vectors.
    channels: channels of the images, or features of the vectors.
    resize: how an image of another shape is brought to the size (``squash``, ``crop``, ``pad``);
        ``None`` when the data was an array and nothing was resized.
    scale: 1/255 for uint8 images that are normalised, otherwise 1.
    mean, std: one number per channel or feature, in units of ``value * scale``; ``std`` is never 0.
    dtype: of the raw values: ``uint8`` pixels, or ``float32`` arrays of any range.
    interpolation, crop_share: how exactly images are resized, see :func:`spirula.data.pictures.fitting.fit`.
    """

    height: int | None
    width: int | None
    channels: int
    resize: str | None
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    dtype: Literal["uint8", "float32"] = "uint8"
    interpolation: str | None = None
    crop_share: float | None = None

    def __post_init__(self) -> None:
        if len(self.mean) != self.channels or len(self.std) != self.channels:
            raise InputError(
                f"Preprocessing of {self.channels} channels got {len(self.mean)} means and {len(self.std)} deviations",
                "Give one of each per channel.",
            )
        if (self.height is None) != (self.width is None):
            raise InputError(f"Preprocessing got height {self.height} and width {self.width}", "Give both or neither.")
        if any(not deviation > 0 for deviation in self.std) or not self.scale > 0:
            raise InputError(
                f"Preprocessing got scale {self.scale} and deviations {self.std}", "They must be above zero."
            )

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(H, W, C) of an image or (F,) of a vector."""
        if self.height is None or self.width is None:
            return (self.channels,)
        return (self.height, self.width, self.channels)

    @property
    def fitting(self) -> dict[str, Any]:
        """How pictures are brought to the size: the arguments of ``pictures.fitting.fit`` beside the image."""
        return {
            "height": self.height,
            "width": self.width,
            "resize": self.resize or "squash",
            "interpolation": self.interpolation,
            "crop_share": self.crop_share,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; floats survive the round trip exactly."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Read what :meth:`to_dict` wrote; raises :class:`~spirula.errors.InputError` for anything else."""
        try:
            return cls(
                height=None if values["height"] is None else int(values["height"]),
                width=None if values["width"] is None else int(values["width"]),
                channels=int(values["channels"]),
                resize=None if values["resize"] is None else str(values["resize"]),
                scale=float(values["scale"]),
                mean=tuple(float(mean) for mean in values["mean"]),
                std=tuple(float(std) for std in values["std"]),
                dtype="float32" if values["dtype"] == "float32" else "uint8",
                interpolation=None if values.get("interpolation") is None else str(values["interpolation"]),
                crop_share=None if values.get("crop_share") is None else float(values["crop_share"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"The stored preprocessing cannot be read: {type(error).__name__}: {error}",
                "The model card is damaged: take the file from the original run.",
            ) from error


def fit_preprocessing(
    dataset: Dataset,
    rows: NDArray[np.int64],
    normalize: Normalize,
    resize: str | None = None,
    *,
    interpolation: str | None = None,
    crop_share: float | None = None,
    statistics: Statistics | None = None,
) -> Preprocessing:
    """Measure the training rows and return how to normalise.

    Parameters
    ----------
    dataset: its ``pixels`` are (N, H, W, C) uint8 or float32, or (N, F) float32.
    rows: the training rows; only they are looked at.
    normalize: ``standardize`` gives every channel (or feature) of the training rows mean 0 and
        standard deviation 1; ``unit`` maps 0…255 to 0…1; ``none`` passes the raw values on. A
        channel that never changes keeps its scale and is only centred. ``backbone`` takes the ``statistics`` that are
        given: mean and standard deviation per channel, in units of 0…1, of the pictures a network was pretrained on.
    resize, interpolation, crop_share: how the images were brought to their size; only recorded.

    Raises
    ------
    InputError: ``unit`` for float arrays, whose range is not known; an unknown ``normalize``.
    DataError: no rows, or a value that is not finite.
    """
    pixels = dataset.pixels
    if normalize not in _NORMALIZE:
        raise InputError(f'normalize = "{normalize}" is unknown', "Choose standardize, unit, none or backbone.")
    if pixels.ndim not in (2, 4):
        raise DataError(
            f"The data has shape {pixels.shape}",
            "It must be (samples, height, width, channels) or (samples, features).",
        )
    if len(rows) == 0:
        raise DataError("There are no training samples to normalise by", "Give the training split at least one sample.")
    is_bytes = pixels.dtype == np.uint8
    if normalize in ("unit", "backbone") and not is_bytes:
        raise InputError(
            f'normalize = "{normalize}" divides by 255, which means nothing for {pixels.dtype} values',
            "Choose standardize, or none when the values are scaled already.",
        )
    channels = int(pixels.shape[-1])
    scale = 1.0 / 255.0 if is_bytes and normalize != "none" else 1.0
    mean, std = np.zeros(channels), np.ones(channels)
    if normalize == "standardize":
        mean, variance = _byte_moments(pixels, rows) if is_bytes else _float_moments(pixels, rows)
        mean, std = mean * scale, np.sqrt(variance) * scale
        # What is left of a constant after rounding is no spread: dividing by it would blow up noise.
        std[std <= np.finfo(np.float32).eps * np.abs(mean)] = 1.0
    elif normalize == "backbone":
        if statistics is None or len(statistics[0]) != channels:
            raise InputError('normalize = "backbone" needs a pretrained network', "Choose standardize, unit or none.")
        mean, std = np.array(statistics[0]), np.array(statistics[1])
    elif not is_bytes:
        _float_moments(pixels, rows)  # for its check that every value is finite
    height, width = (int(side) for side in pixels.shape[1:3]) if pixels.ndim == 4 else (None, None)
    return Preprocessing(
        height,
        width,
        channels,
        resize,
        scale,
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        dtype="uint8" if is_bytes else "float32",
        interpolation=interpolation,
        crop_share=crop_share,
    )


def _chunks(pixels: np.ndarray, rows: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], np.ndarray]]:
    """Go through the rows in order (a memory map likes that), some megabytes at a time, as (values, channels)."""
    rows = np.sort(rows)
    size = max(1, _CHUNK_BYTES // max(1, pixels[:1].nbytes))
    source = Rows(pixels)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        yield part, source.gather(torch.from_numpy(part)).numpy().reshape(-1, pixels.shape[-1])


def _byte_moments(pixels: np.ndarray, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance per channel of raw bytes, from exact sums of the values and of their squares."""
    rows, source = np.sort(rows), Rows(pixels)
    channels = pixels.shape[-1]
    at_once = max(1, _BLOCK_BYTES // max(1, pixels[:1].nbytes))
    found: list[NDArray[np.uint64]] = []  # of each block, (2, channels)

    def add(start: int, stop: int) -> None:
        for low in range(start, stop, at_once):
            block = source.gather(torch.from_numpy(rows[low : min(low + at_once, stop)])).numpy()
            lines = block.reshape(-1, math.prod(pixels.shape[1:][-2:]))  # long ones are summed quickly
            wide = np.uint32 if len(lines) <= 1 << 16 else np.uint64  # 2**16 squares of 255 are below 2**32
            sums = [lines.sum(axis=0, dtype=wide), np.square(lines, dtype=np.uint16).sum(axis=0, dtype=wide)]
            found.append(np.stack(sums).reshape(2, -1, channels).sum(axis=1, dtype=np.uint64))

    side_by_side(add, len(rows), least=at_once)
    values, squares = (np.stack(found)[:, part].sum(axis=0).tolist() for part in range(2))
    count = len(rows) * math.prod(pixels.shape[1:-1])
    mean = [one / count for one in values]
    variance = [(count * square - one * one) / count**2 for one, square in zip(values, squares, strict=True)]
    return np.array(mean), np.array(variance)


def _float_moments(pixels: np.ndarray, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance per channel in float64, in two passes because the naive one-pass formula cancels."""
    total = np.zeros(pixels.shape[-1], np.float64)
    count = 0
    for part, values in _chunks(pixels, rows):
        sums = values.sum(axis=0, dtype=np.float64)
        if not np.isfinite(sums).all():
            bad = [int(row) for row in part if not np.isfinite(pixels[row]).all()]
            raise DataError(
                f"{len(bad)} training samples hold NaN or infinite values, the first in row {bad[0]}",
                "Fill or remove them.",
            )
        total += sums
        count += len(values)
    mean = total / count
    squares = np.zeros_like(total)
    for _, values in _chunks(pixels, rows):
        squares += np.square(values - mean).sum(axis=0)
    return mean, squares / count


def value_range(pixels: np.ndarray, rows: NDArray[np.int64]) -> tuple[float, float]:
    """Return the smallest and largest value that is possible (uint8: 0, 255) or, for floats, that is in the rows."""
    if pixels.dtype == np.uint8 or len(rows) == 0:
        return 0.0, 255.0
    ends = [(float(values.min()), float(values.max())) for _, values in _chunks(pixels, rows)]
    return min(low for low, _ in ends), max(high for _, high in ends)


def apply(pixels: Tensor, p: Preprocessing, *, channels_last: bool = False) -> Tensor:
    """Return what the network gets for raw pixels.

    Parameters
    ----------
    pixels: (B, H, W, C) uint8 or float32, or (B, F) float32; not changed.

    Returns
    -------
    (B, C, H, W) or (B, F) float32, on the same device.

    Raises
    ------
    InputError: another shape than the preprocessing was made for.
    """
    if tuple(pixels.shape[1:]) != p.input_shape:
        raise InputError(
            f"The network takes samples of shape {p.input_shape}, but these have {tuple(pixels.shape[1:])}",
            "Resize them first, or train a network for this shape.",
        )
    factor, offset = folded(p, pixels.device)
    return normalized(pixels, factor, offset, channels_last=channels_last)


def undo(images: Tensor, p: Preprocessing) -> NDArray[np.uint8]:
    """Return pictures of what the network gets: (B, C, H, W) float32 to (B, H, W, C) uint8 on the CPU.

    Values that came from uint8 pixels come back exactly. Float images have no known range, so these
    are stretched together, smallest value to 0 and largest to 255. Vectors have no picture: InputError.
    """
    if images.ndim != 4:
        raise InputError(f"A batch of shape {tuple(images.shape)} holds no images", "Only (B, C, H, W) can be shown.")
    factor, offset = folded(p, images.device)
    raw = ((images.float() - offset[:, None, None]) / factor[:, None, None]).permute(0, 2, 3, 1)
    if p.dtype == "float32":
        low, high = (float(end) for end in raw.aminmax())
        raw = (raw - low) * (255.0 / (high - low or 1.0))
    pictures: NDArray[np.uint8] = raw.round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return pictures
