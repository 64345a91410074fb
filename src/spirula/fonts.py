"""Fonts for pictures made of pixels: the first of the usual ones that this machine has."""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import ImageFont

_LATIN = ("DejaVuSans", "Arial", "LiberationSans-Regular", "Helvetica")
_BOLD = {"DejaVuSans": "DejaVuSans-Bold", "Arial": "Arial Bold", "LiberationSans-Regular": "LiberationSans-Bold"}
_WIDE = (
    *("NotoSansCJK-Regular.ttc", "NotoSansKR-Regular.otf", "NotoSansCJKkr-Regular.otf", "malgun.ttf"),
    *("AppleSDGothicNeo.ttc", "NanumGothic.ttf", "msgothic.ttc", "Arial Unicode.ttf"),
)


def font_for(words: str, size: float, bold: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of ``size`` pixels that can write ``words``; Pillow's own where there is none of the usual ones."""
    return _font(size, bold, not any(unicodedata.east_asian_width(letter) in "WF" for letter in words))


@cache
def _font(size: float, bold: bool, latin: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    names = [f"{_BOLD.get(name, name) if bold else name}.ttf" for name in _LATIN]
    for name in names if latin else [*_WIDE, *names]:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
