"""Moving images: whole pixels by gathering rows, everything else by one resampling.

Images are (B, H, W, C) in memory. What comes in from beyond their edges is 0, black, or what
:mod:`spirula.data.batching.edges` says.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from .edges import GRID_PADDING, FillMode, padded


def crop_and_flip(
    images: Tensor,
    *,
    padding: int = 0,
    fill_mode: FillMode = "constant",
    left: Tensor | None = None,
    top: Tensor | None = None,
    flip_horizontal: Tensor | None = None,
    flip_vertical: Tensor | None = None,
) -> Tensor:
    """Pad, cut a window of the old size out of each image, then mirror it. Pixels are copied, never mixed.

    Parameters
    ----------
    images: (B, H, W, C) of any dtype, contiguous.
    padding: pixels on every side, and ``fill_mode`` what they show.
    left, top: (B,) int64, 0 … 2 * padding: the corner of the window; ``None`` for no padding.
    flip_horizontal, flip_vertical: (B,) bool; ``None`` for never.

    Returns
    -------
    (B, H, W, C), contiguous.
    """
    (b, h, w, c), device = images.shape, images.device
    canvas_of = _each_once if device.type == "cpu" else _each_twice
    canvas, number = canvas_of(images, padding, fill_mode, flip_horizontal)
    high, wide = canvas.shape[1:3]
    column = torch.zeros_like(number) if left is None else left
    if flip_horizontal is not None:
        column = torch.where(flip_horizontal, 2 * padding - column, column)
    row = torch.arange(h, device=device).expand(b, h)
    if flip_vertical is not None:
        row = torch.where(flip_vertical[:, None], h - 1 - row, row)
    if top is not None:
        row = row + top[:, None]
    # Each row of a window is one run of values in the canvas: find where it starts and copy it whole.
    # That is ten times faster than an index per pixel.
    starts = ((number[:, None] * high + row) * wide + column[:, None]) * c
    runs = canvas.view(-1).as_strided((canvas.numel() - w * c + 1, w * c), (1, 1))
    return runs.index_select(0, starts.view(-1)).view(b, h, w, c)


def _each_once(
    images: Tensor, padding: int, fill_mode: FillMode, flip_horizontal: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return padded images, mirrored where asked for, in an order that makes it quick, and (B,) the place of each."""
    number = torch.arange(len(images))
    if flip_horizontal is None:
        return padded(images, padding, fill_mode), number
    mirrored = flip_horizontal.nonzero()[:, 0]
    order = torch.cat([(~flip_horizontal).nonzero()[:, 0], mirrored])
    arranged = images.index_select(0, order)
    if len(mirrored):
        arranged[-len(mirrored) :] = arranged[-len(mirrored) :].flip(2)
    place = torch.empty_like(number)
    place[order] = number
    return padded(arranged, padding, fill_mode), place


