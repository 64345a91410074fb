"""Operators that only put values elsewhere: which one came from where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from .recording import Given, Operation, Recording
from .step import Step

MOVES = {
    *(
        "view",
        "_unsafe_view",
        "reshape",
        "_reshape_alias",
        "unsqueeze",
        "squeeze",
        "permute",
        "transpose",
        "t",
        "slice",
    ),
    *("select", "expand", "flip", "roll", "unbind", "split", "split_with_sizes", "rot90", "repeat", "index_select"),
    *("index", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "alias", "detach"),
    *("clone", "_to_copy", "lift_fresh", "contiguous", "reflection_pad2d", "replication_pad2d", "chunk", "narrow"),
    *("upsample_nearest2d", "as_strided"),
}


def moved(operation: Operation, recording: Recording, blank: Step) -> list[Step] | None:
    """Values that only change places: the operator itself, on the numbers of the places, says where each came from."""
    if len(blank.sources) != 1:
        return None
    value = recording.values[blank.sources[0]]
    if operation.name.startswith("as_strided"):  # how a value lies in memory; what it is must not change
        alike = np.array_equal(value, recording.values[blank.output])
        return [replace(blank, kind="rearrangement", settings={"same": True})] if alike else None
    numbers = torch.arange(value.size, dtype=torch.float64).reshape(value.shape)
    given = {
        name: numbers if isinstance(entry, Given) else entry
        for name, entry in operation.arguments.items()
        if name not in ("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking")
    }
    found = operation.operator(**given)
    placed = list(found) if isinstance(found, list | tuple) else [found]
    steps = []
    for output, places in zip(operation.outputs, placed, strict=True):
        order = places.reshape(-1).to(torch.int64).numpy()
        same = order.size == value.size and bool((order == np.arange(order.size)).all())
        arrays = {} if same else {"order": order.astype(np.int32)}
        steps.append(replace(blank, kind="rearrangement", output=output, settings={"same": same}, arrays=arrays))
    return steps
