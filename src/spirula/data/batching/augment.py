"""Random changes to training images: a whole batch at a time, each sample its own.

Every parameter is a pure function of (seed, epoch, sample): see :mod:`spirula.data.batching.randomness`. The
steps, in order: crop or resized crop, and flip, or one affine resampling of it all when shift, rotate or zoom is
asked for; contrast and brightness; saturation; hue; erasing; mixing; then the normalisation of
:mod:`spirula.data.batching.preprocess`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .augmentation import Augmentation
from .boxes import crop_boxes, erase_boxes, inside
from .colour import image_means, recolour, tint
from .geometry import affine, affine_matrices, crop_and_flip, crop_and_resize
from .mixing import draw_mixing
from .randomness import Stream, between, uniform
from .residence import sent


@dataclass(frozen=True, slots=True)
class Draws:
    """The random parameters of n samples; ``None`` for what is not asked for.

    left, top: (n,) int64 corner of the crop in the padded image.    flip_horizontal, flip_vertical: (n,) bool.
    boxes: (n, 4) int64, what a resized crop shows.
    matrices: (n, 2, 3) float32, when resampling; crops and flips are then inside.
    contrast, brightness, saturation: (n,) float32.    hue: (n,) float32, turns.
    erased: (n, 4) int64 boxes, empty ones for not erased.
    share: (n,) float32 share of the own target.    blend: (n,) float32 share of the own pixels.
    patch: (n, 4) int64 boxes filled from the partner, empty ones for MixUp.
    """

    left: Tensor | None = None
    top: Tensor | None = None
    flip_horizontal: Tensor | None = None
    flip_vertical: Tensor | None = None
    boxes: Tensor | None = None
    matrices: Tensor | None = None
    contrast: Tensor | None = None
    brightness: Tensor | None = None
    saturation: Tensor | None = None
    hue: Tensor | None = None
    erased: Tensor | None = None
    share: Tensor | None = None
    blend: Tensor | None = None
    patch: Tensor | None = None

    def part(self, start: int, stop: int) -> Draws:
        """Return the parameters of the samples ``start`` to ``stop``, end excluded; views, not copies."""
        every = (getattr(self, field.name) for field in fields(self))
        return Draws(*(None if values is None else values[start:stop] for values in every))


def draw(
    augmentation: Augmentation,
    seed: int,
    epoch: int,
    samples: NDArray[np.int64],
    sample_shape: tuple[int, ...],
    device: torch.device | str = "cpu",
) -> Draws:
    """Draw the parameters of ``samples`` (n,), each from its own number and nothing else.

    ``sample_shape`` is (H, W, C) or (F,). The arithmetic is NumPy's on the CPU, so that every device
    gets the same parameters.
    """

    def number(low: float, high: float, stream: Stream) -> NDArray[np.float64]:
        return between(low, high, seed, epoch, samples, stream)

    a = augmentation
    height, width = (sample_shape[0], sample_shape[1]) if len(sample_shape) == 3 else (1, 1)
    never = np.zeros(len(samples), np.bool_)
    out_height, out_width = a.train_size or (height, width)
    drawn: dict[str, NDArray[np.generic]] = {}
    horizontal = number(0, 1, Stream.FLIP_HORIZONTAL) < 0.5 if a.flip in ("horizontal", "both") else None
    if a.flip == "alternating":  # drawn once and for all, then by turns
        horizontal = (uniform(seed, 0, samples, Stream.FLIP_HORIZONTAL) < 0.5) ^ (epoch % 2 == 1)
    vertical = number(0, 1, Stream.FLIP_VERTICAL) < 0.5 if a.flip in ("vertical", "both") else None
    left = top = boxes = None
    if a.resized_crop is not None:
        boxes = crop_boxes(
            height,
            width,
            share=number(a.resized_crop, 1, Stream.RESIZED_AREA),
            aspect=number(0, 1, Stream.RESIZED_ASPECT),
            x=number(0, 1, Stream.RESIZED_X),
            y=number(0, 1, Stream.RESIZED_Y),
        )
    if a.crop is not None:
        left = number(0, 2 * a.crop + 1, Stream.CROP_X).astype(np.int64)
        top = number(0, 2 * a.crop + 1, Stream.CROP_Y).astype(np.int64)
    if a.resamples:
        shift, rotate, zoom, crop = a.shift or 0.0, a.rotate or 0.0, a.zoom or 0.0, a.crop or 0
        drawn["matrices"] = affine_matrices(
            height,
            width,
            degrees=number(-rotate, rotate, Stream.ROTATE),
            zoom=number(1 - zoom, 1 + zoom, Stream.ZOOM),
            right=number(-shift, shift, Stream.SHIFT_X) * width + (0 if left is None else crop - left),
            down=number(-shift, shift, Stream.SHIFT_Y) * height + (0 if top is None else crop - top),
            flip_horizontal=never if horizontal is None else horizontal,
            flip_vertical=never if vertical is None else vertical,
            boxes=boxes,
        )
    else:
        moves = {"left": left, "top": top, "boxes": boxes, "flip_horizontal": horizontal, "flip_vertical": vertical}
        drawn |= {name: values for name, values in moves.items() if values is not None}
    if a.contrast is not None:
        drawn["contrast"] = number(1 - a.contrast, 1 + a.contrast, Stream.CONTRAST).astype(np.float32)
    if a.brightness is not None:
        drawn["brightness"] = number(-a.brightness, a.brightness, Stream.BRIGHTNESS).astype(np.float32)
    if a.saturation is not None:
        drawn["saturation"] = number(1 - a.saturation, 1 + a.saturation, Stream.SATURATION).astype(np.float32)
    if a.hue is not None:
        drawn["hue"] = number(-a.hue, a.hue, Stream.HUE).astype(np.float32)
    if a.erase is not None:
        blanks = erase_boxes(
            out_height,
            out_width,
            area=number(0, 1, Stream.ERASE_AREA),
            aspect=number(0, 1, Stream.ERASE_ASPECT),
            x=number(0, 1, Stream.ERASE_X),
            y=number(0, 1, Stream.ERASE_Y),
        )
        drawn["erased"] = np.where((number(0, 1, Stream.ERASE) < a.erase)[:, None], blanks, 0)
    if a.mixes:
        drawn |= draw_mixing(a.mixup, a.cutmix, seed, epoch, samples, out_height, out_width)
    return Draws(**{name: sent(values, torch.device(device)) for name, values in drawn.items()})


def augment(
    images: Tensor, augmentation: Augmentation, draws: Draws, *, value_range: tuple[float, float] = (0.0, 255.0)
) -> Tensor:
    """Move, recolour and erase a batch; mixing comes after, in :mod:`spirula.data.batching.mixing`.

    Parameters
    ----------
    images: (B, H, W, C), uint8 or float32.
    augmentation, draws: what was asked for, and what was drawn for these B samples.
    value_range: smallest and largest value, for brightness, contrast and saturation.

    Returns
    -------
    (B, H, W, C), or of ``train_size``: uint8 when only flips, crops of either kind and erasing of uint8 were asked
    for, otherwise float32.
    """
    moved, (low, high), size = images, value_range, augmentation.train_size or (images.shape[1], images.shape[2])
    if draws.matrices is not None:
        moved = affine(images, draws.matrices, size, augmentation.fill_mode or "constant")
    elif draws.boxes is not None:
        flips = {"flip_horizontal": draws.flip_horizontal, "flip_vertical": draws.flip_vertical}
        moved = crop_and_resize(images, draws.boxes, size, **flips)
    elif draws.left is not None or draws.flip_horizontal is not None or draws.flip_vertical is not None:
        moved = crop_and_flip(
            images,
            padding=augmentation.crop or 0,
            fill_mode=augmentation.fill_mode or "constant",
            left=draws.left,
            top=draws.top,
            flip_horizontal=draws.flip_horizontal,
            flip_vertical=draws.flip_vertical,
        )
    if draws.contrast is not None or draws.brightness is not None:
        # About the mean of the image as it was: what a rotation lets in is not part of it.
        means = image_means(images)
        moved = recolour(moved, means, contrast=draws.contrast, brightness=draws.brightness, low=low, high=high)
    if draws.saturation is not None or draws.hue is not None:
        moved = tint(moved, saturation=draws.saturation, hue=draws.hue, low=low, high=high)
    if draws.erased is not None:
        moved = moved.masked_fill(inside(draws.erased, *size), 0)
    return moved