def _each_twice(
    images: Tensor, padding: int, fill_mode: FillMode, flip_horizontal: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The same with every image as it is and mirrored: an accelerator would be waited for to know how many are."""
    canvas, number = padded(images, padding, fill_mode), torch.arange(len(images), device=images.device)
    if flip_horizontal is None:
        return canvas, number
    return torch.cat([canvas, canvas.flip(2)]), number + len(images) * flip_horizontal


def crop_and_resize(
    images: Tensor,
    boxes: Tensor,
    size: tuple[int, int] | None = None,
    *,
    flip_horizontal: Tensor | None = None,
    flip_vertical: Tensor | None = None,
) -> Tensor:
    """Cut a box out of each image, bring it to one size, then mirror it.

    Bilinear; a pixel at the border of a box knows only those inside.

    Parameters
    ----------
    images: (B, H, W, C), uint8 or float32.
    boxes: (B, 4) int64, inside the image and not empty.
    size: height and width of what is returned, in pixels; ``None`` for the image's own.
    flip_horizontal, flip_vertical: (B,) bool; ``None`` for never.

    Returns
    -------
    (B, height, width, C), of the same dtype: bytes are rounded, and on a CPU antialiased where they are made smaller.
    """
    size = size or (images.shape[1], images.shape[2])
    if images.dtype == torch.uint8 and images.device.type == "cpu":
        return _resized_bytes(images, boxes, size, flip_horizontal, flip_vertical)
    output = _resized(images, boxes, size)
    if flip_horizontal is not None:
        output = torch.where(flip_horizontal[:, None, None, None], output.flip(2), output)
    if flip_vertical is not None:
        output = torch.where(flip_vertical[:, None, None, None], output.flip(1), output)
    return output


def _resized_bytes(
    images: Tensor,
    boxes: Tensor,
    size: tuple[int, int],
    flip_horizontal: Tensor | None = None,
    flip_vertical: Tensor | None = None,
) -> Tensor:
    """Resize one image after the other: PyTorch's arithmetic for bytes is seven times as fast as a gather of floats."""
    output = images.new_empty((len(images), *size, images.shape[3]))
    mirror, turn = (_chosen(flip, len(images)) for flip in (flip_horizontal, flip_vertical))
    for image, box, place, mirrored, turned in zip(images, boxes.tolist(), output, mirror, turn, strict=True):
        top, bottom, left, right = box
        # Channels last all the way, the batch of one included: otherwise it is taken apart into planes first.
        window = image[None, top:bottom, left:right].contiguous().permute(0, 3, 1, 2)
        resized = interpolate(window, size, mode="bilinear", antialias=True)[0].permute(1, 2, 0)
        sides = [side for side, asked in ((0, turned), (1, mirrored)) if asked]
        place.copy_(resized.flip(sides) if sides else resized)
    return output


def _chosen(flip: Tensor | None, number: int) -> list[bool]:
    """Return which of the images are to be mirrored."""
    return [False] * number if flip is None else flip.tolist()


def _resized(images: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize a whole batch on any device and of any dtype."""
    (_, h, w, _), (high, wide) = images.shape, size
    top, bottom, left, right = boxes.to(torch.float32)[:, :, None].unbind(1)
    y, x = (torch.arange(side, device=images.device, dtype=torch.float32) + 0.5 for side in size)
    # Where each row and column comes from, in pixels of the source; none from beyond the middle of the box's last.
    y = torch.minimum((y * ((bottom - top) / high) - 0.5).clamp(min=0), bottom - top - 1) + top
    x = torch.minimum((x * ((right - left) / wide) - 0.5).clamp(min=0), right - left - 1) + left
    across = ((2 * x + 1) / w - 1)[:, None, :].expand(-1, high, -1)
    down = ((2 * y + 1) / h - 1)[:, :, None].expand(-1, -1, wide)
    source = images.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    grid = torch.stack([across, down], -1)
    moved = grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False).permute(0, 2, 3, 1)
    return moved.contiguous() if images.is_floating_point() else moved.round().to(images.dtype).contiguous()


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
    boxes: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Return the (n, 2, 3) matrices that :func:`affine` takes, one per sample; every argument is (n,).

    The image is mirrored, scaled by ``zoom`` (above 1 enlarges), turned counter-clockwise by
    ``degrees``, all about its centre, and then moved by ``right`` and ``down`` pixels. The matrix is
    the inverse: where in the source each output pixel comes from, in coordinates from -1 to 1
    between the outer edges of the image (``align_corners=False``).

    With ``boxes`` (n, 4), all that happens to the box cut out of each image and brought to the image's size;
    what a turn or a shift lets in is the picture around the box, as far as there is one.
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
    matrices = np.stack([np.stack(row, axis=-1) for row in rows], axis=1)
    if boxes is not None:
        top, bottom, left, right = boxes.T
        matrices *= np.stack([(right - left) / width, (bottom - top) / height], axis=1)[:, :, None]
        matrices[:, :, 2] += np.stack([(left + right) / width, (top + bottom) / height], axis=1) - 1
    return matrices.astype(np.float32)


def affine(
    images: Tensor, matrices: Tensor, size: tuple[int, int] | None = None, fill_mode: FillMode = "constant"
) -> Tensor:
    """Resample each image by its own matrix, bilinearly: (B, H, W, C) to (B, height, width, C) float32.

    ``size`` is (height, width); ``None`` for the image's own. ``fill_mode`` is what lies beyond the image's edges.
    """
    b, c, (h, w) = images.shape[0], images.shape[3], size or (images.shape[1], images.shape[2])
    x = (torch.arange(w, device=images.device, dtype=torch.float32) * 2 + 1) / w - 1
    y = ((torch.arange(h, device=images.device, dtype=torch.float32) * 2 + 1) / h - 1)[:, None]
    # Written out because affine_grid's matrix product may round differently in batches of another size.
    m = matrices[:, :, :, None, None]
    grid = torch.stack([m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2], m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2]], -1)
    source = images.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    moved = grid_sample(source, grid, mode="bilinear", padding_mode=GRID_PADDING[fill_mode], align_corners=False)
    return moved.view(b, c, h, w).permute(0, 2, 3, 1)
