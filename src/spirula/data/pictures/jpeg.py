"""JPEG through libjpeg-turbo's own interface (simplejpeg): the same pixels as Pillow's, faster, and damage is told.

Pillow lets damage inside of a JPEG pass in silence: the decoder resynchronises and the rest of the picture is grey or
shifted. libjpeg warns of it, and only here that warning is heard.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING or find_spec("simplejpeg") is not None:
    import simplejpeg
else:
    simplejpeg = None

# Other warnings of libjpeg (an odd JFIF revision, odd scan parameters) do not touch the pixels.
_DAMAGE = ("Corrupt JPEG data", "Premature end", "Inconsistent progression")
_HARMLESS = "Corrupt JPEG data: bad ICC marker"


def version() -> str:
    """Return simplejpeg's version; "" when it is not installed, and then no damage is found."""
    return "" if simplejpeg is None else str(simplejpeg.__version__)


def load_jpeg(image: Image.Image, data: bytes, reduced: int = 1) -> tuple[Image.Image, str]:
    """Decode an opened JPEG from its whole file; returns (the picture in the same mode, what is damaged or "").

    reduced: 1, 2, 4 or 8. libjpeg then makes one pixel of so many each way, out of the frequencies that are left in
        such a pixel, for less than half of the work; sides are rounded up.

    CMYK and YCCK pictures are left to Pillow, and so is everything that libjpeg complains about, so that the pixels
    do not depend on which of the two is installed. Raises whatever Pillow raises.
    """
    if reduced > 1:  # what Pillow is asked for, and rounds up
        image.draft(image.mode, (image.width // reduced, image.height // reduced))
    if simplejpeg is None or image.mode not in ("L", "RGB"):
        image.load()
        return image, ""
    least = {"min_height": image.height, "min_width": image.width} if reduced > 1 else {}
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY" if image.mode == "L" else "RGB", strict=True, **least)
    except ValueError as error:
        said = " ".join(str(error).split())
        image.load()
        return image, said if said.startswith(_DAMAGE) and said != _HARMLESS else ""
    if pixels.shape[:2] != (image.height, image.width):  # the two disagree on what the file is
        image.load()
        return image, ""
    picture = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if image.mode == "L" else pixels))
    return picture, ""
