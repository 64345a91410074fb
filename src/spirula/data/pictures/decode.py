"""The one decoder: training, evaluation, prediction, serving and the report all see an image through this file.

Rules, so that the same file gives the same pixels everywhere:

- the content decides the format, not the file name: JPEG, PNG, WebP, BMP, GIF, TIFF (and NPY, for many channels);
- the EXIF orientation is applied; of an animation or a multi-page file the first picture is taken;
- 16-bit grey is scaled by its depth (65535 → 255); float pixels must lie in 0…1, which become 0…255;
- transparency is laid on white, unless 4 channels are asked for; CMYK and palettes become RGB;
- resizing has antialiasing; a JPEG that is twice as large as wanted, or more, each way is first reduced to a half, a
  quarter or an eighth by libjpeg itself, never below the size that is wanted (docs/adr/0011);
- what is too large is refused from its header, before any memory is taken; what is damaged is refused, except a JPEG
  that can be shown all the same: it is suspect.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL import __version__ as _PILLOW  # noqa: N812

from . import bands, jpeg
from .eight_bit import Said, deep, several, to_bytes
from .fitting import Whole, fit, reduction
from .ledger import sentence
from .opening import Header, ImageRefused, header_of, open_image, orientation_of, read_file, refusing, upright
from .quiet import quiet_pillow

# Part of the key of decoded pixels: another decoder, other pixels, or other damage found.
VERSION = f"3/Pillow {_PILLOW}/simplejpeg {jpeg.version()}"


@dataclass(frozen=True, eq=False)
class Picture:
    """An upright picture: one ``L``, ``RGB`` or ``RGBA`` image, or ``L`` images of one size, a channel each.

    said: (code, sentence) of what was decided or found on the way.
    whole: the picture as its file has it, when ``images`` show it reduced.
    """

    images: tuple[Image.Image, ...]
    said: tuple[Said, ...] = ()
    whole: Whole | None = None


class Encoded:
    """A file that was opened and not decoded, as a context. header: what it says of itself.

    Raises :class:`ImageRefused` when it cannot be opened, and when its header asks for too much.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._image: Image.Image | None = None
        self._kind = "NPY"
        if bands.is_array(data):
            self.header = bands.array_header(io.BytesIO(data))
        else:
            self._image, self._kind = open_image(io.BytesIO(data))
            self.header = header_of(self._image, self._kind)

    def __enter__(self) -> Encoded:
        return self

    def __exit__(self, *_: object) -> None:
        if self._image is not None:
            self._image.close()

    def decode(self, channels: int | None, reduced: int = 1) -> Picture:
        """Decode to this many channels: 1 (ITU-R 601 luma), 3 (RGB), ``None`` (as the file is), 4 (RGBA), or as many as
        it has grey pages, or an array in it has.

        reduced: a JPEG may be reduced by this factor, from :func:`.fitting.reduction`; other formats are not.

        Raises :class:`ImageRefused` when it is damaged, has other channels, or pixels without a meaning as bytes.
        """
        if self._image is None:
            return Picture(bands.array_channels(self._data, channels))
        with refusing(self._data, self._kind):
            if channels in (None, 1, 3):
                return _load(self._image, self._kind, self._data, channels, reduced)
            assert channels is not None
            if bands.pages(self._image) == channels:
                images, said = bands.page_channels(self._image, channels)
                return Picture(images, said)
            if channels != 4:
                found = f"{self.header.channels + self.header.alpha} channels"
                raise ImageRefused("wrong-channels", found=found, asked=channels)
            return _load(self._image, self._kind, self._data, 4, reduced)

    def fitted(
        self,
        channels: int | None,
        height: int | None,
        width: int | None,
        resize: str,
        interpolation: str | None = None,
        crop_share: float | None = None,
    ) -> tuple[np.ndarray, tuple[Said, ...]]:
        """Decode, and bring to a size by :func:`.fitting.fit`: uint8 (height, width, channels), and what was said."""
        how = (height, width, resize, interpolation, crop_share)
        picture = self.decode(channels, reduction((self.header.width, self.header.height), *how))
        parts = [fit(image, *how, picture.whole) for image in picture.images]
        return (parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)), picture.said


def decode(
    source: str | os.PathLike[str] | bytes,
    *,
    height: int | None = None,
    width: int | None = None,
    channels: int | None = None,
    resize: str = "squash",
    interpolation: str | None = None,
    crop_share: float | None = None,
) -> np.ndarray:
    """Decode one image to uint8 (height, width, channels).

    source: a path, or the bytes of a file.
    height, width: pixels; ``None`` (both) keeps the image's own size.
    channels: see :meth:`Encoded.decode`.
    resize, interpolation, crop_share: how it is brought to the size, see :func:`spirula.data.pictures.fitting.fit`.

    Raises :class:`ImageRefused` with the reason.
    """
    if isinstance(source, bytes):
        name, data = "the image", source
    else:
        name, data = str(source), read_file(source)
    try:
        with quiet_pillow():
            return decode_bytes(
                data,
                height=height,
                width=width,
                channels=channels,
                resize=resize,
                interpolation=interpolation,
                crop_share=crop_share,
            )
    except ImageRefused as refused:
        raise refused.named(name) from refused


def decode_bytes(
    data: bytes,
    *,
    height: int | None,
    width: int | None,
    channels: int | None,
    resize: str,
    interpolation: str | None = None,
    crop_share: float | None = None,
) -> np.ndarray:
    """:func:`decode` for the inside of a loop that holds :func:`quiet_pillow` itself."""
    with Encoded(data) as encoded:
        return encoded.fitted(channels, height, width, resize, interpolation, crop_share)[0]


def read_header(file: BinaryIO) -> Header:
    """Read size and channels without decoding. Call within :func:`spirula.data.pictures.quiet.quiet_pillow`.

    Raises :class:`ImageRefused` for what :func:`decode` would refuse from the header.
    """
    head = file.read(8)
    file.seek(0)
    return bands.array_header(file) if bands.is_array(head) else header_of(*open_image(file))


def _load(image: Image.Image, kind: str, data: bytes, channels: int | None, reduced: int) -> Picture:
    """Decode what :func:`~spirula.data.pictures.opening.open_image` opened, from its whole file."""
    damage, size = "", image.size
    said = [*several(image), *deep(image)]
    if kind == "JPEG":
        loaded, damage = jpeg.load_jpeg(image, data, reduced)
    else:
        image.load()
        loaded = image
    plain, changed = to_bytes(loaded, kind, keep_alpha=channels == 4)
    mode = plain.mode if channels is None else {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    plain = plain if plain.mode == mode else plain.convert(mode)
    if damage:
        changed.append(("damaged-data", sentence("damaged-data", {"detail": damage})))
    orientation = orientation_of(image, loaded=True)
    whole = None if loaded.size == size else _whole(size, loaded.size, reduced, orientation)
    return Picture((upright(plain, orientation),), (*said, *changed), whole)


def _whole(size: tuple[int, int], reduced: tuple[int, int], factor: int, orientation: int) -> Whole:
    """Return where a picture of ``size`` lies in its reduced image when both are upright; sizes as they are stored.

    What was added to come to whole pixels was added on the right and at the bottom, which then may be elsewhere.
    """
    if orientation >= 5:  # rows and columns change places
        size, reduced = (size[1], size[0]), (reduced[1], reduced[0])
    width, height = size[0] / factor, size[1] / factor
    left = reduced[0] - width if orientation in (2, 3, 6, 7) else 0.0
    top = reduced[1] - height if orientation in (3, 4, 7, 8) else 0.0
    return Whole(size, (left, top, left + width, top + height))
