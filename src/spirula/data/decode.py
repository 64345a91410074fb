"""The one decoder: training, evaluation, prediction, serving and the report all see an image through this file.

Rules, so that the same file gives the same pixels everywhere:

- the content decides the format, not the file name: JPEG, PNG, WebP, BMP, GIF, TIFF;
- the EXIF orientation is applied; of an animation or a multi-page file the first picture is taken;
- 16-bit grey is scaled by its depth (65535 → 255); float pixels must lie in 0…1, which become 0…255;
- transparency is laid on white; CMYK and palettes become RGB;
- resizing is bilinear with antialiasing, from the full picture (no shortcut through the JPEG's own scaling);
- what is too large is refused from its header, before any memory is taken; what is damaged is refused.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
from PIL import __version__ as _PILLOW  # noqa: N812

from ..errors import DataError
from .quiet import quiet_pillow

VERSION = f"1/Pillow {_PILLOW}"  # part of the key of decoded pixels: another decoder, other pixels
SUFFIXES = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"))
RESIZE_MODES = ("squash", "crop", "pad")

MAX_BYTES = 256 << 20  # of an encoded file
MAX_PIXELS = 1 << 26  # 67 million: every camera up to 61 megapixels
MAX_SIDE = 32_768

_Open = Callable[[BinaryIO], Image.Image]
_FORMATS: tuple[tuple[str, Callable[[bytes], bool], _Open], ...] = (
    ("JPEG", lambda head: head.startswith(b"\xff\xd8\xff"), JpegImagePlugin.JpegImageFile),
    ("PNG", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), PngImagePlugin.PngImageFile),
    ("GIF", lambda head: head.startswith((b"GIF87a", b"GIF89a")), GifImagePlugin.GifImageFile),
    ("WebP", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", WebPImagePlugin.WebPImageFile),
    ("BMP", lambda head: head.startswith(b"BM"), BmpImagePlugin.BmpImageFile),
    ("TIFF", lambda head: head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), TiffImagePlugin.TiffImageFile),
)
_ORIENTATION = 0x0112
_TRANSPOSED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_MODES = frozenset(("1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "F"))


class ImageRefused(DataError):  # noqa: N818  named for what happened, as in `except ImageRefused`
    """A file cannot be used as an image. ``reason`` says why, without the file's name."""

    def __init__(self, reason: str, name: str = "the image") -> None:
        super().__init__(f"{name}: {reason}", "Repair, convert or remove this file.")
        self.reason = reason

    def __reduce__(self) -> tuple[type[ImageRefused], tuple[str, ...]]:
        return (type(self), (self.reason, self.problem.removesuffix(f": {self.reason}")))


@dataclass(frozen=True)
class Header:
    """What an image says of itself before it is decoded; height and width after its EXIF orientation."""

    height: int
    width: int
    channels: int


