"""Bringing a picture to the size that a network takes."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

RESIZE_MODES = ("squash", "crop", "pad")
INTERPOLATIONS: Final = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

Box = tuple[float, float, float, float]  # left, top, right, bottom

_LEAST_SIDE = 8  # pixels: a picture is reduced to no less, there is nothing to be gained


class Whole(NamedTuple):
    """The picture that a reduced image shows: its own size (width, height), and where in the image, in the image's
    pixels, it lies. A reduced side is rounded up to whole pixels, so the last one may show less than the others.
    """

    size: tuple[int, int]
    box: Box

    def seen(self, box: Box) -> Box:
        """Return where in the reduced image a box of the picture lies."""
        (width, height), (left, top, right, bottom) = self.size, self.box
        across, down = (right - left) / width, (bottom - top) / height
        return (left + box[0] * across, top + box[1] * down, left + box[2] * across, top + box[3] * down)


def reduction(
    size: tuple[int, int],
    height: int | None,
    width: int | None,
    resize: str,
    interpolation: str | None = None,
    crop_share: float | None = None,
) -> int:
    """Return by how much a picture of ``size`` (width, height) may be reduced before it is brought to its size.

    1, 2, 4 or 8: the largest that leaves as many pixels each way as :func:`fit`, with the same arguments, wants.
    """
    if height is None or width is None:
        return 1
    if resize == "crop":
        left, top, right, bottom = crop_box(size, height, width, crop_share)
        has, wants = (right - left, bottom - top), (width, height)
    else:
        has, wants = size, (_inner(size, height, width) if resize == "pad" else (width, height))
    ratio = min(side / max(want, _LEAST_SIDE) for side, want in zip(has, wants, strict=True))
    return next((factor for factor in (8, 4, 2) if ratio >= factor), 1)


def fit(
    image: Image.Image,
    height: int | None,
    width: int | None,
    resize: str,
    interpolation: str | None = None,
    crop_share: float | None = None,
    whole: Whole | None = None,
) -> np.ndarray:
    """Bring an ``L`` or ``RGB`` image to a size; returns uint8 (height, width, channels).

    height, width: pixels; ``None`` (both) keeps the image's own size.
    resize: ``"squash"`` to the size; ``"crop"`` the largest centred part of its shape; ``"pad"`` to fit on black.
    interpolation: ``"bilinear"`` (``None`` too) or ``"bicubic"``; both with antialiasing.
    crop_share: of the shorter side, how much a centre crop keeps, 0 < share ≤ 1; only with ``"crop"``. It is what timm
        and torchvision do to evaluate: the shorter side is brought to ``floor(size / share)``, then the centre is cut
        out. ``None`` crops before resizing, in whole pixels of the picture.
    whole: of which picture this is a reduced image; ``None`` when it is the picture itself.
    """
    if height is None or width is None:
        height, width = image.height, image.width
    how = INTERPOLATIONS[interpolation or "bilinear"]
    if whole is not None:
        image = _from_reduced(image, whole, height, width, resize, how, crop_share)
    elif resize == "crop" and crop_share is not None:
        image = image.resize((width, height), how, box=_shared_box(image.size, height, width, crop_share))
    elif image.size != (width, height):
        image = _resized(image, height, width, resize, how)
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def crop_box(size: tuple[int, int], height: int, width: int, share: float | None) -> Box:
    """Return what ``resize="crop"`` keeps of a picture of ``size`` (width, height): left, top, right, bottom."""
    return _centre_box(size, height, width) if share is None else _shared_box(size, height, width, share)


def _resized(image: Image.Image, height: int, width: int, resize: str, how: Image.Resampling) -> Image.Image:
    if resize == "squash":
        return image.resize((width, height), how)
    if resize == "crop":
        return image.crop(_centre_box(image.size, height, width)).resize((width, height), how)
    if resize == "pad":
        return _on_black(image.resize(_inner(image.size, height, width), how), height, width)
    raise ValueError(f"resize = {resize!r} is none of {RESIZE_MODES}")


def _from_reduced(
    image: Image.Image,
    whole: Whole,
    height: int,
    width: int,
    resize: str,
    how: Image.Resampling,
    crop_share: float | None,
) -> Image.Image:
    if resize == "crop":
        return image.resize((width, height), how, box=whole.seen(crop_box(whole.size, height, width, crop_share)))
    if resize == "pad":
        return _on_black(image.resize(_inner(whole.size, height, width), how, box=whole.box), height, width)
    return image.resize((width, height), how, box=whole.box)


def _inner(size: tuple[int, int], height: int, width: int) -> tuple[int, int]:
    """Return the size (width, height) that ``resize="pad"`` brings a picture of ``size`` to."""
    scale = min(height / size[1], width / size[0])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _on_black(image: Image.Image, height: int, width: int) -> Image.Image:
    ground = Image.new(image.mode, (width, height))
    ground.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
    return ground


def _centre_box(size: tuple[int, int], height: int, width: int) -> tuple[int, int, int, int]:
    """Return the largest centred box (left, top, right, bottom), in whole pixels, with the shape height : width."""
    scale = min(size[0] / width, size[1] / height)
    inner_width = min(size[0], max(1, round(width * scale)))
    inner_height = min(size[1], max(1, round(height * scale)))
    left, top = (size[0] - inner_width) // 2, (size[1] - inner_height) // 2
    return (left, top, left + inner_width, top + inner_height)


def _shared_box(size: tuple[int, int], height: int, width: int, share: float) -> Box:
    """Return the part of the picture that remains when it is resized first and its centre is cut out then.

    Pillow resamples a box of fractions of pixels, and looks beyond its edge as it would have in the whole picture. The
    result differs by rounding alone (it may change rows before columns), and what would be cut away is never computed.
    """
    own_width, own_height = size
    wide, high = math.floor(width / share), math.floor(height / share)  # the least that the resized picture covers
    if own_width * high <= own_height * wide:
        high = max(high, own_height * wide // own_width)
    else:
        wide = max(wide, own_width * high // own_height)
    left, top = round((wide - width) / 2), round((high - height) / 2)
    across, down = own_width / wide, own_height / high
    right, bottom = min((left + width) * across, own_width), min((top + height) * down, own_height)
    return (left * across, top * down, right, bottom)
