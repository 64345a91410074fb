"""Starting fast: what a process does while it imports PyTorch."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python's garbage collector rest in this block.

    An import makes hundreds of thousands of objects that stay; looking through them again and again for circles that
    nobody holds takes a tenth of the processor time of ``import torch``.
    """
    rested = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if rested:
            gc.enable()
