"""What excites it: the patches that filters answer most strongly, and where in their pictures they lie."""

from __future__ import annotations

import base64
import io
import shlex
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from .. import wording
from ..figures.svg import element
from ..speech import Say

SHARP = 24  # sides up to this are stored exactly
SMALL = 64  # pictures up to this are enlarged as squares, not blurred


def exciting_part(excited: Mapping[str, np.ndarray], address: str, say: Say) -> dict[str, Any] | None:
    """Return the layers with their filters and patches; None where no filter answered anything."""
    if not len(excited["layers"]):
        return None
    names = list(dict.fromkeys(str(name) for name in excited["layers"]))
    height, width = (int(side) for side in excited["size"])
    contexts = [_uri(image) for image in excited["contexts"]]
    layers = []
    for name in names:
        rows = np.flatnonzero(excited["layers"] == name)
        channels = list(dict.fromkeys(int(excited["channels"][row]) for row in rows))
        layers.append(
            {
                "name": name,
                "sees": _sees(excited["sees"][rows[0]], height, width, say),
                "filters": [
                    {
                        "title": say("filter_n", number=channel),
                        "patches": [
                            _patch(excited, int(row), contexts, height, width, say)
                            for row in rows
                            if excited["channels"][row] == channel
                        ],
                    }
                    for channel in channels
                ],
            }
        )
    samples = say("pictures_n", n=wording.count(int(excited["samples"])))
    command = shlex.join(["spirula", "explain", address, "--exciting", names[-1]])
    return {
        "lead": say("exciting_lead", samples=samples),
        "layers": layers,
        "contexts": _definitions(contexts, height, width),
        "command": command,
    }


def _sees(size: np.ndarray, height: int, width: int, say: Say) -> str:
    """Say how large the patches of a layer are where no border cuts them."""
    high, wide = (int(side) for side in size)
    if (high, wide) == (height, width):
        return say("exciting_whole")
    return say("exciting_sees", height=high, width=wide)


def _patch(
    excited: Mapping[str, np.ndarray], row: int, contexts: list[str], height: int, width: int, say: Say
) -> dict[str, Any]:
    high, wide = (int(side) for side in excited["patch_sizes"][row])
    number = int(excited["pictures"][row])
    top, left, bottom, right = (int(side) for side in excited["boxes"][row])
    file, label = str(excited["files"][number]), str(excited["labels"][number])
    value = wording.number(float(excited["values"][row]))
    place = (file, say("place_alt", top=top, bottom=bottom - 1, left=left, right=right - 1))
    whole = (top, left, bottom, right) == (0, 0, height, width)
    centre = (excited["places"][row] + 0.5) / excited["maps"][row] * (height, width) if whole else None
    return {
        "whole": whole,
        "uri": _uri(excited["patches"][row][:high, :wide]),
        "width": wide,
        "height": high,
        "sharp": max(high, wide) <= SHARP,
        "alt": say("patch_alt", file=file, label=label, value=value),
        "value": value,
        "place": _place(number, (top, left, bottom, right), centre, (height, width), place),
    }


def _place(
    number: int,
    box: tuple[int, int, int, int],
    centre: np.ndarray | None,
    size: tuple[int, int],
    words: tuple[str, str],
) -> Markup:
    """Draw a picture that is defined once, with a frame around the patch, or a ring at a ``centre`` (row, column)."""
    (height, width), (top, left, bottom, right) = size, box
    thick = max(height, width) / 40
    shape: dict[str, float] = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    if centre is not None:
        shape = {"x": centre[1] - 2 * thick, "y": centre[0] - 2 * thick, "width": 4 * thick, "height": 4 * thick}
    rounded = 2 * thick if centre is not None else None
    return element(
        "svg",
        element("title", words[0]),
        element("desc", words[1]),
        element("use", href=f"#exciting-{number}"),
        element("rect", class_="halo", stroke_width=2.4 * thick, rx=rounded, **shape),
        element("rect", class_="frame-line", stroke_width=thick, rx=rounded, **shape),
        viewBox=f"0 0 {width} {height}",
        role="img",
        class_="place pixelated" if max(height, width) <= SMALL else "place",
    )


def _definitions(contexts: list[str], height: int, width: int) -> Markup:
    """Embed every picture once; the places use it."""
    images = [
        element("image", id=f"exciting-{number}", href=uri, width=width, height=height, preserveAspectRatio="none")
        for number, uri in enumerate(contexts)
    ]
    return element("svg", element("defs", *images), width=0, height=0, aria_hidden="true", class_="definitions")


def _uri(image: np.ndarray) -> str:
    """Embed uint8 (h, w, 1 | 3): small ones exactly, others as WebP."""
    drawn = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
    buffer = io.BytesIO()
    small = max(image.shape[:2]) <= SHARP
    if small:
        drawn.save(buffer, "PNG")
    else:
        drawn.save(buffer, "WEBP", quality=80, method=2)
    kind = "png" if small else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
