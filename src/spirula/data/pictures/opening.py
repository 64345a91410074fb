"""Opening: what a file is by its content, and what it says of itself before a single pixel is decoded.

What is too large is refused here, from the header, before any memory is taken.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from ...errors import DataError
from .ledger import sentence

MAX_BYTES = 256 << 20  # of an encoded file
MAX_PIXELS = 1 << 26  # 67 million: every camera up to 61 megapixels
MAX_SIDE = 32_768

SUFFIX_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WebP",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
SUFFIXES = frozenset(SUFFIX_FORMATS)

_Open = Callable[[BinaryIO], Image.Image]
_FORMATS: tuple[tuple[str, Callable[[bytes], bool], _Open], ...] = (
    ("JPEG", lambda head: head.startswith(b"\xff\xd8\xff"), JpegImagePlugin.JpegImageFile),
    ("PNG", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), PngImagePlugin.PngImageFile),
    ("GIF", lambda head: head.startswith((b"GIF87a", b"GIF89a")), GifImagePlugin.GifImageFile),
    ("WebP", lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", WebPImagePlugin.WebPImageFile),
    ("BMP", lambda head: head.startswith(b"BM"), BmpImagePlugin.BmpImageFile),
    ("TIFF", lambda head: head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), TiffImagePlugin.TiffImageFile),
)
# What is known by its first bytes and not read: a phone's photographs under a name ending in .jpg, mostly.
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_UNREAD: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("HEIC", lambda head: head[4:8] == b"ftyp" and head[8:12] in _HEIC),
    ("AVIF", lambda head: head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis")),
    ("JPEG XL", lambda head: head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"))),
    ("JPEG 2000", lambda head: head.startswith((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"))),
    ("Photoshop", lambda head: head.startswith(b"8BPS")),
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
GREY_MODES = frozenset(("1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "F"))
ALPHA_MODES = frozenset(("LA", "La", "PA", "RGBA", "RGBa"))


class ImageRefused(DataError):  # noqa: N818  named for what happened, as in `except ImageRefused`
    """A file cannot be used as an image. ``reason`` says why, without the file's name.

    code: a key of :data:`spirula.data.pictures.ledger.CODES`, whose sentence ``values`` complete.
    """

    def __init__(self, code: str, name: str = "the image", **values: Any) -> None:
        self.code, self.values = code, values
        self.reason = sentence(code, values)
        super().__init__(f"{name}: {self.reason}", "Repair, convert or remove this file.")

    def named(self, name: str) -> ImageRefused:
        """Return the same refusal with the file's name in it."""
        return type(self)(self.code, name, **self.values)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_refused, (self.code, self.problem.removesuffix(f": {self.reason}"), self.values))


def _refused(code: str, name: str, values: dict[str, Any]) -> ImageRefused:
    return ImageRefused(code, name, **values)


