"""Pictures with what a network looks at laid over them, and receptive fields drawn on a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from PIL import Image

from .. import wording
from .colours import rising
from .figure import Figure
from .matrix import shorten
from .svg import element, text
from .tiles import bitmap, rising_legend
from .words import speaker

SIDE = 132.0
GAP = 14.0
ACROSS = 3  # pictures in a row, each beside its map
MOST_DRAWN = 60
LEAST = 128  # pixels that an overlay's longer side has: maps are smooth, small pictures are not
HEAT = 0.6  # how much of the colour is the map's


def overlaid(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Return uint8 (h, w, 3): a picture, uint8 (H, W, 1 | 3), in grey with a map (m, n) ≥ 0 of any size over it.

    The map's largest value is the lightest colour and its lightness alone tells the order. Small pictures are enlarged.
    """
    height, width = image.shape[:2]
    factor = max(1, -(-LEAST // max(height, width)))
    grey = image.astype(np.float32).mean(axis=2).repeat(factor, axis=0).repeat(factor, axis=1)
    highest = float(heat.max(initial=0.0))
    share = heat.astype(np.float32) / (highest or 1.0)
    smooth = Image.fromarray(share).resize((grey.shape[1], grey.shape[0]), Image.Resampling.BILINEAR)
    mixed = (1 - HEAT) * grey[..., None] + HEAT * rising(np.asarray(smooth), 1.0).astype(np.float32)
    return np.asarray(mixed.round(), dtype=np.uint8)


def look_figure(
    images: Sequence[np.ndarray],
    maps: np.ndarray,
    captions: Sequence[tuple[str, str]],
    *,
    method: str,
    language: str = "en",
) -> Figure:
    """Draw pictures, each with its map beside it, and two lines of caption; at most 60 of them."""
    say = speaker(language)
    drawn = list(zip(images, maps, captions, strict=True))[:MOST_DRAWN]
    height, width = images[0].shape[:2]
    wide, high = SIDE * width / max(height, width), SIDE * height / max(height, width)
    step = 2 * wide + 4 + GAP
    marks: list[Markup] = []
    for number, (image, heat, (first, second)) in enumerate(drawn):
        row, column = divmod(number, ACROSS)
        x, y = column * step, row * (high + 46)
        words = f"{first}: {second}"
        marks += [
            bitmap(image, x, y, wide, high, first),
            bitmap(overlaid(image, heat), x + wide + 4, y, wide, high, words),
            text(shorten(first, 36), x, y + high + 15, class_="curve-value"),
            text(shorten(second if heat.any() else say("nothing_speaks", name=second), 36), x, y + high + 31),
        ]
    bottom = -(-len(drawn) // ACROSS) * (high + 46)
    marks += rising_legend(1.0, 0, bottom, 240, say("looks_legend", method=method))
    title = say("looks_title", method=method)
    if len(images) > MOST_DRAWN:
        title = say("looks_part", title=title, n=MOST_DRAWN, of=len(images))
    said = " ".join(f"{first}: {second}." for _, _, (first, second) in drawn)
    return Figure(max(min(len(drawn), ACROSS) * step - GAP, 260), bottom + 48, tuple(marks), title, said)


@dataclass(frozen=True, eq=False)
class DrawnField:
    """A layer's field for drawing: box (top, left, bottom, right) in pixels of the picture, strength (H, W) 0…1."""

    layer: str
    box: tuple[int, int, int, int]
    words: str
    strength: np.ndarray


def field_figure(image: np.ndarray, fields: Sequence[DrawnField], language: str = "en") -> Figure:
    """Draw, for each layer, what the position in the middle of its maps sees of a picture, uint8 (H, W, 1 | 3)."""
    say = speaker(language)
    height, width = image.shape[:2]
    scale = 190.0 / max(height, width)
    wide, high = width * scale, height * scale
    step = max(wide, 150.0) + GAP
    marks: list[Markup] = []
    for number, field in enumerate(fields):
        x = number * step
        top, left, bottom, right = field.box
        marks.append(bitmap(overlaid(image, field.strength), x, 22, wide, high, f"{field.layer}: {field.words}"))
        wide_box, high_box = (right - left) * scale, (bottom - top) * scale
        marks += [
            element("rect", x=x + left * scale, y=22 + top * scale, width=wide_box, height=high_box, class_=class_)
            for class_ in ("halo", "outline before")
        ]
        marks.append(text(shorten(field.layer, 26), x, 12, class_="curve-name"))
        marks.append(text(shorten(field.words, 34), x, 22 + high + 17, class_="curve-value"))
    marks += rising_legend(1.0, 0, high + 54, 240, say("field_legend"))
    said = " ".join(f"{field.layer}: {field.words}." for field in fields)
    return Figure(max(len(fields) * step - GAP, 260), high + 102, tuple(marks), say("field_title"), said)


def seen_words(share: float, language: str = "en") -> str:
    """Return in how much of a field's area 90 % of the gradient lie."""
    say = speaker(language)
    return say("no_gradient") if np.isnan(share) else say("seen_in", share=wording.percent(share))
