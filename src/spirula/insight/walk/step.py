"""One thing that is done to values on their way, as plain numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .recording import Place

Kind = Literal[
    "input",
    "convolution",
    "dense",
    "pooling",
    "combination",
    "concatenation",
    "rearrangement",
    "padding",
    "same",
    "normalization",
    "constant",
    "activation",
    "nothing",
    "unknown",
]
Sides = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that is done to values. ``settings``: what JSON can hold. ``arrays``: float32 or int32."""

    kind: Kind
    places: tuple[Place, ...]
    sources: tuple[int, ...]
    output: int
    settings: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    parameters: int = 0
    operator: str = ""


def sides(shape: tuple[int, ...]) -> Sides:
    """Return (channels, height, width) of a value of the shape that PyTorch gives it."""
    if len(shape) <= 1:
        return (math.prod(shape), 1, 1)
    if len(shape) == 2:
        return (shape[1], 1, 1) if shape[0] == 1 else (1, *shape)
    return (math.prod(shape[:-2]), shape[-2], shape[-1])
