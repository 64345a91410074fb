"""A first look at a source, before anything is decoded: how many samples there are, and how large."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..pictures.decode import read_header
from ..pictures.opening import ImageRefused
from ..pictures.quiet import quiet_pillow
from ..samples import Request, Samples
from .mapstyle import is_map_style
from .source import read_source

LOOKED_AT = 5  # headers
HELD_OUT = 0.28  # where the source has no splits: a tenth for the test, and a fifth of the rest


@dataclass(frozen=True)
class Glance:
    """training: samples to train on, about. pictures: whether they are. side: shorter side in pixels, None: unknown."""

    training: int
    pictures: bool
    side: int | None


def glance(source: Any, request: Request) -> Glance:
    """Look at a source; raises :class:`~spirula.errors.DataError` for what cannot be read."""
    words = isinstance(source, str | os.PathLike | Mapping | tuple | list)
    if not words and is_map_style(source):
        return Glance(round(len(source) * (1 - HELD_OUT)), pictures=True, side=None)
    samples, _ = read_source(source, request)
    if samples.splits is None:
        training = round(len(samples) * (1 - HELD_OUT))
    else:
        training = int((samples.splits == "train").sum())
    if samples.pixels is not None:
        shape = samples.pixels.shape
        pictures = len(shape) == 4
        return Glance(training, pictures, min(shape[1:3]) if pictures else None)
    return Glance(training, pictures=True, side=_side(samples))


def _side(samples: Samples) -> int | None:
    """Return the usual shorter side of some pictures spread over the source."""
    assert samples.blobs is not None
    sides: list[int] = []
    with quiet_pillow():
        for row in range(0, len(samples), max(1, len(samples) // LOOKED_AT)):
            try:
                with samples.blobs.open(row) as file:
                    header = read_header(file)
            except (OSError, ImageRefused):  # told when all are read
                continue
            sides.append(min(header.height, header.width))
    return round(median(sides)) if sides else None
