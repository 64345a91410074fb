"""Generators of files that cannot be used, of 24 kinds, each with the reason code that must name it; and good ones."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

Generate = Callable[[np.random.Generator], bytes]


def picture(rng: np.random.Generator, shape: tuple[int, ...] = (40, 48, 3)) -> Image.Image:
    """Return a picture with shapes in it and some noise, which every format packs at its own length."""
    height, width = shape[:2]
    rows, columns = np.mgrid[0:height, 0:width]
    waves = np.sin(rows / rng.uniform(2, 9))[..., None] * np.cos(columns / rng.uniform(2, 9))[..., None] * 90 + 128
    noisy = waves + rng.normal(0, 12, (height, width, 3)) + rng.integers(-30, 30, 3)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def gif_of(width: int, height: int) -> bytes:
    size = struct.pack("<HH", width, height)
    return b"GIF89a" + size + b"\0\0\0,\0\0\0\0" + size + b"\0"


def webp_of(width: int, height: int) -> bytes:
    body = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def bmp_of(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def jpeg_of(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes((1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0))
    scan = struct.pack(">HB", 12, 3) + bytes((1, 0, 2, 0, 3, 0, 0, 63, 0))
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xda" + scan + b"\xff\xd9"


def tiff_of(width: int, height: int) -> bytes:
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


def cut(kind: str, share: float, **options: object) -> Generate:
    def make(rng: np.random.Generator) -> bytes:
        data = encoded(picture(rng), kind, **options)
        return data[: int(len(data) * rng.uniform(share * 0.8, share * 1.2))]

    return make


def with_wrong_checksum(rng: np.random.Generator) -> bytes:
    data = bytearray(encoded(picture(rng)))
    data[int(rng.integers(60, len(data) - 60))] ^= 0xFF
    return bytes(data)


def too_large(rng: np.random.Generator) -> bytes:
    side = int(rng.integers(40_000, 65_000))
    return [png_of(side, side), gif_of(side, side), webp_of(16_383, 16_383), bmp_of(side, side), jpeg_of(side, side)][
        int(rng.integers(5))
    ]


def float_beyond(rng: np.random.Generator) -> bytes:
    return encoded(Image.fromarray(rng.normal(0, 500, (9, 9)).astype(np.float32)), "TIFF")


def whole_numbers(rng: np.random.Generator) -> bytes:
    return encoded(Image.fromarray(rng.integers(0, 1 << 30, (9, 9), dtype=np.int32)), "TIFF")


BAD: dict[str, tuple[str, Generate]] = {
    "empty": ("empty", lambda rng: b""),
    "one byte": ("not-an-image", lambda rng: b"\xff"),
    "text": ("not-an-image", lambda rng: b"not an image, whatever its name says: " + rng.bytes(9).hex().encode()),
    "HTML page": ("not-an-image", lambda rng: b"<!DOCTYPE html><html><body>404</body></html>"),
    "zeros": ("not-an-image", lambda rng: bytes(int(rng.integers(1, 9999)))),
    "noise": ("not-an-image", lambda rng: b"\x01" + rng.bytes(4096)),
    "pdf": ("not-an-image", lambda rng: b"%PDF-1.7\n" + rng.bytes(500)),
    "svg": ("not-an-image", lambda rng: b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "zip": ("not-an-image", lambda rng: b"PK\3\4" + rng.bytes(300)),
    "video": ("not-an-image", lambda rng: b"\0\0\0\x18ftypmp42" + rng.bytes(300)),
    "resource fork of macOS": ("not-an-image", lambda rng: b"\0\5\x16\7" + rng.bytes(300)),
    "JPEG cut": ("truncated", cut("JPEG", 0.75)),
    "progressive JPEG cut": ("truncated", cut("JPEG", 0.75, progressive=True)),
    "PNG cut": ("truncated", cut("PNG", 0.75)),
    "GIF cut": ("truncated", cut("GIF", 0.6)),
    "WebP cut": ("truncated", cut("WEBP", 0.6)),
    "BMP cut": ("truncated", cut("BMP", 0.6)),
    "JPEG cut in its header": ("damaged-header", lambda rng: encoded(picture(rng), "JPEG")[:100]),
    "PNG cut in its header": ("damaged-header", lambda rng: encoded(picture(rng))[:20]),
    "PNG with a wrong checksum": ("damaged", with_wrong_checksum),
    "TIFF that is noise": ("damaged-header", lambda rng: b"II*\0" + rng.bytes(2000)),
    "too many pixels": ("too-many-pixels", too_large),
    "32-bit whole numbers": ("32-bit", whole_numbers),
    "float pixels out of range": ("float-range", float_beyond),
}

_MODES = ("1", "L", "P", "LA", "RGB", "RGBA")


def good(rng: np.random.Generator, number: int) -> tuple[str, bytes]:
    """Return (suffix, file) of a picture that can be used: formats, modes and sizes in turn."""
    image = picture(rng, (int(rng.integers(1, 40)), int(rng.integers(1, 40)), 3))
    kind = number % 10
    if kind < 3:
        options = {"quality": int(rng.integers(20, 96)), "progressive": bool(kind == 1), "subsampling": kind}
        return ".jpg", encoded(image if number % 3 else image.convert("L"), "JPEG", **options)
    if kind == 3:
        return ".JPEG", encoded(image.convert("CMYK"), "JPEG")
    if kind < 6:
        return ".png", encoded(image.convert(_MODES[number % len(_MODES)]))
    if kind == 6:
        return ".webp", encoded(image, "WEBP")
    if kind == 7:
        return ".gif", encoded(image, "GIF", save_all=True, append_images=[image.transpose(0)])
    if kind == 8:
        return ".bmp", encoded(image, "BMP")
    deep = np.asarray(image.convert("L")).astype(np.uint16) * 257
    return ".tif", encoded(Image.fromarray(deep), "TIFF")
