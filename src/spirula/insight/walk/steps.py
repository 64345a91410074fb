"""What an operator does, in plain numbers: a table from PyTorch's operators to steps that anyone can add up.

Every value is looked at as (channels, height, width); a vector of F numbers is (F, 1, 1). An operator that is not in
the table becomes a step that is only named.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from .functions import FUNCTIONS, function_settings
from .layouts import PLACES
from .moves import MOVES, moved
from .recording import Given, Operation, Recording
from .step import Step, sides


def steps_of(operation: Operation, recording: Recording) -> list[Step]:
    """Return what an operation does, one step for each value that it gives and somebody uses."""
    name = operation.name.removesuffix("_")
    rule: Rule | None = moved if name in MOVES else _RULES.get(name)
    blank = Step("unknown", operation.places, operation.sources, operation.outputs[0], operator=operation.name)
    found = None if rule is None else rule(operation, recording, blank)
    if found is None:
        return [replace(blank, output=output) for output in operation.outputs]
    return found if isinstance(found, list) else [found]


def _maps(recording: Recording, value: int) -> bool:
    shape = recording.values[value].shape
    return len(shape) == 4 and shape[0] == 1


def _array(value: Any) -> np.ndarray:
    assert isinstance(value, Tensor)
    return np.ascontiguousarray(value.detach().float().cpu().numpy())


def _count(*tensors: Any) -> int:
    return sum(int(tensor.numel()) for tensor in tensors if isinstance(tensor, Tensor))


def _convolution(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    given = operation.arguments
    weight = given["weight"]
    if given["transposed"]:
        return replace(blank, operator="transposed convolution")
    if not isinstance(weight, Tensor) or not _maps(recording, blank.sources[0]):
        return None
    settings = {
        "kernel": list(weight.shape[2:]),
        **{name: _pair(given[name]) for name in ("stride", "padding", "dilation")},
        "groups": int(given["groups"]),
        "linear": bool(given.get("linear")),
    }
    arrays = {"weight": _array(weight)}
    if isinstance(given["bias"], Tensor):
        arrays["bias"] = _array(given["bias"])
    elif given["bias"] is not None:
        return None
    return replace(
        blank, kind="convolution", settings=settings, arrays=arrays, parameters=_count(weight, given["bias"])
    )


def _dense(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    given = operation.arguments
    inputs, weight, bias = (given.get(name) for name in ("mat1", "mat2", "self"))
    if operation.name == "mm":
        inputs, weight, bias = given["self"], given["mat2"], None
    if operation.name == "linear":
        inputs, weight, bias = given["input"], given["weight"].t(), given["bias"]
    plain = given.get("beta", 1) == 1 and given.get("alpha", 1) == 1
    if not isinstance(inputs, Given) or not isinstance(weight, Tensor) or isinstance(bias, Given) or not plain:
        return None
    if recording.values[inputs.value].shape[:-1] != (1,):
        return None
    arrays = {"weight": _array(weight.t())}
    if bias is not None:
        arrays["bias"] = _array(bias)
    return replace(blank, kind="dense", arrays=arrays, parameters=_count(weight, bias))


def _pooling(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    """Windows as [first, after the last, how many count]; they may reach beyond the map, where nothing counts."""
    if not _maps(recording, blank.sources[0]):
        return None
    given = operation.arguments
    name = operation.name
    size = recording.values[blank.sources[0]].shape[2:]
    target = recording.values[blank.output].shape[2:]
    mode = "max" if "max" in name else "mean"
    if "adaptive" in name:
        lines = [
            [[i * side // count, -(-(i + 1) * side // count), 0] for i in range(count)]
            for side, count in zip(size, target, strict=True)
        ]
        return replace(blank, kind="pooling", settings={"mode": mode, "step": [1, 1], "windows": _counted(lines)})
    kernel, padding = _pair(given["kernel_size"]), _pair(given["padding"])
    stride, step = _pair(given["stride"] or kernel), _pair(given.get("dilation") or 1)
    if given.get("divisor_override"):
        return None
    lines = []
    for axis in (0, 1):
        entries = []
        for i in range(target[axis]):
            first = i * stride[axis] - padding[axis]
            last = first + (kernel[axis] - 1) * step[axis] + 1
            inside = (max(first, 0), min(last, size[axis]))
            counted = inside[1] - inside[0]
            if given.get("count_include_pad"):
                counted = min(last, size[axis] + padding[axis]) - first
            entries.append([first, last, counted])
        lines.append(entries)
    return replace(blank, kind="pooling", settings={"mode": mode, "step": step, "windows": lines})


def _reduced(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    """The mean or the largest value of whole maps."""
    given = operation.arguments
    wanted = given.get("dim")
    value = recording.values[blank.sources[0]]
    if not _maps(recording, blank.sources[0]) or wanted is None or given.get("dtype") is not None:
        return None
    listed = wanted if isinstance(wanted, list | tuple) else [wanted]
    if {int(dim) % 4 for dim in listed} != {2, 3}:
        return None
    lines = [[[0, side, side]] for side in value.shape[2:]]
    mode = "mean" if operation.name == "mean" else "max"
    return replace(blank, kind="pooling", settings={"mode": mode, "step": [1, 1], "windows": lines})


def _normalized(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    """Batch normalisation with its stored statistics."""
    given = operation.arguments
    names = {"mean": "running_mean", "variance": "running_var", "weight": "weight", "bias": "bias"}
    arrays = {name: _array(given[key]) for name, key in names.items() if isinstance(given.get(key), Tensor)}
    if not {"mean", "variance"} <= set(arrays) or given.get("training"):
        return None
    settings = {"way": "batch", "epsilon": float(given["eps"])}
    return replace(
        blank,
        kind="normalization",
        sources=blank.sources[:1],
        settings=settings,
        arrays=arrays,
        parameters=_count(given.get("weight"), given.get("bias")),
    )


def _grouped(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    """Layer and group normalisation: mean and variance of runs of ``size`` values that lie side by side."""
    given = operation.arguments
    value = recording.values[blank.sources[0]]
    layer = operation.name == "native_layer_norm"
    size = math.prod(given["normalized_shape"]) if layer else value.size // int(given["group"]) // len(value)
    runs = value.reshape(-1, size).astype(np.float64)
    arrays = {"mean": runs.mean(1), "variance": runs.var(1)}
    arrays |= {name: _array(given[name]) for name in ("weight", "bias") if isinstance(given[name], Tensor)}
    settings = {"way": "layer" if layer else "group", "epsilon": float(given["eps"]), "size": size}
    return replace(
        blank,
        kind="normalization",
        settings=settings,
        arrays={name: array.astype(np.float32).reshape(-1) for name, array in arrays.items()},
        parameters=_count(given["weight"], given["bias"]),
    )


def _at_places(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    """Layer normalisation over the channels of each place."""
    given = operation.arguments
    maps = recording.values[blank.sources[0]][0].astype(np.float64)
    arrays = {"mean": maps.mean(0).ravel(), "variance": maps.var(0).ravel()}
    arrays |= {name: _array(given[name]) for name in ("weight", "bias") if isinstance(given[name], Tensor)}
    return replace(
        blank,
        kind="normalization",
        settings={"way": "place", "epsilon": float(given["eps"])},
        arrays={name: array.astype(np.float32) for name, array in arrays.items()},
        parameters=_count(given["weight"], given["bias"]),
    )


def _combined(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    """Two values, or a value and a constant: added, subtracted, multiplied, divided."""
    given = operation.arguments
    name = {"maximum": "max", "minimum": "min"}.get(operation.name, operation.name.removesuffix("_"))
    first, second = given["self"], given["other"]
    factor = float(given.get("alpha", 1))
    if given.get("rounding_mode") is not None:
        return None
    if isinstance(first, Given) and isinstance(second, Given):
        shapes = [recording.values[value].shape for value in (first.value, second.value)]
        if len(shapes[0]) != len(shapes[1]) or factor != 1:
            return None
        return replace(blank, kind="combination", settings={"way": name})
    if name == "rsub":
        if factor != 1:
            return None
        first, second, name = second, first, "sub"
    turned = not isinstance(first, Given)
    constant = first if turned else second
    if recording.values[blank.output].size != recording.values[blank.sources[0]].size:
        return None  # the constant is the larger one: no value is changed on its own
    settings: dict[str, Any] = {"way": name, "turned": turned}
    if isinstance(constant, Tensor):
        rank = recording.values[blank.output].ndim
        array = _array(constant).reshape([1] * (rank - constant.ndim) + list(constant.shape))
        if array.shape[:1] != (1,):
            return None
        if array.size == 1:
            settings["number"] = float(array.reshape(())) * factor
            return replace(blank, kind="constant", settings=settings)
        settings["shape"] = list(sides(array.shape))
        return replace(blank, kind="constant", settings=settings, arrays={"constant": array.reshape(-1) * factor})
    settings["number"] = float(constant) * factor
    return replace(blank, kind="constant", settings=settings)


def _activated(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    settings = function_settings(operation.name.removesuffix("_"), operation.arguments)
    if settings is None:
        return None
    arrays = {}
    weight = operation.arguments.get("weight")
    if operation.name == "_prelu_kernel" and isinstance(weight, Tensor):
        arrays["slope"] = _array(weight).reshape(-1)
    return replace(
        blank, kind="activation", sources=blank.sources[:1], settings=settings, arrays=arrays, parameters=_count(weight)
    )


def _joined(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    parts = operation.arguments["tensors"]
    if not all(isinstance(part, Given) for part in parts):
        return None
    shape = recording.values[blank.output].shape
    axis = int(operation.arguments.get("dim", 0)) % len(shape) - 1
    if shape[0] != 1 or len(shape) not in (2, 4) or axis < 0:
        return None
    return replace(blank, kind="concatenation", settings={"axis": axis})


def _padded(operation: Operation, recording: Recording, blank: Step) -> Step | None:
    around = [int(number) for number in operation.arguments["pad"]]
    if not _maps(recording, blank.sources[0]) or any(around[4:]):
        return None
    left, _, top, _ = [*around, 0, 0][:4]
    number = float(operation.arguments.get("value") or 0)
    return replace(blank, kind="padding", settings={"top": top, "left": left, "number": number})


def _counted(lines: list[list[list[int]]]) -> list[list[list[int]]]:
    return [[[first, last, last - first] for first, last, _ in entries] for entries in lines]


def _pair(value: Any) -> list[int]:
    listed = [int(number) for number in value] if isinstance(value, list | tuple) else [int(value)]
    return listed if len(listed) == 2 else listed * 2


Rule = Callable[[Operation, Recording, Step], Step | list[Step] | None]
_RULES: dict[str, Rule] = {
    "convolution": _convolution,
    **dict.fromkeys(("addmm", "mm", "linear"), _dense),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool2d", "avg_pool2d"), _pooling),
    **dict.fromkeys(("_adaptive_avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"), _pooling),
    **dict.fromkeys(("mean", "amax"), _reduced),
    **dict.fromkeys(("native_batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm"), _normalized),
    **dict.fromkeys(("_batch_norm_no_update", "batch_norm"), _normalized),
    **dict.fromkeys(("native_layer_norm", "native_group_norm"), _grouped),
    **dict.fromkeys(("add", "sub", "rsub", "mul", "div", "maximum", "minimum"), _combined),
    **dict.fromkeys(FUNCTIONS, _activated),
    PLACES: _at_places,
    "cat": _joined,
    "constant_pad_nd": _padded,
}
