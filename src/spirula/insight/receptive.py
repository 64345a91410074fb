"""Receptive fields, layer by layer: which part of the picture each position of a map can see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ..models.build import Network
from ..models.summary import Row
from .calls import at_call, call_of, evaluating
from .reach import Watch

Sight = Literal["part", "whole", "nothing", "unknown"]


@dataclass(frozen=True, eq=False)
class Fields:
    """The fields of one layer.

    boxes: int32 (h, w, 4), for each position of its maps the first row, first column, row after the last and column
    after the last of the picture that it can see; all zero where it sees nothing. Of a vector (1, 1, 4): what all its
    values see. Missing where it cannot be said.
    sight: whether a position sees a "part", every one the "whole" picture, "nothing" (a constant), or it is "unknown".
    size: (height, width) of a field that no padding cuts, as if the picture went on; may be larger than the picture.
        None where that cannot be said.
    step: from one position to the next, in pixels of the picture; None where it is uneven or cannot be said.
    offset: where the field of the first position begins, counted as if the picture went on: negative with padding.
    bare: the same fields without what is one value for a whole map, such as a squeeze-and-excitation gate, where such
    values let every position see the whole picture.
    """

    layer: str
    sight: Sight
    boxes: np.ndarray | None = None
    size: tuple[int, int] | None = None
    step: tuple[float, float] | None = None
    offset: tuple[float, float] | None = None
    bare: Fields | None = None

    @property
    def maps(self) -> tuple[int, int]:
        """Height and width of the layer's maps; (0, 0) where nothing is known."""
        return (0, 0) if self.boxes is None else (int(self.boxes.shape[0]), int(self.boxes.shape[1]))

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Return (top, left, bottom, right) of one position's field, cut off at the picture's borders."""
        assert self.boxes is not None
        top, left, bottom, right = map(int, self.boxes[row, column])
        return top, left, bottom, right

    @property
    def centre(self) -> tuple[int, int, int, int]:
        """The box of the position in the middle."""
        return self.box(self.maps[0] // 2, self.maps[1] // 2)


def receptive_fields(network: Network, rows: Sequence[Row]) -> list[Fields]:
    """Return the fields of the layers that ``rows`` of the summary name, in order.

    Exact for everything that :mod:`spirula.insight.reach_rules` knows; "unknown" is said where something else was met.
    Nothing about the network changes. A network of vectors has no fields: all are "unknown".
    """
    shape = network.spec.input_shape
    if len(shape) != 3:
        return [Fields(row.name, "unknown") for row in rows]
    found, gated = fields_of(network.module, shape, rows)
    found = [_with_theory(entry, row) for entry, row in zip(found, rows, strict=True)]
    if not gated or not any(entry.sight == "whole" for entry in found):
        return found
    bare, _ = fields_of(network.module, shape, rows, gates=False)
    return [
        replace(full, bare=part) if full.sight == "whole" and part.sight == "part" else full
        for full, part in zip(found, bare, strict=True)
    ]


@torch.no_grad()
def fields_of(
    module: nn.Module, shape: tuple[int, int, int], rows: Sequence[Row], *, gates: bool = True
) -> tuple[list[Fields], bool]:
    """Return the fields of a module's calls for a picture of ``shape`` (H, W, C), and whether it has gates."""
    height, width, channels = shape
    parameter = next(module.parameters(), None)
    place: dict[str, Any] = {} if parameter is None else {"dtype": parameter.dtype, "device": parameter.device}
    picture = torch.zeros(1, channels, height, width, **place)
    kept: dict[str, Fields] = {}
    watch = Watch(picture, gates)

    def keeper(name: str) -> Callable[[Tensor], None]:
        def keep(output: Tensor) -> None:
            kept[name] = _fields(name, watch.bounds(output), (height, width))

        return keep

    with ExitStack() as hooks, evaluating(module), torch.random.fork_rng(devices=[]):
        for row in rows:
            hooks.enter_context(at_call(module, call_of(row), keeper(row.name)))
        with watch:
            module(picture)
    return [kept.get(row.name, Fields(row.name, "unknown")) for row in rows], watch.gated


def _with_theory(found: Fields, row: Row) -> Fields:
    """Fill in size and step where the picture is too small for them: the summary follows one without end."""
    if found.sight not in ("part", "whole") or row.stride is None:
        return found
    return replace(found, size=found.size or row.receptive_field, step=found.step or row.stride)


def _fields(name: str, bounds: Tensor | None, picture: tuple[int, int]) -> Fields:
    if bounds is None:
        return Fields(name, "unknown")
    found = _by_position(bounds).cpu()
    top, bottom, left, right = -found[0], found[1] + 1, -found[2], found[3] + 1
    boxes = torch.where(torch.isfinite(found[:4]).all(0), torch.stack([top, left, bottom, right]), 0)
    arrays = boxes.permute(1, 2, 0).to(torch.int32).numpy()
    if not arrays.any():
        return Fields(name, "nothing", arrays)
    if (arrays == np.asarray([0, 0, *picture], np.int32)).all():
        return Fields(name, "whole", arrays)
    uncut = (found[4] == 0).numpy()
    if not uncut.any():
        return Fields(name, "part", arrays)
    rows, columns = (_side(arrays[..., axis], arrays[..., axis + 2], uncut, axis) for axis in (0, 1))
    even = not np.isnan([rows[1], columns[1]]).any()
    return Fields(
        name,
        "part",
        arrays,
        (rows[0], columns[0]),
        (rows[1], columns[1]) if even else None,
        (rows[2], columns[2]) if even else None,
    )


def _by_position(bounds: Tensor) -> Tensor:
    """Return (5, h, w): the channels of a position see together. Of what has no maps (5, 1, 1)."""
    if bounds.ndim != 5:
        return bounds.reshape(len(bounds), -1).amax(1).view(-1, 1, 1)
    last = _varies(bounds[:2], 2) and _varies(bounds[2:4], 3)  # (1, H, W, C), as some networks keep their values
    return bounds[:, 0].amax(-1) if last and not _varies(bounds[:4], 4) else bounds[:, 0].amax(1)


def _varies(bounds: Tensor, dim: int) -> bool:
    return bool((bounds != bounds.narrow(dim, 0, 1)).any())


def _side(first: np.ndarray, after: np.ndarray, uncut: np.ndarray, axis: int) -> tuple[int, float, float]:
    """Return size, step and offset along one side from the fields that no padding has cut; NaN where uneven."""
    size = int((after - first)[uncut].max())
    lines = np.flatnonzero(uncut.any(axis=1 - axis))
    begins = np.where(uncut, first, np.iinfo(np.int32).max).min(axis=1 - axis)[lines]
    steps = np.diff(begins) / np.diff(lines)
    if not len(steps) or not np.allclose(steps, steps[0]):
        return size, float("nan"), float("nan")
    return size, float(steps[0]), float(begins[0] - lines[0] * steps[0])
