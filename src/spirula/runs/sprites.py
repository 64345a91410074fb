"""Small pictures of many samples, side by side in a few larger ones: quick to store, to embed and to draw from.

``insight/thumbnails.npz`` holds them::

    ids       text (M,)      whose pictures they are, sheet by sheet, row by row
    cells     int64 (S, 4)   of each sheet: pictures, columns, height and width of one picture in pixels
    exact     bool (S,)      whether a sheet's pixels are those that the network got
    sheet-0   uint8 (B,)     the first sheet as a WebP file, and so on
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import RunError

PER_SHEET = 64  # few enough that a sheet is decoded at once, many enough that they compress together
COLUMNS = 8
EXACT = 32  # pictures up to this side are kept as they are
QUALITY = 75  # of lossy WebP


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures in one image file, all of one size. content: WebP. height, width: of one picture, in pixels."""

    ids: tuple[str, ...]
    content: bytes
    columns: int
    height: int
    width: int
    exact: bool


def make_sheet(ids: Sequence[str], pictures: np.ndarray, *, lossless: bool) -> Sheet:
    """Put pictures, uint8 (n, h, w, 1 | 3), side by side into one WebP file."""
    from PIL import Image

    count, height, width, channels = pictures.shape
    columns = min(COLUMNS, count)
    rows = -(-count // columns)
    grid = np.zeros((rows * columns, height, width, channels), np.uint8)
    grid[:count] = pictures
    grid = grid.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    whole = np.ascontiguousarray(grid.reshape(rows * height, columns * width, channels))
    image = Image.fromarray(whole[:, :, 0] if channels == 1 else whole)
    buffer = io.BytesIO()
    if lossless:
        image.save(buffer, "WEBP", lossless=True, quality=40, method=1)
    else:
        image.save(buffer, "WEBP", quality=QUALITY, method=1)
    return Sheet(tuple(ids), buffer.getvalue(), columns, height, width, lossless)


def sheet_arrays(sheets: Iterable[Sheet]) -> dict[str, np.ndarray]:
    """Return sheets as arrays for an ``.npz``; see :mod:`spirula.runs.sprites`."""
    known = list(sheets)
    cells = [(len(sheet.ids), sheet.columns, sheet.height, sheet.width) for sheet in known]
    return {
        "ids": np.asarray([name for sheet in known for name in sheet.ids], dtype=np.str_),
        "cells": np.asarray(cells, dtype=np.int64).reshape(-1, 4),
        "exact": np.asarray([sheet.exact for sheet in known], dtype=bool),
        **{f"sheet-{number}": np.frombuffer(sheet.content, np.uint8) for number, sheet in enumerate(known)},
    }


def read_sheets(arrays: Mapping[str, np.ndarray]) -> list[Sheet]:
    """Read what :func:`sheet_arrays` gave, or nothing of nothing. Raises :class:`RunError` for other arrays."""
    if not arrays:
        return []
    sheets: list[Sheet] = []
    first = 0
    try:
        names = [str(name) for name in arrays["ids"]]
        for number, (count, columns, height, width) in enumerate(arrays["cells"].tolist()):
            ids = tuple(names[first : first + count])
            content = arrays[f"sheet-{number}"].tobytes()
            sheets.append(Sheet(ids, content, columns, height, width, bool(arrays["exact"][number])))
            first += count
            if len(ids) != count or min(count, columns, height, width) < 1:
                raise ValueError(f"sheet {number} does not hold {count} pictures of {height}×{width}")
            if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
                raise ValueError(f"sheet {number} is no WebP picture")
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise RunError(f"The thumbnails of this run do not fit: {error}", "Their file was changed.") from error
    return sheets
