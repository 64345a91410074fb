"""From the SVG that our figures consist of to a PNG, so that both are one drawing.

Not a renderer of any SVG: it knows the elements that :mod:`spirula.report.figures` draws, and refuses others.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from PIL import Image, ImageDraw

from ...errors import InputError
from ...fonts import font_for
from .cascade import Cascade, Look

SMOOTH = 2  # painted this many times larger, then scaled down: Pillow's lines have no soft edges of their own
MOST_PIXELS = 150_000_000
SILENT = {"title", "desc", "style"}

Point = tuple[float, float]


def to_png(svg: str, dpi: int = 192) -> bytes:
    """Paint one of our figures on white, in its light colours; at 96 dpi one unit is one pixel.

    Raises :class:`InputError` for a ``dpi`` outside 24…1200 or a picture that would be too large.
    """
    if not 24 <= dpi <= 1200:
        raise InputError(f"dpi = {dpi} cannot work.", "Choose between 24 and 1200; 192 suits screens, 300 print.")
    root = ElementTree.fromstring(svg)
    left, top, width, height = (float(value) for value in root.attrib["viewBox"].split())
    size = (math.ceil(width * dpi / 96), math.ceil(height * dpi / 96))
    if size[0] * size[1] > MOST_PIXELS:
        raise InputError(f"The picture would have {size[0]}×{size[1]} pixels.", "Choose a smaller dpi, or SVG.")
    scale = SMOOTH * dpi / 96
    paper = Image.new("RGB", (size[0] * SMOOTH, size[1] * SMOOTH), "white")
    cascade = Cascade.light()
    for node in root:
        _Painter(paper, cascade, scale, (-left, -top)).paint(node)
    buffer = io.BytesIO()
    paper.resize(size, Image.Resampling.BOX).save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


@dataclass(frozen=True)
class _Painter:
    """Paints nodes onto ``paper``; ``offset`` is added to their coordinates, then all is multiplied by ``scale``."""

    paper: Image.Image
    cascade: Cascade
    scale: float
    offset: Point

    def paint(self, node: ElementTree.Element) -> None:
        kind = node.tag.rpartition("}")[2]
        if kind in SILENT:
            return
        look = self.cascade.look(kind, node.get("class", ""))
        match kind:
            case "g" | "svg":
                self._group(node)
            case "rect":
                x, y = self._at(node, "x", "y")
                width, height = _number(node, "width") * self.scale, _number(node, "height") * self.scale
                corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
                self._area(corners, look)
                self._stroke([*corners, corners[0]], look)
            case "circle":
                self._circle(node, look)
            case "line":
                self._stroke([self._at(node, "x1", "y1"), self._at(node, "x2", "y2")], look)
            case "path":
                for points, closed in _subpaths(node.attrib["d"]):
                    placed = [self._place(point) for point in points]
                    if closed:
                        self._area(placed, look)
                    self._stroke([*placed, placed[0]] if closed else placed, look)
            case "text":
                self._text(node, look)
            case "image":
                self._image(node)
            case _:
                raise ValueError(f"our figures have no <{kind}>")

    def _place(self, point: Point) -> Point:
        return (point[0] + self.offset[0]) * self.scale, (point[1] + self.offset[1]) * self.scale

    def _at(self, node: ElementTree.Element, x: str, y: str) -> Point:
        return self._place((_number(node, x), _number(node, y)))

    def _group(self, node: ElementTree.Element) -> None:
        moved = re.fullmatch(r"translate\((\S+) (\S+)\)", node.get("transform", "translate(0 0)"))
        if moved is None:
            raise ValueError(f"our figures have no transform {node.get('transform')}")
        offset = (self.offset[0] + float(moved[1]), self.offset[1] + float(moved[2]))
        for child in node:
            _Painter(self.paper, self.cascade, self.scale, offset).paint(child)

    def _area(self, points: list[Point], look: Look) -> None:
        if look.fill is None or not look.fill_opacity:
            return
        if look.fill_opacity == 1:
            ImageDraw.Draw(self.paper).polygon(points, look.fill)
            return
        # Only the part that changes is blended: a figure has hundreds of bars.
        box = (
            *(math.floor(min(p[i] for p in points)) for i in (0, 1)),
            *(math.ceil(max(p[i] for p in points)) + 1 for i in (0, 1)),
        )
        veil = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        inside = [(a - box[0], b - box[1]) for a, b in points]
        ImageDraw.Draw(veil).polygon(inside, round(255 * look.fill_opacity))
        self.paper.paste(look.fill, (box[0], box[1]), veil)

    def _circle(self, node: ElementTree.Element, look: Look) -> None:
        (x, y), r = self._at(node, "cx", "cy"), _number(node, "r") * self.scale
        if look.fill is not None:
            ImageDraw.Draw(self.paper).ellipse((x - r, y - r, x + r, y + r), look.fill)

    def _stroke(self, points: list[Point], look: Look) -> None:
        if look.stroke is None:
            return
        pen, width = ImageDraw.Draw(self.paper), max(1, round(look.stroke_width * self.scale))
        for piece in _dashes(points, [length * self.scale for length in look.dashes]):
            pen.line(piece, look.stroke, width, joint="curve")

    def _text(self, node: ElementTree.Element, look: Look) -> None:
        if node.get("transform"):
            raise ValueError("our figures that stand alone have no turned text")
        words = node.text or ""
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[node.get("text-anchor", "start")]
        font = font_for(words, look.font_size * self.scale, look.bold)
        ImageDraw.Draw(self.paper).text(self._at(node, "x", "y"), words, look.fill, font, anchor)

    def _image(self, node: ElementTree.Element) -> None:
        pixels = Image.open(io.BytesIO(base64.b64decode(node.attrib["href"].partition(",")[2]))).convert("RGB")
        x, y = self._at(node, "x", "y")
        ends = x + _number(node, "width") * self.scale, y + _number(node, "height") * self.scale
        size = (max(round(ends[0]) - round(x), 1), max(round(ends[1]) - round(y), 1))
        self.paper.paste(pixels.resize(size, Image.Resampling.NEAREST), (round(x), round(y)))


def _number(node: ElementTree.Element, name: str) -> float:
    return float(node.get(name, "0"))


def _subpaths(d: str) -> Iterator[tuple[list[Point], bool]]:
    """Yield the points of each part of a path of M, L, h0 and Z, and whether it is closed."""
    for part in re.findall(r"M[^M]*", d):
        pairs = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", part)
        points = [(float(x), float(y)) for x, y in pairs]
        yield (points if len(points) > 1 else points * 2), part.endswith("Z")


def _dashes(points: list[Point], lengths: list[float]) -> Iterator[list[Point]]:
    """Cut a line into the pieces that a dash pattern leaves; the whole line where there is none."""
    if not lengths:
        yield points
        return
    turn, left, piece = 0, lengths[0], [points[0]]
    for a, b in pairwise(points):
        distance, gone = math.dist(a, b), 0.0
        while distance - gone > left:
            gone += left
            share = gone / distance
            cut = (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)
            if turn % 2 == 0:
                yield [*piece, cut]
            turn += 1
            left, piece = lengths[turn % len(lengths)], [cut]
        left -= distance - gone
        piece.append(b)
    if turn % 2 == 0 and len(piece) > 1:
        yield piece
