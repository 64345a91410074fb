"""Which random changes are asked for, with their ranges; :mod:`spirula.data.batching.augment` makes them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from ...errors import InputError
from .edges import FILL_MODES, FillMode

Flip = Literal["horizontal", "vertical", "both", "alternating"]


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training image; ``None`` leaves an option out.

    Attributes
    ----------
    flip: mirror with probability 1/2 (``both``: each way on its own). ``alternating``: left to right, half of the
        images in one epoch and the others in the next, by turns, so that two epochs show every image both ways
        (Jordan 2024, arXiv:2404.00498, section 3.6).
    crop: move by up to this many whole pixels either way, at least 1.
    resized_crop: cut out from this share of the area to all of it, in (0, 1), at a ratio of 3:4 to 4:3, and enlarge
        that to the whole image; not beside ``crop``.
    train_size: (height, width) in pixels that the resized crops are brought to instead, smaller than the image and of
        its shape. Things then look about as large as in the whole images that the network is asked about later, and a
        step costs less (Touvron et al. 2019, "Fixing the train-test resolution discrepancy", arXiv:1906.06423).
    shift: move by up to this fraction of the side, in (0, 1).
    rotate: turn by up to this many degrees either way, in (0, 180].
    zoom: scale by a factor from 1 - zoom to 1 + zoom, in (0, 1).
    fill_mode: what crop, shift, rotate and zoom let in from beyond the edges: black unless given.
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
    fill_mode: FillMode | None = None
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
            ("flip", self.flip in (None, *get_args(Flip)), "horizontal, vertical, both or alternating"),
            ("resized_crop", self.resized_crop is None or 0 < self.resized_crop < 1, "above 0 and below 1"),
            ("shift", self.shift is None or 0 < self.shift < 1, "above 0 and below 1"),
            ("rotate", self.rotate is None or 0 < self.rotate <= 180, "above 0 and at most 180 degrees"),
            ("zoom", self.zoom is None or 0 < self.zoom < 1, "above 0 and below 1"),
            ("fill_mode", self.fill_mode in (None, *FILL_MODES), " or ".join(FILL_MODES)),
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
        if self.fill_mode is not None and self.crop is None and not self.resamples:
            raise InputError(
                "fill_mode is about what lies beyond the edges, and nothing lets that in",
                "Give crop, shift, rotate or zoom too.",
            )

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
