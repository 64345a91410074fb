"""A picture of a network: SVG for pages, PNG for everything else, painted from one layout."""

from __future__ import annotations

import io
import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

from ..errors import ModelError
from ..fonts import font_for
from .boxes import boxes, spoken
from .layout import Place, Point, arrange, one_line
from .shapes import shape_text
from .summary import summarize
from .table import text_width

if TYPE_CHECKING:
    from .build import Network

# Mid tones that stand on white and on near-black; boxes are tinted with them.
COLOURS = {
    "input": "#6b7280",
    "conv": "#3b82f6",
    "pool": "#d97706",
    "dense": "#059669",
    "merge": "#8b5cf6",
    "follow": "#6b7280",
    "pad": "#6b7280",
    "other": "#6b7280",
}
_TINT, _MUTED, _LINE = 0.13, 0.68, 0.55
_ROUND, _TIP = 7.0, 5.0
_FONTS = 'system-ui, "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", sans-serif'


class Text(NamedTuple):
    """A line of text; ``anchor`` is "start", "middle" or "end", (x, y) lies on the baseline."""

    x: float
    y: float
    words: str
    size: float
    anchor: str = "start"
    bold: bool = False
    muted: bool = False


def diagram_svg(network: Network) -> str:
    """Draw a network as an SVG document: transparent, in the page's text colour, readable on light and dark pages."""
    layout = arrange(boxes(network, summarize(network)))
    # One opacity for all arrows together: where two share a way, it is not darker.
    arrows = f'<g opacity="{_LINE}">{"".join(map(_svg_arrow, layout.arrows))}</g>'
    drawn = arrows + "".join(map(_svg_place, layout.places))
    width, height = round(layout.width), round(layout.height)
    label = escape(f"Diagram of the network {network.spec.name}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{label}" style="max-width:100%;height:auto" '
        f'font-family="{escape(_FONTS, quote=True)}" '
        f'fill="currentColor">{drawn}</svg>'
    )


def diagram_png(network: Network, dpi: int = 192) -> bytes:
    """Draw a network as a PNG on white; at 96 dpi one CSS pixel is one pixel."""
    if not 24 <= dpi <= 1200:
        raise ModelError(f"dpi = {dpi} cannot work.", "Choose between 24 and 1200; 192 suits screens, 300 print.")
    layout = arrange(boxes(network, summarize(network)))
    scale = dpi / 96
    size = (math.ceil(layout.width * scale), math.ceil(layout.height * scale))
    if size[0] * size[1] > 150_000_000:
        raise ModelError(f"The picture would have {size[0]}×{size[1]} pixels.", "Choose a smaller dpi, or SVG.")
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    for points in layout.arrows:
        _png_arrow(pen, points, scale)
    for place in layout.places:
        _png_place(pen, place, scale)
    file = io.BytesIO()
    image.save(file, "PNG", dpi=(dpi, dpi))
    return file.getvalue()


def write_diagram(network: Network, path: str | Path, *, dpi: int = 192) -> Path:
    """Write the diagram; the ending of the name, .svg or .png, chooses. Raises :class:`ModelError` for another one."""
    place = Path(path)
    if place.suffix.lower() == ".svg":
        content = diagram_svg(network).encode()
    elif place.suffix.lower() == ".png":
        content = diagram_png(network, dpi)
    else:
        raise ModelError(f"{place} is neither an SVG nor a PNG.", "End the name in .svg or .png.")
    try:
        place.write_bytes(content)
    except OSError as error:
        raise ModelError(f"{place} cannot be written: {error.strerror}.", "Choose another place.") from error
    return place


def texts(place: Place) -> list[Text]:
    """Return the lines of a box in their places."""
    box = place.box
    left, right = place.x + 14, place.x + place.width - 10
    shape = shape_text(box.shape) if len(box.shape) > 1 else str(box.shape[0])
    count = f"{box.parameters:,}" if box.parameters else ""
    first, second, third = place.y + 18, place.y + 35, place.y + 51
    if box.small:
        lines = [Text(left, first, _short(box.detail, place.width - 24, 7.0), 11.5, bold=True)]
        return [*lines, Text(left, second, count, 11, muted=True)]
    lines = [Text(right, first, shape, 12, "end")]
    if one_line(box):
        title = " · ".join([box.title, *box.extra])
        return [Text(left, first, _short(title, right - left - 7.5 * len(shape), 8.2), 13, bold=True), *lines]
    lines.append(Text(left, first, _short(box.title, right - left - 7.5 * len(shape), 8.2), 13, bold=True))
    lines.append(Text(left, second, _short(box.detail, right - left - 7.0 * len(count), 6.1), 11.5, muted=True))
    if count:
        lines.append(Text(right, second, count, 11, "end", muted=True))
    if box.extra:
        lines.append(Text(left, third, _short("+ " + " · ".join(box.extra), right - left, 6.1), 11.5, muted=True))
    return lines


