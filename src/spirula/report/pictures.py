"""Arrays → pictures inside the page, as data URIs."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

SMALL = 64  # sides up to this are stored exactly (PNG) and enlarged as squares, not blurred


@dataclass(frozen=True)
class Picture:
    """An embedded image. ``width`` and ``height`` in pixels; ``pixelated``: enlarge without blurring."""

    uri: str
    width: int
    height: int
    pixelated: bool


def picture(image: np.ndarray, *, most: int = 176) -> Picture:
    """Embed one image, uint8 (h, w, c); a side longer than ``most`` is scaled down to it.

    One channel is grey, three are colour; of any other number the mean is shown.
    """
    h, w, c = image.shape
    pixels = image if c in (1, 3) else image.mean(axis=2, keepdims=True).round().astype(np.uint8)
    drawn = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    if max(h, w) > most:
        scale = most / max(h, w)
        drawn = drawn.resize((max(round(w * scale), 1), max(round(h * scale), 1)), Image.Resampling.LANCZOS)
    small = max(h, w) <= SMALL
    buffer = io.BytesIO()
    if small:
        drawn.save(buffer, "PNG", optimize=True)
    else:
        drawn.save(buffer, "WEBP", quality=80, method=2)
    kind = "png" if small else "webp"
    uri = f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
    return Picture(uri, drawn.width, drawn.height, small)
