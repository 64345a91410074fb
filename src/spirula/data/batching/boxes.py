"""Random rectangles: resized crops, erasing, CutMix. A box is (top, bottom, left, right), ends excluded."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# The ranges of Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020).
ERASE_AREA = (0.02, 0.33)
ERASE_ASPECT = (0.3, 1 / 0.3)
# Width to height, of Szegedy et al., "Going Deeper with Convolutions" (CVPR 2015), section 6.
CROP_ASPECT = (3 / 4, 4 / 3)


def crop_boxes(
    height: int,
    width: int,
    *,
    share: NDArray[np.float64],
    aspect: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return (n, 4) boxes that lie inside the image and hold ``share`` of its area, in (0, 1]; every argument is (n,).

    The ratio of width to height is log-uniform, by ``aspect`` in [0, 1), among those of ``CROP_ASPECT`` with which
    a box of that area fits. Hence the areas are spread as evenly as they were drawn; drawing anew until a box fits,
    as torchvision does, makes large ones rarer. Where none of them fits (most of a long picture is wanted), the
    ratio is the nearest one and the box as large as it can be. The place is uniform.
    """
    low, high = CROP_ASPECT
    least = np.clip(share * width / height, low, high)
    most = np.clip(width / (share * height), low, high)
    ratio = least * (most / least) ** aspect
    pixels = np.minimum(share * height * width, np.minimum(height**2 * ratio, width**2 / ratio))
    return _placed(height, width, tall=np.sqrt(pixels / ratio), wide=np.sqrt(pixels * ratio), x=x, y=y)


def _placed(
    height: int,
    width: int,
    *,
    tall: NDArray[np.float64],
    wide: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return boxes of about these sides, at least 1 pixel and at most the image's, somewhere inside."""
    rows = np.clip(np.rint(tall), 1, height).astype(np.int64)
    columns = np.clip(np.rint(wide), 1, width).astype(np.int64)
    top = (y * (height - rows + 1)).astype(np.int64)
    left = (x * (width - columns + 1)).astype(np.int64)
    return np.stack([top, top + rows, left, left + columns], axis=1)


def erase_boxes(
    height: int,
    width: int,
    *,
    area: NDArray[np.float64],
    aspect: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return (n, 4) boxes that lie inside the image, from numbers in [0, 1) of shape (n,).

    The area is uniform in ``ERASE_AREA`` (shares of the image), the ratio of height to width
    log-uniform in ``ERASE_ASPECT``, the place uniform. Sides are at least 1 pixel and at most the
    image's, which is where a very long box loses some of its area.
    """
    low, high = ERASE_AREA
    pixels = (low + (high - low) * area) * height * width
    low, high = np.log(ERASE_ASPECT)
    ratio = np.exp(low + (high - low) * aspect)
    return _placed(height, width, tall=np.sqrt(pixels * ratio), wide=np.sqrt(pixels / ratio), x=x, y=y)


def cutmix_boxes(
    height: int, width: int, *, share: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return (n, 4) boxes of about ``1 - share`` of the image, centred anywhere and cut at its edges.

    Yun et al., "CutMix" (ICCV 2019), equation 2; ``x`` and ``y`` in [0, 1) place the centre.
    """
    side = np.sqrt(1.0 - share)
    tall, wide = (side * height).astype(np.int64), (side * width).astype(np.int64)
    top = (y * height).astype(np.int64) - tall // 2
    left = (x * width).astype(np.int64) - wide // 2
    return np.stack(
        [
            np.clip(top, 0, height),
            np.clip(top + tall, 0, height),
            np.clip(left, 0, width),
            np.clip(left + wide, 0, width),
        ],
        axis=1,
    )


def area(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pixels in each box, (n,)."""
    pixels: NDArray[np.int64] = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    return pixels


def inside(boxes: Tensor, height: int, width: int) -> Tensor:
    """Return a (B, H, W, 1) bool mask, true inside each sample's box."""
    top, bottom, left, right = boxes[:, :, None].unbind(1)
    y = torch.arange(height, device=boxes.device)
    x = torch.arange(width, device=boxes.device)
    rows = (y >= top) & (y < bottom)
    columns = (x >= left) & (x < right)
    return (rows[:, :, None] & columns[:, None, :])[..., None]
