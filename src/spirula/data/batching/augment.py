"""Random changes to training images: a whole batch at a time, each sample its own.

Every parameter is a pure function of (seed, epoch, sample): see :mod:`spirula.data.batching.randomness`. The
steps, in order: crop or resized crop, and flip, or one affine resampling of it all when shift, rotate or zoom is
asked for; contrast and brightness; saturation; hue; erasing; mixing; then the normalisation of
:mod:`spirula.data.batching.preprocess`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import InputError
from .boxes import crop_boxes, erase_boxes, inside
from .colour import image_means, recolour, tint
from .geometry import affine, affine_matrices, crop_and_flip, crop_and_resize
from .mixing import draw_mixing
from .randomness import Stream, between

Flip = Literal["horizontal", "vertical", "both"]


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training image; ``None`` leaves an option out.

    Attributes
    ----------
    flip: mirror with probability 1/2 (``both``: each way on its own).
    crop: move by up to this many whole pixels either way, at least 1.
    resized_crop: cut out from this share of the area to all of it, in (0, 1), at a ratio of 3:4 to 4:3, and enlarge
        that to the whole image; not beside ``crop``.
    train_size: (height, width) in pixels that the resized crops are brought to instead, smaller than the image and of
        its shape. Things then look about as large as in the whole images that the network is asked about later, and a
        step costs less (Touvron et al. 2019, "Fixing the train-test resolution discrepancy", arXiv:1906.06423).
    shift: move by up to this fraction of the side, in (0, 1).
    rotate: turn by up to this many degrees either way, in (0, 180].
    zoom: scale by a factor from 1 - zoom to 1 + zoom, in (0, 1).
    brightness: add up to this fraction of the full range, in (0, 1].
    contrast: stretch about the image's mean by a factor from 1 - contrast to 1 + contrast, in (0, 1].
    saturation: of the colours, by a factor from 1 - saturation to 1 + saturation, in (0, 1].
    hue: move colours along the circle by up to this share of it either way, in (0, 0.5].
    erase: probability of blanking a random rectangle, in (0, 1].
    mixup, cutmix: alpha of the Beta distribution of the share, above 0. Given both, each sample is
        mixed one way or the other with probability 1/2.
    """

    flip: Flip | None = None
    crop: int | None = None
    resized_crop: float | None = None
    train_size: tuple[int, int] | None = None
    shift: float | None = None
    rotate: float | None = None
    zoom: float | None = None
    brightness: float | None = None
    contrast: float | None = None
    saturation: float | None = None
    hue: float | None = None
    erase: float | None = None
    mixup: float | None = None
    cutmix: float | None = None

    def __post_init__(self) -> None:
        inf = float("inf")
        allowed = (
            ("crop", self.crop is None or (isinstance(self.crop, int) and self.crop >= 1), "a whole number from 1"),
            ("flip", self.flip in (None, "horizontal", "vertical", "both"), "horizontal, vertical or both"),
            ("resized_crop", self.resized_crop is None or 0 < self.resized_crop < 1, "above 0 and below 1"),
            ("shift", self.shift is None or 0 < self.shift < 1, "above 0 and below 1"),
            ("rotate", self.rotate is None or 0 < self.rotate <= 180, "above 0 and at most 180 degrees"),
            ("zoom", self.zoom is None or 0 < self.zoom < 1, "above 0 and below 1"),
            ("brightness", self.brightness is None or 0 < self.brightness <= 1, "above 0 and at most 1"),
            ("contrast", self.contrast is None or 0 < self.contrast <= 1, "above 0 and at most 1"),
            ("saturation", self.saturation is None or 0 < self.saturation <= 1, "above 0 and at most 1"),
            ("hue", self.hue is None or 0 < self.hue <= 0.5, "above 0 and at most 0.5, half of the circle"),
            ("erase", self.erase is None or 0 < self.erase <= 1, "above 0 and at most 1"),
            ("mixup", self.mixup is None or 0 < self.mixup < inf, "above 0"),
            ("cutmix", self.cutmix is None or 0 < self.cutmix < inf, "above 0"),
        )
        for name, holds, must in allowed:
            if not holds:
                raise InputError(f"{name} = {getattr(self, name)!r} is out of range", f"It must be {must}.")
        if self.crop is not None and self.resized_crop is not None:
            raise InputError("crop and resized_crop each choose what is seen of an image", "Leave one of them out.")
        if self.train_size is not None and self.resized_crop is None:
            raise InputError("train_size is the size of resized crops, and there are none", "Give resized_crop too.")

    @property
    def mixes(self) -> bool:
        """Whether samples are mixed, which makes the targets soft: float32 (B, K)."""
        return self.mixup is not None or self.cutmix is not None

    @property
    def resamples(self) -> bool:
        """Whether pixels are interpolated; flips and crops alone copy them."""
        return self.shift is not None or self.rotate is not None or self.zoom is not None

    @property
    def recolours(self) -> bool:
        """Whether values change in a way that may leave their range."""
        return self.brightness is not None or self.contrast is not None or self.saturation is not None

    def check(self, sample_shape: tuple[int, ...], task: str) -> None:
        """Raise :class:`~spirula.errors.InputError` for what cannot work on such samples and such a task."""
        given = [field.name for field in fields(self) if getattr(self, field.name) is not None]
        if len(sample_shape) == 1:
            only_images = [name for name in given if name != "mixup"]
            if only_images:
                raise InputError(
                    f"{', '.join(only_images)} cannot work on vectors: the samples have shape {sample_shape}",
                    "Leave it out; of the augmentations only mixup works on vectors.",
                )
        elif self.crop is not None and self.crop >= min(sample_shape[:2]):
            raise InputError(
                f"crop = {self.crop} can push a whole image of {sample_shape[0]}×{sample_shape[1]} out of view",
                f"Choose less than {min(sample_shape[:2])}; an eighth of the side is common.",
            )
        if self.train_size is not None:
            _check_train_size(self.train_size, sample_shape)
        colours = [name for name in given if name in ("saturation", "hue")]
        if colours and sample_shape[-1] != 3:
            raise InputError(
                f"{' and '.join(colours)} would have no meaning: the images have {sample_shape[-1]} "
                f"channel{'s' if sample_shape[-1] > 1 else ''}, not red, green and blue",
                "Leave it out; brightness and contrast work on any image.",
            )
        if self.mixes and task == "regression":
            raise InputError(
                "mixup and cutmix mix class labels, and the task is regression",
                "Leave them out, or train a classifier.",
            )


