"""The confusion matrix: shades for a table, and a drawing when there are too many classes for one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from .svg import drawing, element, text
from .words import speaker

SHADES = 9
STRONG = 8  # from this shade on, the number is written in the light ink


def shades(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(share, shade)``, (K, K) each: the share of the row, and a step 0…9 for its colour.

    Right and wrong cells have scales of their own: a mistake of 5 % must be seen beside a diagonal of
    95 %. The mistakes' scale ends at the largest one, but never below 10 %, so that a nearly perfect
    matrix stays calm.
    """
    total = confusion.sum(axis=1, keepdims=True)
    share = confusion / np.maximum(total, 1)
    wrong = share * (1 - np.eye(len(confusion)))
    scale = np.where(np.eye(len(confusion), dtype=bool), 1.0, max(float(wrong.max(initial=0.0)), 0.1))
    shade = np.ceil(share / scale * SHADES).astype(int)
    return share, np.where(confusion > 0, np.clip(shade, 1, SHADES), 0)


def matrix_drawing(
    confusion: np.ndarray, classes: Sequence[str], *, key: str, title: str, language: str = "en"
) -> Markup:
    """Draw a confusion matrix of many classes; only cells that hold something are drawn, each named on hover."""
    count = len(confusion)
    cell = float(np.clip(920 / count, 10, 24))
    size = min(12.0, cell * 0.95)
    names = [shorten(name, 22) for name in classes]
    left = max(width_of(name) for name in names) * size * 0.56 + 14
    top = left
    share, shade = shades(confusion)
    marks = [element("rect", x=left, y=top, width=cell * count, height=cell * count, class_="plate")]
    for row, column in zip(*np.nonzero(confusion), strict=True):
        number = int(confusion[row, column])
        said = cell_title(classes[row], classes[column], number, float(share[row, column]), language)
        label = element("title", said)
        kind = f"cell {'right' if row == column else 'wrong'} s{shade[row, column]}"
        place = {"x": left + column * cell, "y": top + row * cell, "width": cell - 0.5, "height": cell - 0.5}
        pair = {"data_true": classes[row], "data_predicted": classes[column]}
        marks.append(element("rect", label, class_=kind, **pair, **place))
        if cell >= 20 and number < 1000:
            marks.append(
                text(
                    str(number),
                    place["x"] + cell / 2,
                    place["y"] + cell / 2 + 3,
                    "middle",
                    f"cell-count {'strong' if shade[row, column] >= STRONG else ''}".strip(),
                )
            )
    for index, name in enumerate(names):
        middle = (index + 0.5) * cell + size * 0.35
        marks.append(text(name, left - 6, top + middle, "end", "matrix-name", style=f"font-size:{size:.1f}px"))
        turn = f"rotate(-90 {left + middle:.2f} {top - 6:.2f})"
        marks.append(
            text(name, left + middle, top - 6, "start", "matrix-name", style=f"font-size:{size:.1f}px", transform=turn)
        )
    edge = left + cell * count + 2
    description = speaker(language)("matrix_said", n=count)
    return drawing(edge, edge, *marks, key=key, title=title, description=description, class_="figure matrix")


def cell_title(true: str, predicted: str, number: int, share: float, language: str = "en") -> str:
    say, values = speaker(language), {"n": f"{number:,}", "share": f"{100 * share:.1f}\u202f%"}
    if true == predicted:
        return say("recognised", name=true, **values)
    return say("taken", true=true, predicted=predicted, **values)


def width_of(name: str) -> int:
    """Return how many Latin letters a name is wide: an East Asian letter counts as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in name)


def shorten(name: str, most: int) -> str:
    """Return ``name``, ended by … where it is wider than ``most`` Latin letters."""
    if width_of(name) <= most:
        return name
    kept = ""
    for letter in name:
        if width_of(kept + letter) > most - 1:
            break
        kept += letter
    return kept + "…"
