"""Looking through all stored pictures without keeping them in memory.

What a process has touched of a memory map counts as its memory. Whoever looks at a whole store, once, gives back what
it has seen; the system's own cache keeps as much of the file as there is room for.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator

import numpy as np

_HELD = 32 << 20  # bytes that are looked at before they are given back


def in_passing(pixels: np.ndarray, rows: Iterable[int]) -> Iterator[np.ndarray]:
    """Yield the pictures (H, W, C) of some rows of ``pixels`` (N, H, W, C), in that order.

    Each is a view, to be read before the next is asked for.
    """
    seen = 0
    for row in rows:
        picture = pixels[row]
        yield picture
        seen += picture.nbytes
        if seen >= _HELD:
            let_go(pixels)
            seen = 0
    let_go(pixels)


def let_go(pixels: np.ndarray) -> None:
    """Give back the memory of what was read of a read-only memory map; of anything else, nothing is done."""
    own = pixels.base
    can = hasattr(mmap, "MADV_DONTNEED")  # not on Windows
    if can and isinstance(pixels, np.memmap) and pixels.mode == "r" and isinstance(own, mmap.mmap):
        own.madvise(mmap.MADV_DONTNEED)