def _short(words: str, room: float, each: float) -> str:
    """Cut words that would not fit into ``room`` pixels at ``each`` pixels a letter; wide letters count twice."""
    longest = int(room / each)
    if text_width(words) <= longest:
        return words
    while words and text_width(words) > longest - 1:
        words = words[:-1]
    return words.rstrip(" ,") + "…"


def _svg_place(place: Place) -> str:
    colour = COLOURS[place.box.family]
    corner = f'x="{place.x:.1f}" y="{place.y:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" rx="6"'
    parts = [
        f"<g><title>{escape(spoken(place.box))}</title>",
        f'<rect {corner} fill="{colour}" fill-opacity="{_TINT}" stroke="{colour}" stroke-opacity=".6"/>',
        f'<rect x="{place.x + 5:.1f}" y="{place.y + 7:.1f}" width="3" height="{place.height - 14:.1f}" rx="1.5" '
        f'fill="{colour}"/>',
    ]
    for text in texts(place):
        style = ' font-weight="600"' * text.bold + f' fill-opacity="{_MUTED}"' * text.muted
        style += f' text-anchor="{text.anchor}"' * (text.anchor != "start")
        parts.append(
            f'<text x="{text.x:.1f}" y="{text.y:.1f}" font-size="{text.size:g}"{style}>{escape(text.words)}</text>'
        )
    return "".join(parts) + "</g>"


def _svg_arrow(points: tuple[Point, ...]) -> str:
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        enter, leave = _toward(corner, before), _toward(corner, after)
        path.append(f"L{enter[0]:.1f} {enter[1]:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {leave[0]:.1f} {leave[1]:.1f}")
    path.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    tip = " ".join(f"{x:.1f},{y:.1f}" for x, y in _tip(points))
    return f'<path d="{"".join(path)}" fill="none" stroke="currentColor" stroke-width="1.4"/><polygon points="{tip}"/>'


def _toward(corner: Point, other: Point) -> Point:
    """Return the point where the rounding of a corner begins."""
    distance = math.dist(corner, other)
    share = min(_ROUND, distance / 2) / distance if distance else 0.0
    return (corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share)


def _tip(points: tuple[Point, ...]) -> list[Point]:
    (x0, y0), (x, y) = points[-2], points[-1]
    distance = math.dist((x0, y0), (x, y)) or 1.0
    dx, dy = (x - x0) / distance * _TIP, (y - y0) / distance * _TIP
    return [
        (x, y),
        (x - 1.5 * dx - 0.8 * dy, y - 1.5 * dy + 0.8 * dx),
        (x - 1.5 * dx + 0.8 * dy, y - 1.5 * dy - 0.8 * dx),
    ]


def _mixed(colour: str, share: float) -> tuple[int, int, int]:
    """Return a colour laid over white."""
    red, green, blue = (round(255 + (int(colour[i : i + 2], 16) - 255) * share) for i in (1, 3, 5))
    return red, green, blue


def _png_place(pen: ImageDraw.ImageDraw, place: Place, scale: float) -> None:
    colour = COLOURS[place.box.family]

    def area(x: float, y: float, width: float, height: float) -> list[float]:
        return [x * scale, y * scale, (x + width) * scale, (y + height) * scale]

    line = max(1, round(scale))
    outline, tint = _mixed(colour, 0.6), _mixed(colour, _TINT)
    pen.rounded_rectangle(area(place.x, place.y, place.width, place.height), 6 * scale, tint, outline, line)
    bar = area(place.x + 5, place.y + 7, 3, place.height - 14)
    pen.rounded_rectangle(bar, 1.5 * scale, colour)
    for text in texts(place):
        font = font_for(text.words, text.size * scale, text.bold)
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[text.anchor]
        shade = _mixed("#111827", _MUTED if text.muted else 1.0)
        pen.text((text.x * scale, text.y * scale), text.words, shade, font, anchor)


def _png_arrow(pen: ImageDraw.ImageDraw, points: tuple[Point, ...], scale: float) -> None:
    track = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        enter, leave = _toward(corner, before), _toward(corner, after)
        for step in range(9):
            t = step / 8
            weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
            track.append(
                (
                    sum(w * p[0] for w, p in zip(weights, (enter, corner, leave), strict=True)),
                    sum(w * p[1] for w, p in zip(weights, (enter, corner, leave), strict=True)),
                )
            )
    track.append(points[-1])
    shade = _mixed("#111827", _LINE)
    width = max(1, round(1.4 * scale))
    pen.line([(x * scale, y * scale) for x, y in track], shade, width, joint="curve")
    pen.polygon([(x * scale, y * scale) for x, y in _tip(points)], shade)
