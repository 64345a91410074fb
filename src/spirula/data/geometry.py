"""Moving images: whole pixels by copying rows, everything else by one affine resampling.

Images are (B, H, W, C) in memory. What comes in from outside the image is 0: black.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample


def crop_and_flip(
    images: Tensor,
    *,
    padding: int = 0,
    left: Tensor | None = None,
    top: Tensor | None = None,
    flip_horizontal: Tensor | None = None,
    flip_vertical: Tensor | None = None,
) -> Tensor:
    """Pad with zeros, cut a window of the old size out of each image, then mirror it. Pixels are copied, never mixed.

    Parameters
    ----------
    images: (B, H, W, C) of any dtype.
    padding: pixels of zeros on every side.
    left, top: (B,) int64, 0 … 2 * padding: the corner of the window; ``None`` for no padding.
    flip_horizontal, flip_vertical: (B,) bool; ``None`` for never.

    Returns
    -------
    (B, H, W, C), contiguous.
    """
    b, h, w, c = images.shape
    padded_h, padded_w = h + 2 * padding, w + 2 * padding
    sides = 1 if flip_horizontal is None else 2
    canvas = images.new_zeros((sides, b, padded_h, padded_w, c))
    canvas[0, :, padding : padding + h, padding : padding + w] = images
    if sides == 2:
        canvas[1, :, padding : padding + h, padding : padding + w] = images.flip(2)

    # Each row of a window is one run of bytes in the canvas: find where it starts and copy it whole.
    # That is ten times faster than an index per pixel.
    number = torch.arange(b, device=images.device)
    column = torch.zeros_like(number) if left is None else left
    if flip_horizontal is not None:
        column = torch.where(flip_horizontal, 2 * padding - column, column)
        number = number + b * flip_horizontal
    row = torch.arange(h, device=images.device).expand(b, h)
    if flip_vertical is not None:
        row = torch.where(flip_vertical[:, None], h - 1 - row, row)
    if top is not None:
        row = row + top[:, None]
    starts = ((number[:, None] * padded_h + row) * padded_w + column[:, None]) * c
    runs = canvas.view(-1).as_strided((canvas.numel() - w * c + 1, w * c), (1, 1))
    return runs.index_select(0, starts.view(-1)).view(b, h, w, c)


def affine_matrices(
    height: int,
    width: int,
    *,
    degrees: NDArray[np.float64],
    zoom: NDArray[np.float64],
    right: NDArray[np.float64],
    down: NDArray[np.float64],
    flip_horizontal: NDArray[np.bool_],
    flip_vertical: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Return the (n, 2, 3) matrices that :func:`affine` takes, one per sample; every argument is (n,).

    The image is mirrored, scaled by ``zoom`` (above 1 enlarges), turned counter-clockwise by
    ``degrees``, all about its centre, and then moved by ``right`` and ``down`` pixels. The matrix is
    the inverse: where in the source each output pixel comes from, in coordinates from -1 to 1
    between the outer edges of the image (``align_corners=False``).
    """
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    mirror_x, mirror_y = np.where(flip_horizontal, -1.0, 1.0), np.where(flip_vertical, -1.0, 1.0)
    xx, xy = mirror_x * cos, mirror_x * -sin
    yx, yy = mirror_y * sin, mirror_y * cos
    rows = (
        (xx, xy * height / width, -(xx * right + xy * down) * 2 / width),
        (yx * width / height, yy, -(yx * right + yy * down) * 2 / height),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=1).astype(np.float32)


def affine(images: Tensor, matrices: Tensor) -> Tensor:
    """Resample each image by its own matrix, bilinearly: (B, H, W, C) to (B, H, W, C) float32."""
    b, h, w, c = images.shape
    x = (torch.arange(w, device=images.device, dtype=torch.float32) * 2 + 1) / w - 1
    y = ((torch.arange(h, device=images.device, dtype=torch.float32) * 2 + 1) / h - 1)[:, None]
    # Written out because affine_grid's matrix product may round differently in batches of another size.
    m = matrices[:, :, :, None, None]
    grid = torch.stack([m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2], m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2]], -1)
    source = images.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    moved = grid_sample(source, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return moved.view(b, c, h, w).permute(0, 2, 3, 1)
