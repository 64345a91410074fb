"""Pictures with any number of channels: the grey pages of a TIFF, or a NumPy array (height, width, channels) of bytes.

They are read this way only when that number of channels is asked for.
"""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

from .eight_bit import Said, to_bytes
from .opening import Header, ImageRefused, check_size, one_line, orientation_of, upright

ARRAY_SUFFIX = ".npy"
_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000  # characters, NumPy's own limit


def is_array(head: bytes) -> bool:
    """True for the beginning of a ``.npy`` file."""
    return head.startswith(_MAGIC)


def array_header(file: BinaryIO) -> Header:
    """Read size and channels of a ``.npy`` file, nothing else; raises :class:`ImageRefused` when it is no picture."""
    shape, dtype, _ = _array_form(file)
    if dtype != np.uint8 or len(shape) not in (2, 3):
        raise ImageRefused("array-form", dtype=str(dtype), shape=shape)
    height, width, channels = (*shape, 1)[:3]
    check_size(width, height * max(1, -(-channels // 4)))
    return Header(height, width, channels, "NPY", "uint8")


def array_channels(data: bytes, channels: int | None) -> tuple[Image.Image, ...]:
    """Return the channels of a ``.npy`` file; raises :class:`ImageRefused` when there are more or fewer than asked."""
    file = io.BytesIO(data)
    header = array_header(file)
    if header.channels != channels:
        raise ImageRefused("wrong-channels", found=f"{header.channels} channels", asked=channels or "1 or 3")
    file.seek(0)
    shape, _, fortran = _array_form(file)
    pixels = np.frombuffer(data, dtype=np.uint8, offset=file.tell())
    if len(pixels) < int(np.prod(shape)):
        raise ImageRefused("truncated", detail=f"{len(pixels):,} of {int(np.prod(shape)):,} bytes")
    array = pixels[: int(np.prod(shape))].reshape(shape, order="F" if fortran else "C")
    array = array.reshape(header.height, header.width, channels)
    return tuple(Image.fromarray(np.ascontiguousarray(array[:, :, channel])) for channel in range(channels))


def _array_form(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[np.generic], bool]:
    """Return (shape, dtype, whether it lies in Fortran's order); NumPy reads the header as a literal, not as code."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=_LONGEST_HEADER)
    except (ValueError, OSError) as error:
        raise ImageRefused("damaged-header", format="NPY", detail=f" ({one_line(error)})") from error
    return tuple(int(side) for side in shape), dtype, bool(fortran)


def pages(image: Image.Image) -> int:
    """Return the number of pages of a TIFF, 1 for other formats, whose further pictures are those of an animation."""
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def page_channels(image: Image.Image, number: int) -> tuple[tuple[Image.Image, ...], tuple[Said, ...]]:
    """Return the pages of a TIFF as channels; raises :class:`ImageRefused` unless all are grey and of one size."""
    found: list[Image.Image] = []
    said: dict[str, str] = {}
    for page in range(number):
        image.seek(page)
        check_size(*image.size)
        image.load()
        plain, changed = to_bytes(image, "TIFF")
        if plain.mode != "L":
            raise ImageRefused("wrong-channels", found="pages in colour", asked=number)
        said |= dict(changed)
        found.append(upright(plain.copy(), orientation_of(image, loaded=True)))
        if found[-1].size != found[0].size:
            raise ImageRefused("wrong-channels", found="pages of several sizes", asked=number)
    return tuple(found), tuple(said.items())
