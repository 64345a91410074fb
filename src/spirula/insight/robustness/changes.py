"""Changes of pictures by one number, in its natural unit; strength 0 (contrast: 1) leaves them as they are.

Turning, contrast and brightness are those of the training's augmentation
(:mod:`spirula.data.batching.geometry`, :mod:`spirula.data.batching.colour`), with fixed numbers in place of random
ones. What enters at the border repeats the border's pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...data.batching.colour import image_means, recolour
from ...data.batching.geometry import affine, affine_matrices
from ..shifts import moved

Kind = Literal["shift", "rotate", "blur", "contrast", "brightness", "noise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TRUNCATE = 4.0  # standard deviations that a blur reaches to either side
AT_ONCE = 64


@dataclass(frozen=True)
class Strengths:
    """Which strengths of a kind are tried. mild: those of them at which people still name the picture with ease."""

    kind: Kind
    values: tuple[float, ...]
    mild: tuple[float, ...]


def usual_strengths(height: int, width: int) -> tuple[Strengths, ...]:
    """Return what is tried of each kind on pictures of a size.

    shift: whole pixels. rotate: degrees. blur: standard deviation of a Gaussian in pixels. contrast: the factor by
    which values are drawn to the picture's mean. brightness: added, as a share of the full range. noise: standard
    deviation of a Gaussian, as a share of the full range.
    """
    side = min(height, width)
    moves = sorted({max(1, round(side * part)) for part in (1 / 32, 1 / 16, 1 / 8, 1 / 4)})
    moves = [by for by in moves if by < side]
    mild_move = max((by for by in moves if by <= max(1, round(side / 16))), default=0)
    sharp = max(side / 112, 0.5)
    blurs = [float(f"{sharp * times:.2g}") for times in (1, 2, 4)]
    mild_blur = max(blur for blur in blurs if blur <= max(side / 56, blurs[0]))
    found = (
        Strengths("shift", tuple(float(by) for by in moves), (float(mild_move),)),
        Strengths("rotate", (5.0, 10.0, 15.0, 30.0, 45.0), (15.0,)),
        Strengths("blur", tuple(blurs), (mild_blur,)),
        Strengths("contrast", (0.75, 0.5, 0.25, 0.1), (0.5,)),
        Strengths("brightness", (-0.4, -0.2, 0.2, 0.4), (-0.2, 0.2)),
        Strengths("noise", (0.05, 0.1, 0.2), (0.1,)),
    )
    return tuple(entry for entry in found if entry.values)


def changed(
    pixels: np.ndarray, kind: Kind, strength: float, *, ends: tuple[float, float] = (0.0, 255.0), seed: int = 0
) -> np.ndarray:
    """Return changed pictures (N, H, W, C) of the same dtype; of uint8 the values are rounded.

    Where a change has directions they take turns, by the picture's number: shift goes right, down, left and up, rotate
    counter-clockwise and clockwise. ``ends``: smallest and largest value that there can be. ``seed``: of the noise,
    which is the same in every call.
    """
    if kind == "shift":
        return _shifted(pixels, int(strength))
    made = np.empty_like(pixels)
    for start in range(0, len(pixels), AT_ONCE):
        images = torch.from_numpy(np.array(pixels[start : start + AT_ONCE]))
        part = _part(images, kind, strength, ends, start, seed).clamp(*ends).numpy()
        made[start : start + AT_ONCE] = part.round() if pixels.dtype == np.uint8 else part
    return made


def _part(images: Tensor, kind: Kind, strength: float, ends: tuple[float, float], start: int, seed: int) -> Tensor:
    count = len(images)
    if kind == "rotate":
        return _turned(images, strength, start)
    if kind == "blur":
        return blurred(images, strength)
    if kind == "noise":
        rng = np.random.default_rng([seed, start])
        drawn = rng.standard_normal(tuple(images.shape), dtype=np.float32)
        return images.float() + torch.from_numpy(drawn) * (strength * (ends[1] - ends[0]))
    number = torch.full((count,), strength, dtype=torch.float32)
    contrast, brightness = (number, None) if kind == "contrast" else (None, number)
    return recolour(images, image_means(images), contrast=contrast, brightness=brightness, low=ends[0], high=ends[1])


def _shifted(pixels: np.ndarray, by: int) -> np.ndarray:
    made = np.empty_like(pixels)
    for turn, (sign, direction) in enumerate(_DIRECTIONS):
        made[turn::4] = moved(pixels[turn::4], sign * by, direction)
    return made


_DIRECTIONS: Sequence[tuple[int, Literal["right", "down"]]] = ((1, "right"), (1, "down"), (-1, "right"), (-1, "down"))


def _turned(images: Tensor, degrees: float, start: int) -> Tensor:
    count, height, width = images.shape[:3]
    signs = np.where((np.arange(count) + start) % 2 == 0, 1.0, -1.0)
    none, never = np.zeros(count), np.zeros(count, np.bool_)
    matrices = affine_matrices(
        height,
        width,
        degrees=signs * degrees,
        zoom=np.ones(count),
        right=none,
        down=none,
        flip_horizontal=never,
        flip_vertical=never,
    )
    return affine(images, torch.from_numpy(matrices), fill_mode="nearest")


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Return (N, H, W, C) float32 under a Gaussian, cut off at four standard deviations, borders repeated."""
    reach = int(TRUNCATE * sigma + 0.5)
    if reach == 0:
        return images.float()
    places = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = torch.exp(-0.5 * (places / sigma) ** 2)
    weights = (weights / weights.sum()).float()
    count, height, width, channels = images.shape
    planes = images.float().permute(0, 3, 1, 2).reshape(count * channels, 1, height, width)
    for shape, around in (((1, 1, 1, -1), (reach, reach, 0, 0)), ((1, 1, -1, 1), (0, 0, reach, reach))):
        planes = functional.conv2d(functional.pad(planes, around, mode="replicate"), weights.view(shape))
    return planes.view(count, channels, height, width).permute(0, 2, 3, 1)
