"""Brightness and contrast of a batch in one multiplication and one addition."""

from __future__ import annotations

import torch
from torch import Tensor


def image_means(images: Tensor) -> Tensor:
    """Return each image's mean over pixels and channels: (B, H, W, C) to (B,) float32.

    The sum is exact for uint8 and in float64 otherwise, so that it does not depend on the batch size.
    """
    if images.dtype == torch.uint8:
        exact = torch.int64
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
    output = images.float()
    if contrast is not None:
        offset = offset + means * (1 - contrast)
        output = output * contrast[:, None, None, None]
    return (output + offset[:, None, None, None]).clamp_(low, high)
