"""Brightness, contrast, saturation and hue of a batch, each image by its own numbers.

Saturation and hue mean what they mean in torchvision's ``adjust_saturation`` and ``adjust_hue``, except that
nothing is rounded in between.
"""

from __future__ import annotations

import torch
from torch import Tensor


def image_means(images: Tensor) -> Tensor:
    """Return each image's mean over pixels and channels: (B, H, W, C) to (B,) float32.

    The sum is exact for uint8 and in float64 otherwise, so that it does not depend on the batch size.
    """
    if images.dtype == torch.uint8:
        exact = torch.int32 if images[0].numel() < 2**23 else torch.int64  # 2**23 * 255 is below 2**31
    else:
        exact = torch.float32 if images.device.type == "mps" else torch.float64  # MPS has no float64
    return (images.flatten(1).sum(1, dtype=exact) / images[0].numel()).float()


def recolour(
    images: Tensor, means: Tensor, *, contrast: Tensor | None, brightness: Tensor | None, low: float, high: float
) -> Tensor:
    """Stretch about the mean, brighten and cut to the range: ``(x - mean) * contrast + mean + brightness``.

    Parameters
    ----------
    images: (B, H, W, C); ``means`` (B,) from :func:`image_means`.
    contrast: (B,) factors; ``None`` for 1.
    brightness: (B,) in units of the full range ``high - low``; ``None`` for 0.

    Returns
    -------
    (B, H, W, C) float32 in [low, high].
    """
    offset = torch.zeros_like(means) if brightness is None else brightness * (high - low)
    output = images.to(torch.float32, copy=True)
    if contrast is not None:
        offset = offset + means * (1 - contrast)
        output.mul_(contrast[:, None, None, None])
    return output.add_(offset[:, None, None, None]).clamp_(low, high)


# Red, green and blue in the brightness of a colour: ITU-R BT.601, to the four digits of Pillow and torchvision.
LUMA = (0.2989, 0.587, 0.114)


def tint(
    images: Tensor, *, saturation: Tensor | None, hue: Tensor | None, low: float = 0.0, high: float = 255.0
) -> Tensor:
    """Change saturation, then hue.

    Saturation s: ``s * x + (1 - s) * luma(x)``, cut to the range. Hue: on the hexagon of HSV colours (Smith, "Color
    gamut transform pairs", SIGGRAPH 1978) every colour moves on by a share of the circle; the largest and the
    smallest of the three values stay, so nothing can leave the range.

    Parameters
    ----------
    images: (B, H, W, 3), red, green and blue.
    saturation: (B,) factors, 0 for grey; ``None`` for 1.
    hue: (B,) in turns: 1/3 makes red of blue, green of red; ``None`` for 0.
    low, high: the range of values.

    Returns
    -------
    (B, H, W, 3) float32 in [low, high]; in memory a plane per colour.
    """
    planes = torch.empty((3, *images.shape[:3]), dtype=torch.float32, device=images.device)
    planes.copy_(images.permute(3, 0, 1, 2))
    if saturation is not None:
        _saturate(planes, saturation[:, None, None], low, high)
    if hue is not None:
        _turn(planes, hue[:, None, None])
    return planes.permute(1, 2, 3, 0)


def _saturate(planes: Tensor, factor: Tensor, low: float, high: float) -> None:
    red, green, blue = planes
    luma = (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])
    planes.mul_(factor).add_(luma.mul_(1 - factor)).clamp_(low, high)


def _turn(planes: Tensor, turns: Tensor) -> None:
    red, green, blue = planes
    most, least = torch.maximum(torch.maximum(red, green), blue), torch.minimum(torch.minimum(red, green), blue)
    chroma = most - least
    # Where a colour stands on the hexagon, in sixths of a turn from red; grey stands anywhere.
    place = torch.where(most == green, (blue - red).add_(chroma, alpha=2), (red - green).add_(chroma, alpha=4))
    place = torch.where(most == red, green - blue, place).div_(chroma.clamp(min=torch.finfo(torch.float32).tiny))
    place = place.div_(6).add_(turns)
    for plane, primary in zip(planes, (0.0, 1 / 3, 2 / 3), strict=True):
        # Full up to a sixth of a turn around its primary, nothing beyond two sixths, a straight line between.
        distance = place - primary
        distance.sub_(distance.round()).abs_()
        torch.lerp(least, most, distance.mul_(-6).add_(2).clamp_(0, 1), out=plane)  # exact at both ends
