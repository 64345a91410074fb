"""Any map-style data set: ``len(data)`` and ``data[i] -> (image, label)``, as torchvision and others write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import DataError
from ..pictures.eight_bit import eight_bit
from ..pictures.fitting import fit
from ..pictures.opening import Header
from ..pictures.sizes import Plan, plan
from ..samples import Request, Samples
from .arrays import as_array, as_pixels, from_parts


def is_map_style(source: object) -> bool:
    """True when ``source`` has a length and gives items by number."""
    return hasattr(source, "__len__") and hasattr(source, "__getitem__")


def read_map_style(source: Any, request: Request) -> tuple[Samples, Plan | None]:
    """Read every item once, into memory.

    Images are PIL images, arrays (H, W[, C]) or tensors (C, H, W). PIL images of several sizes are brought to one as
    the images of a folder are, and the plan that was followed is returned; arrays must agree in shape. Class names
    are taken from ``source.classes`` when it has them.

    Raises :class:`DataError` when an item is not (image, label).
    """
    name, number = type(source).__name__, len(source)
    images: list[Any] = []
    labels: list[Any] = []
    for row in range(number):
        item = source[row]
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise DataError(
                f"{name}[{row}] is a {type(item).__name__}, not (image, label)", "Give items (image, label)."
            )
        images.append(item[0])
        labels.append(as_array(item[1]))
        if request.progress is not None and (row % 1000 == 999 or row + 1 == number):
            request.progress("reading the data set", row + 1, number)
    if not images:
        raise DataError(f"{name} is empty", "Give at least one (image, label).")
    pixels, followed = _stack(images, name, request)
    names = getattr(source, "classes", None)
    kept = [str(each) for each in names] if isinstance(names, Sequence) and not isinstance(names, str) else None
    marks = np.stack(labels) if len({mark.shape for mark in labels}) == 1 else np.array(labels, dtype=object)
    if kept is not None and marks.dtype.kind not in "iu":
        kept = None  # the labels name their classes themselves
    return from_parts({"": (pixels, marks)}, task=request.task, source=name, names=kept), followed


def _stack(images: list[Any], name: str, request: Request) -> tuple[np.ndarray, Plan | None]:
    from PIL import Image

    if all(isinstance(image, Image.Image) for image in images):
        if request.channels not in (None, 1, 3):
            raise DataError(
                f"{name} gives PIL images, of which {request.channels} channels cannot be made",
                "Give arrays (H, W, C).",
            )
        flat = [eight_bit(image) for image in images]
        headers = [Header(image.height, image.width, 1 if image.mode == "L" else 3) for image in flat]
        chosen = plan(headers, request)
        mode = "L" if chosen.channels == 1 else "RGB"
        how = {name: value for name, value in chosen.target().items() if name != "channels"}
        return np.stack([fit(image.convert(mode), **how) for image in flat]), chosen
    arrays = [as_array(image) for image in images]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        raise DataError(
            f"{name} gives images of {len(shapes)} shapes, such as {', '.join(map(str, sorted(shapes)[:3]))}",
            "Bring them to one shape, or give PIL images, which spirula resizes.",
        )
    return as_pixels(np.stack(arrays), name)[0], None
