"""How the rows of a summary are laid out as text, in any script."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .summary import Row


def row_cells(row: Row) -> list[str]:
    """Return the texts of a row: layer, kind, output, parameters, multiply-adds, receptive field, step."""

    def pair(value: tuple[float, float] | None) -> str:
        if value is None:
            return "–"
        return f"{value[0]:g}" if value[0] == value[1] else f"{value[0]:g}×{value[1]:g}"

    field = "all" if row.receptive_field is not None and row.stride is None else pair(row.receptive_field)
    return [
        "  " * row.level + row.name,
        row.kind,
        "×".join(map(str, row.output_shape)),
        f"{row.parameters:,}" if row.parameters else "0",
        f"{row.multiply_adds:,}" if row.multiply_adds else "–",
        field,
        pair(row.stride),
    ]


def aligned(cells: list[str], widths: list[int]) -> str:
    """Return one line: three columns of words to the left, the numbers to the right."""
    padded = [
        cell + " " * (width - text_width(cell)) if i < 3 else " " * (width - text_width(cell)) + cell
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def text_width(text: str) -> int:
    """Columns that a text takes in a terminal: Korean and other wide characters take two."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def size_text(size: float) -> str:
    """Return bytes with their unit, three digits."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
