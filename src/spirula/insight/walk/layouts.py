"""Values whose channels lie last, as LayerNorm and Linear want them, told as the maps that they are.

A network may turn its maps (1, C, H, W) into (1, H, W, C) or into rows (H · W, C), work on the channels of every place,
and turn them back: ConvNeXt does, and our LayerNormalization. For who follows the numbers nothing has moved. So such
values are written as maps, what turned them becomes nothing, and a Linear in between a convolution of 1 × 1. Where one
of them goes into anything that is not known here, all that is connected stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .functions import FUNCTIONS
from .recording import Given, Operation, Recording

VIEWS = {"view", "_unsafe_view", "reshape", "_reshape_alias"}
COPIES = {"clone", "alias", "detach", "_to_copy", "contiguous"}
MEETINGS = {"add", "sub", "mul", "div"}
PLACES = "layer_norm_at_places"


class Layout(NamedTuple):
    """How (C, H, W) lies in a value: channels "last", (1, H, W, C), or "rows", (H · W, C)."""

    way: Literal["last", "rows"]
    channels: int
    height: int
    width: int


def channels_first(recording: Recording) -> None:
    """Rewrite a recording in place so that its values are maps wherever that can be said."""
    banned: set[int] = set()
    while True:
        layouts = _layouts(recording, banned)
        stuck = {
            value
            for operation in recording.operations
            for value in operation.sources
            if value in layouts and not _goes_on(operation, recording, layouts)
        } - banned
        if not stuck:
            break
        banned |= stuck
    recording.operations[:] = [_rewritten(operation, layouts) for operation in recording.operations]
    for operation in recording.operations:
        for value in operation.outputs[:1]:
            if value in layouts or (operation.name == "alias" and operation.sources[0] in layouts):
                recording.seen[value] = recording.seen[operation.sources[0]]
    for value, layout in layouts.items():
        array = recording.values[value].reshape(layout.height, layout.width, layout.channels)
        recording.values[value] = np.ascontiguousarray(np.moveaxis(array, -1, 0))[None]


def _layouts(recording: Recording, banned: set[int]) -> dict[int, Layout]:
    found: dict[int, Layout] = {}
    for operation in recording.operations:
        if operation.sources and operation.outputs and operation.outputs[0] not in banned:
            layout = _next(operation, recording, found)
            if layout is not None:
                found[operation.outputs[0]] = layout
    return found


def _next(operation: Operation, recording: Recording, known: dict[int, Layout]) -> Layout | None:
    """Return how the first output lies; None where it lies as usual, or where nothing can be said."""
    source, shape = operation.sources[0], recording.values[operation.outputs[0]].shape
    before, name, given = known.get(source), operation.name.removesuffix("_"), operation.arguments
    if before is None:
        turned = name == "permute" and len(shape) == 4 and _dims(given) == [0, 2, 3, 1] and shape[0] == 1
        return Layout("last", shape[3], shape[1], shape[2]) if turned else None
    rows = (before.height * before.width, before.channels)
    places = (1, before.height, before.width, before.channels)
    if name in VIEWS:
        return (
            before._replace(way="rows") if shape == rows else before._replace(way="last") if shape == places else None
        )
    if name in COPIES or name in FUNCTIONS:
        return before if len(operation.sources) == 1 else None
    if name == "native_layer_norm":
        return before if list(given["normalized_shape"]) == [before.channels] else None
    if name in ("addmm", "mm") and before.way == "rows":
        first, weight = ("mat1", "mat2") if name == "addmm" else ("self", "mat2")
        plain = given.get("beta", 1) == 1 and given.get("alpha", 1) == 1 and isinstance(given[weight], Tensor)
        return before._replace(channels=shape[1]) if isinstance(given[first], Given) and plain else None
    if name in MEETINGS and given.get("rounding_mode") is None:
        others = [value for value in operation.sources if known.get(value) != before]
        constants = [value for value in (given["self"], given["other"]) if isinstance(value, Tensor)]
        fits = all(value.numel() in (1, before.channels) and value.shape[-1:] != () for value in constants)
        return before if not others and fits and shape == (places if before.way == "last" else rows) else None
    return None


def _goes_on(operation: Operation, recording: Recording, layouts: dict[int, Layout]) -> bool:
    back = operation.name == "permute" and _dims(operation.arguments) == [0, 3, 1, 2]
    return bool(operation.outputs) and (back or operation.outputs[0] in layouts)


def _dims(given: dict[str, Any]) -> list[int]:
    return [int(dim) % 4 for dim in given["dims"]]


def _rewritten(operation: Operation, layouts: dict[int, Layout]) -> Operation:
    if not operation.sources or operation.sources[0] not in layouts:
        turned = operation.outputs and operation.outputs[0] in layouts
        return _nothing(operation) if turned else operation
    given, name = operation.arguments, operation.name.removesuffix("_")
    if name in VIEWS | COPIES | {"permute"}:
        return _nothing(operation)
    if name == "native_layer_norm":
        return replace(operation, name=PLACES, outputs=operation.outputs[:1])
    if name in ("addmm", "mm"):
        weight = given["mat2"].t()[..., None, None]
        ways: dict[str, Any] = {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1}
        arguments = {"input": Given(operation.sources[0]), "weight": weight, "transposed": False, **ways}
        bias = given["self"] if name == "addmm" else None
        return replace(operation, name="convolution", arguments={**arguments, "bias": bias, "linear": True})
    return replace(operation, arguments=dict(_constants_first(given)))


def _nothing(operation: Operation) -> Operation:
    arguments = {"self": Given(operation.sources[0])}
    return replace(operation, name="alias", operator=torch.ops.aten.alias.default, arguments=arguments)


def _constants_first(given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        yield name, value.reshape(1, -1, 1, 1) if isinstance(value, Tensor) and value.numel() > 1 else value
