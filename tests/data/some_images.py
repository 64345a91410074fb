"""What the tests of augmentation have in common."""

from __future__ import annotations

import numpy as np

MANY = np.arange(10_000)


SHAPE = (8, 8, 3)


def images(n: int, h: int, w: int, c: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(n + h + w).integers(0, 256, (n, h, w, c)).astype(dtype)
