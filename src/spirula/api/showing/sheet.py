"""A contact sheet: pictures in a grid with a caption each, as one SVG that any browser and editor opens."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np

SIDE, GAP, CAPTION = 132, 14, 40
STYLES = ('font-size="13" font-weight="600"', 'font-size="11" fill="#666"')
FONTS = "system-ui, 'Noto Sans KR', 'Malgun Gothic', 'Apple SD Gothic Neo', sans-serif"


def contact_sheet(images: np.ndarray, captions: Sequence[tuple[str, str]], *, columns: int, title: str) -> str:
    """Return an SVG document with ``images`` (uint8 (N, H, W, C)) and two lines of text under each."""
    rows = -(-len(images) // columns)
    width = columns * (SIDE + GAP) + GAP
    height = rows * (SIDE + CAPTION + GAP) + GAP
    cells = []
    for number, (image, lines) in enumerate(zip(images, captions, strict=True)):
        row, column = divmod(number, columns)
        x, y = GAP + column * (SIDE + GAP), GAP + row * (SIDE + CAPTION + GAP)
        # The side of a small picture is enlarged as squares: what the network got, not a blur of it.
        style = "image-rendering:pixelated" if max(image.shape[:2]) <= 64 else ""
        text = "".join(
            f'<text x="{x + SIDE / 2:g}" y="{y + SIDE + 16 * line:g}" text-anchor="middle" {STYLES[line - 1]}>'
            f"{escape(_short(words))}</text>"
            for line, words in enumerate(lines, 1)
        )
        label = escape(", ".join(lines), quote=True)
        cells.append(
            f'<image x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" style="{style}" '
            f'preserveAspectRatio="xMidYMid meet" href="{picture_uri(image)}"><title>{label}</title></image>{text}'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{escape(FONTS, quote=True)}"><title>{escape(title)}</title>'
        f'<rect width="{width}" height="{height}" fill="white"/>{"".join(cells)}</svg>'
    )


def _short(text: str, most: int = 24) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def picture_uri(image: np.ndarray) -> str:
    """Return a PNG data URI for a uint8 (H, W, 1 | 3) picture."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