@dataclass(frozen=True)
class Header:
    """What an image says of itself before it is decoded; height and width after its EXIF orientation.

    channels: 1 (grey) or 3. format: as in :class:`.ledger.Ledger`. mode: Pillow's. orientation: EXIF 1…8.
    alpha: it has transparency.
    """

    height: int
    width: int
    channels: int
    format: str = ""
    mode: str = ""
    orientation: int = 1
    alpha: bool = False


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Read a file that may hold an image; raises :class:`ImageRefused` when it is none or too large."""
    try:
        with open_file(path) as file:
            return read_all(file)
    except ImageRefused as refused:
        raise refused.named(str(path)) from refused
    except OSError as error:
        raise unreadable(error).named(str(path)) from error


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file (never a pipe or a device, which could block); raises ``OSError``."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
        raise OSError(0, "it is not a regular file")
    return Path(path).open("rb")


def read_all(file: BinaryIO) -> bytes:
    """Read an open file up to the largest size that an image may have; raises :class:`ImageRefused` beyond."""
    return file.read(size_of(file))


def size_of(file: BinaryIO) -> int:
    """Return the bytes from here to the end of an open file; raises :class:`ImageRefused` beyond what is read."""
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start
    if size > MAX_BYTES:
        raise ImageRefused("large-file", megabytes=MAX_BYTES >> 20)
    file.seek(start)
    return size


def unreadable(error: OSError) -> ImageRefused:
    """Return the refusal of a file that the system does not let us read."""
    return ImageRefused("unreadable", detail=one_line(error.strerror or str(error)))


def open_image(file: BinaryIO) -> tuple[Image.Image, str]:
    """Open by content and check the size that the header promises; nothing is decoded. Returns (image, format)."""
    head = file.read(32)
    file.seek(0)
    if not head:
        raise ImageRefused("empty")
    known = next(((name, opener) for name, accepts, opener in _FORMATS if accepts(head)), None)
    if known is None:
        unread = next((name for name, accepts in _UNREAD if accepts(head)), None)
        if unread is not None:
            raise ImageRefused("unread-format", format=f"{unread} content")
        raise ImageRefused("not-an-image")
    name, opener = known
    if name == "WebP":
        check_size(*_webp_size(head))  # Pillow's WebP decoder reserves its canvas on opening
    if name == "GIF" and len(head) >= 10:
        check_size(int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    try:
        image = opener(file)
    except MemoryError as error:
        raise ImageRefused("out-of-memory") from error
    except Exception as error:  # a damaged header makes Pillow raise nearly anything
        if name == "WebP" and file.seek(0, os.SEEK_END) < int.from_bytes(head[4:8], "little") + 8:
            raise ImageRefused("truncated", detail=one_line(error)) from error  # opening a WebP looks at all of it
        raise ImageRefused("damaged-header", format=name, detail=f" ({one_line(error)})") from error
    check_size(*image.size)
    return image, name


def header_of(image: Image.Image, kind: str) -> Header:
    """Return what an opened image, not yet loaded, says of itself."""
    width, height = image.size
    if isinstance(image, TiffImagePlugin.TiffImageFile):  # newer Pillow turns its size by itself, older does not
        width, height = image.tag_v2.get(256, width), image.tag_v2.get(257, height)
    orientation = orientation_of(image, loaded=False)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    grey = image.mode in GREY_MODES or (image.mode == "I" and kind == "PNG")
    alpha = image.mode in ALPHA_MODES or "transparency" in image.info
    return Header(height, width, 1 if grey else 3, kind, image.mode, orientation, alpha)


def orientation_of(image: Image.Image, *, loaded: bool) -> int:
    """Return the EXIF orientation 1…8; 1 when there is none or it cannot be read."""
    if not loaded and image.format == "PNG" and "exif" not in image.info:
        return 1  # Pillow would decode the whole PNG to look for EXIF behind the pixels
    try:
        value: Any = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  a picture with a damaged EXIF block is still a picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Apply an EXIF orientation."""
    return image.transpose(_TRANSPOSED[orientation]) if orientation in _TRANSPOSED else image


@contextmanager
def refusing(data: bytes, kind: str) -> Iterator[None]:
    """Turn whatever Pillow raises on a damaged file, which may be nearly anything, into :class:`ImageRefused`."""
    try:
        yield
    except ImageRefused:
        raise
    except MemoryError as error:
        raise ImageRefused("out-of-memory") from error
    except Exception as error:
        code = "truncated" if ends_early(data, kind) or "truncated" in str(error).lower() else "damaged"
        raise ImageRefused(code, detail=one_line(error)) from error


def ends_early(data: bytes, kind: str) -> bool:
    """True when the end that a format prescribes is missing: the file was cut off. Tells nothing for TIFF and WebP."""
    tail = data[-64:].rstrip(b"\0\r\n ")
    if kind == "JPEG":
        return b"\xff\xd9" not in tail
    if kind == "PNG":
        return b"IEND" not in tail
    if kind == "GIF":
        return not tail.endswith(b";")
    return kind == "BMP" and len(data) < int.from_bytes(data[2:6], "little")


def one_line(error: object) -> str:
    """Return what an error says, short enough for a table."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def check_size(width: int, height: int) -> None:
    """Raise :class:`ImageRefused` for a picture without pixels, or with more than are read."""
    if width < 1 or height < 1:
        raise ImageRefused("no-pixels", width=width, height=height)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageRefused("too-many-pixels", width=width, height=height, side=MAX_SIDE, pixels=MAX_PIXELS)


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
    raise ImageRefused("damaged-header", format="WebP", detail="")
