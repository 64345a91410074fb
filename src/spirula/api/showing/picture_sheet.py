"""A sheet of pictures with a label under each, as a file: .svg and .html for browsers, .png for everything else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...fonts import font_for
from .sheet import contact_sheet

COLUMNS = 8
ENDINGS = (".png", ".svg", ".html")
_SIDE, _GAP, _CAPTION = 132, 14, 22


def sheet_svg(images: np.ndarray, labels: Sequence[str], *, title: str, columns: int = COLUMNS) -> str:
    """Return the sheet as an SVG document; images are uint8 (N, H, W, 1 | 3)."""
    captions = [(label, "") for label in labels]
    return contact_sheet(images, captions, columns=min(columns, len(images)), title=title)


def write_sheet(
    path: str | Path,
    images: np.ndarray,
    labels: Sequence[str],
    *,
    title: str,
    foot: str = "",
    columns: int = COLUMNS,
) -> Path:
    """Write the sheet; the ending of the name chooses the kind. ``foot`` is a line of text below.

    Raises :class:`InputError` for another ending, and for a file that cannot be written.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise InputError(f"{place} is none of {', '.join(ENDINGS)}", "End the name in one of them.")
    if place.suffix.lower() == ".png":
        content = _png(images, labels, foot, min(columns, len(images)))
    else:
        svg = sheet_svg(images, labels, title=title, columns=columns)
        content = (svg if place.suffix.lower() == ".svg" else _page(svg, title, foot)).encode("utf-8", "replace")
    try:
        place.write_bytes(content)
    except OSError as error:
        raise InputError(f"{place} could not be written: {error.strerror or error}", "Choose another file.") from error
    return place


def _page(svg: str, title: str, foot: str) -> str:
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f'<body style="font-family:system-ui,sans-serif;background:white;color:#222"><h1 style="font-size:1.1em">'
        f"{escape(title)}</h1>{svg}<p>{escape(foot)}</p></body></html>\n"
    )


def _png(images: np.ndarray, labels: Sequence[str], foot: str, columns: int) -> bytes:
    from PIL import Image, ImageDraw

    rows = -(-len(images) // columns)
    width = max(columns * (_SIDE + _GAP) + _GAP, 480)
    height = rows * (_SIDE + _CAPTION + _GAP) + _GAP + _CAPTION
    page = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(page)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        row, column = divmod(number, columns)
        x, y = _GAP + column * (_SIDE + _GAP), _GAP + row * (_SIDE + _CAPTION + _GAP)
        picture = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).convert("RGB")
        scale = _SIDE / max(picture.size)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        # A small picture is enlarged as squares: what the network gets, not a blur of it.
        how = Image.Resampling.NEAREST if scale > 2 else Image.Resampling.BILINEAR
        page.paste(picture.resize(size, how), (x + (_SIDE - size[0]) // 2, y + (_SIDE - size[1]) // 2))
        words = label if len(label) <= 20 else f"{label[:19]}…"
        pen.text((x + _SIDE / 2, y + _SIDE + 4), words, "black", font_for(words, 13), anchor="ma")
    pen.text((_GAP, height - _CAPTION), foot, "#666", font_for(foot, 12))
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()
