"""From whatever a file holds to bytes: 16-bit and float pixels, palettes, transparency, printing colours."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .ledger import sentence
from .opening import ALPHA_MODES, GREY_MODES, ImageRefused

Said = tuple[str, str]  # (code, sentence) of something that was decided or found on the way


def eight_bit(image: Image.Image) -> Image.Image:
    """Return the image as ``L`` or ``RGB``, transparency laid on white."""
    return to_bytes(image, image.format or "")[0]


def to_bytes(image: Image.Image, kind: str, *, keep_alpha: bool = False) -> tuple[Image.Image, list[Said]]:
    """Return a loaded image as ``L`` or ``RGB``, and (code, sentence) of what that took.

    kind: its format. keep_alpha: transparency is not laid on white but kept: ``RGBA``, whatever the file holds.
    Raises :class:`ImageRefused` for pixels that have no agreed meaning as bytes.
    """
    mode = image.mode
    if mode.startswith("I;16") or (mode == "I" and kind == "PNG"):
        deep = np.asarray(image).astype(np.float32)
        return Image.fromarray(np.rint(np.clip(deep, 0, 65535) / 257.0).astype(np.uint8)), [_code("16-bit")]
    if mode == "I":
        raise ImageRefused("32-bit")
    if mode == "F":
        values = np.asarray(image)
        if not (np.isfinite(values).all() and values.min() >= 0.0 and values.max() <= 1.0):
            raise ImageRefused("float-range")
        return Image.fromarray(np.rint(values * 255.0).astype(np.uint8)), [_code("float")]
    said = [_code("palette")] if mode in ("P", "PA") else []
    if keep_alpha and (mode in ALPHA_MODES or "transparency" in image.info):
        return image.convert("RGBA"), said
    if mode in ALPHA_MODES or "transparency" in image.info:
        layered = image.convert("RGBA")
        lowest, _ = layered.getchannel("A").getextrema()
        if lowest != 255:  # else it only could have been transparent
            said.append(_code("alpha"))
            layered = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), layered)
        return layered.convert("L" if mode in GREY_MODES else "RGB"), said
    if mode in ("L", "RGB"):
        return image, said
    if mode == "CMYK":
        said.append(_code("cmyk"))
    elif mode not in ("1", "P"):
        said.append(_code("colour-space", mode=mode))
    return image.convert("L" if mode == "1" else "RGB"), said


def several(image: Image.Image) -> list[Said]:
    """Return what there is to say when a file holds more than one picture."""
    return [_code("first-frame")] if getattr(image, "is_animated", False) else []


def deep(image: Image.Image) -> list[Said]:
    """Colours of 16 bits, which Pillow gives as bytes; grey ones come with a mode of their own."""
    tile = getattr(image, "tile", None)
    raw = tile[0][3] if tile else ""  # for most formats the raw mode, alone or first of several
    raw_mode = raw[0] if isinstance(raw, tuple) and raw else raw
    is_deep = isinstance(raw_mode, str) and ";16" in raw_mode and not image.mode.startswith("I")
    return [_code("16-bit")] if is_deep else []


def _code(code: str, **values: object) -> Said:
    return code, sentence(code, values)