def decode(
    source: str | os.PathLike[str] | bytes,
    *,
    height: int | None = None,
    width: int | None = None,
    channels: int | None = None,
    resize: str = "squash",
) -> np.ndarray:
    """Decode one image to uint8 (height, width, channels).

    source: a path, or the bytes of a file.
    height, width: pixels; ``None`` (both) keeps the image's own size.
    channels: 1 (grey, ITU-R 601 luma) or 3 (RGB); ``None`` keeps grey images grey.
    resize: ``"squash"`` to the size; ``"crop"`` the largest centred part of its shape; ``"pad"`` to fit on black.

    Raises :class:`ImageRefused` with the reason.
    """
    if isinstance(source, bytes):
        name, data = "the image", source
    else:
        name, data = str(source), read_file(source)
    try:
        with quiet_pillow():
            return decode_bytes(data, height=height, width=width, channels=channels, resize=resize)
    except ImageRefused as refused:
        raise ImageRefused(refused.reason, name) from refused


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Read a file that may hold an image; raises :class:`ImageRefused` when it is none or too large."""
    try:
        with open_file(path) as file:
            return read_all(file)
    except OSError as error:
        raise ImageRefused(error.strerror or str(error), str(path)) from error


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file (never a pipe or a device, which could block); raises ``OSError``."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        raise OSError(0, "it is not a regular file")
    return Path(path).open("rb")


def read_all(file: BinaryIO) -> bytes:
    """Read an open file up to the largest size that an image may have; raises :class:`ImageRefused` beyond."""
    size = file.seek(0, os.SEEK_END)
    if size > MAX_BYTES:
        raise ImageRefused(f"it is larger than {MAX_BYTES >> 20} MB")
    file.seek(0)
    return file.read(size)


def decode_bytes(
    data: bytes, *, height: int | None, width: int | None, channels: int | None, resize: str
) -> np.ndarray:
    """:func:`decode` for the inside of a loop that holds :func:`quiet_pillow` itself."""
    image = _open(io.BytesIO(data))
    try:
        image.load()
        orientation = _orientation(image, loaded=True)
        plain = eight_bit(image)
        if orientation in _TRANSPOSED:
            plain = plain.transpose(_TRANSPOSED[orientation])
        mode = plain.mode if channels is None else {1: "L", 3: "RGB"}[channels]
        return fit(plain if plain.mode == mode else plain.convert(mode), height, width, resize)
    except ImageRefused:
        raise
    except Exception as error:  # a damaged file makes Pillow raise nearly anything
        raise ImageRefused(f"it is damaged or ends early ({_one_line(error)})") from error
    finally:
        image.close()


def read_header(file: BinaryIO) -> Header:
    """Read size and channels without decoding. Call within :func:`quiet_pillow`.

    Raises :class:`ImageRefused` for what :func:`decode` would refuse from the header.
    """
    image = _open(file)
    width, height = image.size
    if isinstance(image, TiffImagePlugin.TiffImageFile):  # newer Pillow turns its size by itself, older does not
        width, height = image.tag_v2.get(256, width), image.tag_v2.get(257, height)
    if _orientation(image, loaded=False) in (5, 6, 7, 8):
        width, height = height, width
    grey = image.mode in _GREY_MODES or (image.mode == "I" and image.format == "PNG")
    return Header(height, width, 1 if grey else 3)


def fit(image: Image.Image, height: int | None, width: int | None, resize: str) -> np.ndarray:
    """Bring an ``L`` or ``RGB`` image to a size; returns uint8 (height, width, channels)."""
    if height is None or width is None:
        height, width = image.height, image.width
    if image.size != (width, height):
        if resize == "squash":
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        elif resize == "crop":
            image = image.crop(_centre_box(image.size, height, width))
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        elif resize == "pad":
            scale = min(height / image.height, width / image.width)
            inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
            ground = Image.new(image.mode, (width, height))
            ground.paste(
                image.resize(inner, Image.Resampling.BILINEAR), ((width - inner[0]) // 2, (height - inner[1]) // 2)
            )
            image = ground
        else:
            raise ValueError(f"resize = {resize!r} is none of {RESIZE_MODES}")
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _centre_box(size: tuple[int, int], height: int, width: int) -> tuple[int, int, int, int]:
    """Return the largest centred box (left, top, right, bottom), in whole pixels, with the shape height : width."""
    scale = min(size[0] / width, size[1] / height)
    inner_width = min(size[0], max(1, round(width * scale)))
    inner_height = min(size[1], max(1, round(height * scale)))
    left, top = (size[0] - inner_width) // 2, (size[1] - inner_height) // 2
    return (left, top, left + inner_width, top + inner_height)


def _open(file: BinaryIO) -> Image.Image:
    """Open by content and check the size that the header promises; nothing is decoded yet."""
    head = file.read(32)
    file.seek(0)
    if not head:
        raise ImageRefused("the file is empty")
    known = next(((name, opener) for name, accepts, opener in _FORMATS if accepts(head)), None)
    if known is None:
        raise ImageRefused("its content is none of JPEG, PNG, WebP, BMP, GIF, TIFF")
    name, opener = known
    if name == "WebP":
        _check_size(*_webp_size(head))  # Pillow's WebP decoder reserves its canvas on opening
    try:
        image = opener(file)
    except Exception as error:  # a damaged header makes Pillow raise nearly anything
        raise ImageRefused(f"its {name} header is damaged ({_one_line(error)})") from error
    _check_size(*image.size)
    return image


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise ImageRefused(f"it has no pixels ({width}×{height})")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageRefused(
            f"it claims {width:,}×{height:,} pixels; at most {MAX_SIDE:,} a side and {MAX_PIXELS:,} in all are read"
        )


def _webp_size(head: bytes) -> tuple[int, int]:
    """Return width and height from the first 30 bytes of a WebP file (RFC 9649, sections 2.5 to 2.7)."""
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) >= 30:
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    raise ImageRefused("its WebP header is damaged")


def _orientation(image: Image.Image, *, loaded: bool) -> int:
    """Return the EXIF orientation 1…8; 1 when there is none or it cannot be read."""
    if not loaded and image.format == "PNG" and "exif" not in image.info:
        return 1  # Pillow would decode the whole PNG to look for EXIF behind the pixels
    try:
        value: Any = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  a picture with a damaged EXIF block is still a picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def eight_bit(image: Image.Image) -> Image.Image:
    """Return the image as ``L`` or ``RGB``, transparency laid on white."""
    mode = image.mode
    if mode.startswith("I;16") or (mode == "I" and image.format == "PNG"):
        deep = np.asarray(image).astype(np.float32)
        return Image.fromarray(np.rint(np.clip(deep, 0, 65535) / 257.0).astype(np.uint8))
    if mode == "I":
        raise ImageRefused("32-bit whole-number pixels have no agreed white; save it with 8 or 16 bits")
    if mode == "F":
        values = np.asarray(image)
        if not (np.isfinite(values).all() and values.min() >= 0.0 and values.max() <= 1.0):
            raise ImageRefused("its float pixels leave the range 0…1")
        return Image.fromarray(np.rint(values * 255.0).astype(np.uint8))
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        flat = Image.alpha_composite(white, layered)
        return flat.convert("L" if mode in _GREY_MODES else "RGB")
    if mode in ("L", "RGB"):
        return image
    return image.convert("L" if mode == "1" else "RGB")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
