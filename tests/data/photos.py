"""Pictures with the statistics of photographs, made from a seed, and copies of them as people make them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance


def photo(seed: int, side: int = 200) -> Image.Image:
    """A random picture whose spectrum falls with the frequency, as that of photographs does (Field, 1987)."""
    rng = np.random.default_rng([7, seed])
    height, width = int(side * rng.uniform(0.7, 1.0)), int(side * rng.uniform(0.7, 1.0))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    amplitude = 1 / np.maximum(frequency, 1 / max(height, width)) ** 1.2
    planes = [np.fft.ifft2(amplitude * np.exp(2j * np.pi * rng.random((height, width)))).real for _ in range(2)]
    colour = np.stack([planes[0] + mix * planes[1] for mix in rng.uniform(-0.6, 0.6, 3)], axis=-1)
    colour = (colour - colour.mean()) / colour.std()
    return Image.fromarray(np.clip(128 + 48 * colour, 0, 255).astype(np.uint8))


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def reread(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def turned(picture: Image.Image) -> bytes:
    """The same picture, stored lying on its side, with the EXIF tag that puts it up again."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(picture.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)


def described(content: bytes) -> bytes:
    """The same JPEG with another EXIF block: other bytes, the same pixels."""
    exif = Image.Exif()
    exif[0x010E] = "edited"
    block = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    return content[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + content[2:]


def scaled(picture: Image.Image, factor: float) -> Image.Image:
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Image.Resampling.BICUBIC)


def brighter(picture: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(factor)


# How a copy is made, from the original's file content to that of the copy.
EXACT: dict[str, Callable[[bytes], bytes]] = {
    "bytes": lambda content: content,
    "exif": described,
    "lossless": lambda content: saved(reread(content), "PNG"),
    "turned": lambda content: turned(reread(content)),
}
NEAR: dict[str, Callable[[bytes], bytes]] = {
    "quality 30": lambda content: saved(reread(content), quality=30),
    "quality 60": lambda content: saved(reread(content), quality=60),
    "quality 90": lambda content: saved(reread(content), quality=90),
    "half size": lambda content: saved(scaled(reread(content), 0.5), quality=85),
    "double size": lambda content: saved(scaled(reread(content), 2.0), quality=85),
    "webp": lambda content: saved(scaled(reread(content), 0.7), "WEBP", quality=70),
    "brighter": lambda content: saved(brighter(reread(content), 1.08), quality=85),
    "darker": lambda content: saved(brighter(reread(content), 0.92), quality=85),
}


def plant(folder: Path, originals: dict[str, bytes], copies: dict[str, Callable[[bytes], bytes]]) -> dict[str, str]:
    """Write a copy of each original into ``folder``, the kinds in turn; returns copy's path → original's name."""
    folder.mkdir(parents=True, exist_ok=True)
    planted: dict[str, str] = {}
    kinds = list(copies.items())
    for index, (name, content) in enumerate(originals.items()):
        kind, make = kinds[index % len(kinds)]
        path = folder / f"{kind} of {Path(name).stem}.jpg"
        path.write_bytes(make(content))
        planted[str(path)] = name
    return planted