def _check_train_size(size: tuple[int, int], sample_shape: tuple[int, ...]) -> None:
    (height, width), (h, w) = size, sample_shape[:2]
    if not (1 <= height < h and width == max(1, round(height * w / h))):
        fits = f"{3 * h // 4}x{max(1, round(3 * h // 4 * w / h))}"
        raise InputError(
            f"train_size = {height}×{width} is not a smaller size of the shape of the images, {h}×{w}",
            f"{fits} would be; or leave it out.",
        )


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
    return Draws(**{name: torch.from_numpy(values).to(device) for name, values in drawn.items()})


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
        moved = affine(images, draws.matrices, size)
    elif draws.boxes is not None:
        flips = {"flip_horizontal": draws.flip_horizontal, "flip_vertical": draws.flip_vertical}
        moved = crop_and_resize(images, draws.boxes, size, **flips)
    elif draws.left is not None or draws.flip_horizontal is not None or draws.flip_vertical is not None:
        moved = crop_and_flip(
            images,
            padding=augmentation.crop or 0,
            left=draws.left,
            top=draws.top,
            flip_horizontal=draws.flip_horizontal,
            flip_vertical=draws.flip_vertical,
        )
    if draws.contrast is not None or draws.brightness is not None:
        # About the mean of the image as it was: the black that a rotation lets in is not part of it.
        means = image_means(images)
        moved = recolour(moved, means, contrast=draws.contrast, brightness=draws.brightness, low=low, high=high)
    if draws.saturation is not None or draws.hue is not None:
        moved = tint(moved, saturation=draws.saturation, hue=draws.hue, low=low, high=high)
    if draws.erased is not None:
        moved = moved.masked_fill(inside(draws.erased, *size), 0)
    return moved
