"""Results are tables first: lists of dictionaries that pandas takes as they are and that show themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from .sheet import contact_sheet, picture_uri

if TYPE_CHECKING:
    import pandas


class Table(list[dict[str, Any]]):
    """Rows as dictionaries, in order. ``pandas.DataFrame(table)`` works; so does ``table.to_pandas()``."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], title: str = "") -> None:
        super().__init__(dict(row) for row in rows)
        self.title = title

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self for name in row))

    def to_pandas(self) -> pandas.DataFrame:
        """Return a DataFrame. Needs pandas (``pip install 'spirula[notebook]'``)."""
        import pandas

        return pandas.DataFrame(list(self))

    def __str__(self) -> str:
        cells = [[_text(row.get(name)) for name in self.columns] for row in self]
        widths = [max([_width(name), *(_width(row[i]) for row in cells)]) for i, name in enumerate(self.columns)]
        lines = [self.columns, ["─" * width for width in widths], *cells]
        return "\n".join(
            "  ".join(_pad(cell, width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(row.get(name)))}</td>" for name in self.columns) + "</tr>"
            for row in self
        )
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Gallery(Table):
    """A table whose rows have pictures: uint8 arrays (N, H, W, C) in the rows' order."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], images: np.ndarray, title: str = "") -> None:
        super().__init__(rows, title)
        self.images = images

    def save(self, path: str | Path, *, rows: int = 4, columns: int = 4) -> Path:
        """Write the first ``rows`` × ``columns`` pictures with their captions as ``.svg`` or ``.png``; return its path.

        Raises :class:`InputError` for another ending, a grid without places, a file that cannot be written, and when
        there is no picture.
        """
        from .picture_sheet import write_sheet

        target = Path(path)
        if target.suffix.lower() not in (".svg", ".png"):
            raise InputError(f"{target} is neither an SVG nor a PNG", "End the name in .svg or .png.")

        if not all(isinstance(side, int | np.integer) and side >= 1 for side in (rows, columns)):
            raise InputError(f"rows = {rows}, columns = {columns} is no grid", "Give whole numbers of 1 or more.")
        if not len(self.images):
            raise InputError("There is no picture to draw", "The samples have no pictures, or there is no mistake.")
        shown = self.images[: rows * columns]
        across = min(columns, len(shown))
        if target.suffix.lower() == ".png":
            labels = [caption(row) for row in self[: len(shown)]]
            return write_sheet(target, shown, labels, title=self.title, foot=self.title, columns=across)
        captions = [(f"{row['label']} | {row['predicted']}", f"{_sure(row)} · {row['file']}") for row in self]
        return Picture(contact_sheet(shown, captions[: len(shown)], columns=across, title=self.title)).save(target)

    def _repr_html_(self) -> str:
        if not len(self.images):
            return super()._repr_html_()
        figures = "".join(
            '<figure style="display:inline-block;margin:.4em;text-align:center">'
            f'<img alt="" style="width:96px;image-rendering:pixelated" src="{picture_uri(image)}">'
            f'<figcaption style="font-size:.8em">{escape(caption(row))}</figcaption></figure>'
            for row, image in zip(self, self.images, strict=True)
        )
        return f"<div>{figures}</div>"


def no_pictures() -> np.ndarray:
    return np.zeros((0, 1, 1, 1), np.uint8)


class Picture:
    """An SVG that shows itself in a notebook and can be saved as SVG or PNG."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path, *, dpi: int | None = None) -> Path:
        """Write an ``.svg`` or ``.png`` file and return its path. ``dpi`` is for PNG: 192 when not given.

        Raises :class:`InputError` for another ending, a ``dpi`` that has no effect, and a place that cannot be written.
        """
        target = Path(path)
        ending = target.suffix.lower()
        if ending not in (".svg", ".png"):
            raise InputError(f"{target} is neither an SVG nor a PNG", "End the name in .svg or .png.")
        if ending == ".svg" and dpi is not None:
            raise InputError(f"dpi = {dpi} would have no effect: {target} is an SVG", "Leave dpi out.")
        if ending == ".svg":
            content = self.svg.encode("utf-8")
        else:
            from ...report.figures.raster import to_png

            content = to_png(self.svg, 192 if dpi is None else dpi)
        try:
            target.write_bytes(content)
        except OSError as error:
            raise InputError(f"{target} could not be written: {error.strerror}", "Choose another place.") from error
        return target


class DrawnTable(Table):
    """A table with a picture of it; in a notebook both are shown."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], picture: Picture, title: str = "") -> None:
        super().__init__(rows, title)
        self._picture = picture

    def picture(self) -> Picture:
        return self._picture

    def _repr_html_(self) -> str:
        return self._picture.svg + super()._repr_html_()

    def save(self, path: str | Path, *, dpi: int | None = None) -> Path:
        """Write the picture; see :meth:`Picture.save`."""
        return self._picture.save(path, dpi=dpi)


class FeatureMaps(Picture):
    """What a layer makes of one picture. ``arrays``: float32 (channels, height, width), all of them, as computed."""

    def __init__(self, svg: str, layer: str, arrays: np.ndarray) -> None:
        super().__init__(svg)
        self.layer = layer
        self.arrays = arrays


def caption(row: Mapping[str, Any]) -> str:
    """Return ``label | predicted, probability`` for a row of mistakes; of numbers, ``label | predicted ± error``."""
    return f"{row['label']} | {row['predicted']} {_sure(row)}"


def _sure(row: Mapping[str, Any]) -> str:
    return f"{row['confidence']:.2f}" if "confidence" in row else f"± {row['error']:.4g}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple) and all(isinstance(side, int) for side in value):
        return str(value)  # a shape
    if isinstance(value, list | tuple):
        return " … ".join(_text(item) for item in value)
    return str(value)


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
