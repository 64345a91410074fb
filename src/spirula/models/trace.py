"""Watch one forward pass: shapes, multiply-adds and receptive fields of every module, for any torch module.

The pass runs under a torch function mode, so that also what modules do without sub-modules (``x + y``, ``torch.cat``,
``functional.conv2d``) is seen. What the watcher cannot follow has an unknown field, never a wrong one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..errors import ModelError
from .field import UNKNOWN, WHOLE, Field
from .shapes import Shape, shape_text

_MAX_POOLS = ("max_pool2d", "_max_pool2d", "max_pool2d_with_indices")
_AVERAGE_POOLS = ("avg_pool2d",)
_ADAPTIVE_POOLS = ("adaptive_avg_pool2d", "adaptive_max_pool2d", "_adaptive_max_pool2d")
_IN_PLACE = {  # functions that keep every position where it is, whatever their arguments
    *("relu", "relu_", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "tanh"),
    *("sigmoid", "softmax", "hardtanh", "hardswish", "hardsigmoid", "hardshrink", "relu6", "logsigmoid", "dropout"),
    *("dropout2d", "feature_dropout", "batch_norm", "group_norm", "instance_norm", "contiguous", "clone", "to"),
    *("float", "detach", "type_as", "add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_", "clamp", "clamp_min"),
    *("__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__imul__", "__truediv__"),
    *("sqrt", "exp", "abs", "square", "pow", "maximum", "minimum", "cat", "concat"),
    *("log", "log1p", "expm1", "neg", "sin", "cos", "erf", "__rsub__", "__neg__", "rsub", "softshrink", "tanhshrink"),
    *("log_softmax", "prelu"),
}
_KEEPING_MODULES = (nn.LayerNorm, nn.GroupNorm, nn.Identity, nn.Dropout)  # even where they permute inside


@dataclass
class Call:
    """One call of one module."""

    path: str
    module: nn.Module
    output_shape: Shape
    field: Field
    multiply_adds: int
    leaf: bool


@dataclass
class Trace:
    """Calls in the order of their ends."""

    calls: list[Call] = field(default_factory=list)


class _Watcher(TorchFunctionMode):
    def __init__(self, image: Tensor) -> None:
        super().__init__()
        # The tensors are kept with their fields: while they live, their ids are theirs alone.
        self.known: dict[int, tuple[Tensor, Field]] = {}
        self.multiply_adds = 0
        self.note(image, Field() if image.ndim == 4 else WHOLE)

    def note(self, tensor: Tensor, found: Field) -> None:
        self.known[id(tensor)] = (tensor, found)

    def field(self, tensor: Tensor) -> Field | None:
        entry = self.known.get(id(tensor))
        return entry[1] if entry else None

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        inputs = [(tensor, found) for tensor in _tensors((args, kwargs)) if (found := self.field(tensor)) is not None]
        shapes = [tuple(tensor.shape) for tensor, _ in inputs]  # before an operation in place may change them
        result = func(*args, **kwargs)
        outputs = list(_tensors(result))
        name = getattr(func, "__name__", "")
        if inputs and outputs and not name.startswith("new_") and not name.endswith("_like"):
            self.multiply_adds += _cost(name, args, outputs[0])
            found = _moved(name, args, kwargs, [entry for _, entry in inputs], shapes, tuple(outputs[0].shape))
            for output in outputs:
                self.note(output, found)
        return result


@torch.no_grad()
def trace(module: nn.Module, shape: Shape) -> Trace:
    """Run ``module`` once on a blank input of (H, W, C) or (F,) and return what every module did.

    The module's mode, statistics and torch's random state stay as they are.
    """
    training = [part for part in module.modules() if part.training]
    parameter = next(module.parameters(), None)
    order = (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape
    image = torch.zeros(1, *order, device=parameter.device if parameter is not None else "cpu")
    found = Trace()
    watcher = _Watcher(image)
    costs: list[int] = []

    def before(*_: Any) -> None:
        costs.append(watcher.multiply_adds)

    def after(path: str) -> Callable[..., None]:
        def record(part: nn.Module, inputs: Any, output: Any) -> None:
            spent = watcher.multiply_adds - costs.pop()
            tensor = next(_tensors(output), None)
            if tensor is None:
                return
            given = next(_tensors(inputs), tensor)
            if isinstance(part, _KEEPING_MODULES) and given.shape == tensor.shape:
                watcher.note(tensor, watcher.field(given) or UNKNOWN)
            leaf = next(part.children(), None) is None
            known = watcher.field(tensor) or UNKNOWN
            found.calls.append(Call(path, part, _shape(tensor), known, spent, leaf))

        return record

    hooks = []
    for path, part in module.named_modules():
        hooks += [part.register_forward_pre_hook(before), part.register_forward_hook(after(path))]
    module.eval()
    try:
        with torch.random.fork_rng(devices=[]), watcher:
            module(image)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ModelError(
            f"The module {type(module).__name__} fails on an input of {shape_text(shape)}: {error}",
            "Give the shape that the module was made for, as height×width×channels or features.",
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
        for part in training:
            part.training = True
    return found


def _shape(tensor: Tensor) -> Shape:
    if tensor.ndim == 4:
        _, channels, height, width = tensor.shape
        return (height, width, channels)
    return tuple(tensor.shape[1:]) or (1,)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _cost(name: str, args: tuple[Any, ...], output: Tensor) -> int:
    """Multiply-adds of convolutions and dense layers for one input; nothing else is counted."""
    if name in ("conv2d", "linear", "conv1d", "conv3d") and len(args) > 1:
        return int(output.numel() * math.prod(args[1].shape[1:]))
    return 0


def _moved(
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    fields: list[Field],
    shapes: list[tuple[int, ...]],
    result: tuple[int, ...],
) -> Field:
    """Return the field of a function's result from those of its inputs."""
    known, shape = fields[0], shapes[0]
    if all(entry.whole for entry in fields) or any(not entry.known for entry in fields):
        return WHOLE if all(entry.known for entry in fields) else UNKNOWN
    if name == "conv2d":
        given = dict(zip(("input", "weight", "bias", "stride", "padding", "dilation"), args, strict=False)) | kwargs
        kernel = tuple(given["weight"].shape[2:])
        return _slide(known, kernel, given.get("stride", 1), given.get("padding", 0), given.get("dilation", 1))
    if name in _MAX_POOLS:
        given = dict(zip(("input", "kernel_size", "stride", "padding", "dilation"), args, strict=False)) | kwargs
        kernel = _pair(given["kernel_size"])
        stride = given.get("stride") or kernel
        return _slide(known, kernel, stride, given.get("padding", 0), given.get("dilation", 1))
    if name in _AVERAGE_POOLS:
        given = dict(zip(("input", "kernel_size", "stride", "padding"), args, strict=False)) | kwargs
        kernel = _pair(given["kernel_size"])
        return _slide(known, kernel, given.get("stride") or kernel, given.get("padding", 0), 1)
    if len(result) == 2 or (len(result) == 4 and result[2:] == (1, 1) and max(shape[2:], default=1) > 1):
        return WHOLE  # flattened, or pooled to one position
    if name in _ADAPTIVE_POOLS and len(result) == 4:
        kernel = (shape[2] // result[2], shape[3] // result[3])
        even = kernel[0] * result[2] == shape[2] and kernel[1] * result[3] == shape[3]
        return known.window(kernel, kernel, (0, 0)) if even else UNKNOWN
    if name in ("pad", "constant_pad_nd"):
        around = tuple(args[1] if len(args) > 1 else kwargs["pad"])
        if len(around) != 4:
            return known if not any(around[:4]) else UNKNOWN
        return known.window((1, 1), (1, 1), (around[2], around[0]))
    if name == "interpolate":
        return _scaled(known, kwargs, shape, result)
    return _united(name, fields, shapes, result)


def _united(name: str, fields: list[Field], shapes: list[tuple[int, ...]], result: tuple[int, ...]) -> Field:
    maps = [(entry, shape) for entry, shape in zip(fields, shapes, strict=True) if len(shape) == 4]
    if name in _IN_PLACE and len(result) == 4:
        full = [entry for entry, shape in maps if shape[2:] == result[2:] or entry.whole]
        if len(full) == len(fields):
            union = full[0]
            for entry in full[1:]:
                union = union.union(entry, (result[2], result[3]))
            return union
    return UNKNOWN  # slicing and rolling may keep the sides of a map and still move its positions


def _slide(known: Field, kernel: tuple[int, ...], stride: Any, padding: Any, dilation: Any) -> Field:
    steps, holes = _pair(stride), _pair(dilation)
    if padding == "same":
        before = tuple((k - 1) * d // 2 for k, d in zip(kernel, holes, strict=True))
    else:
        before = (0, 0) if padding == "valid" else _pair(padding)
    return known.window((kernel[0], kernel[1]), steps, (before[0], before[1]), holes)


def _scaled(known: Field, kwargs: dict[str, Any], shape: tuple[int, ...], result: tuple[int, ...]) -> Field:
    """A resized map: how many positions each new one mixes depends on where it lies; the most is taken."""
    scale = (shape[2] / result[2], shape[3] / result[3])
    support = {"nearest": 0.5, "bilinear": 1.0, "bicubic": 2.0}.get(kwargs.get("mode", "nearest"))
    if support is None:
        return UNKNOWN
    reach = [support * (max(side, 1.0) if kwargs.get("antialias") else 1.0) for side in scale]
    kernel = (2 * reach[0], 2 * reach[1])
    return known.window(kernel, scale, (reach[0] - 0.5 * scale[0], reach[1] - 0.5 * scale[1]))


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, list | tuple):
        return (int(value[0]), int(value[-1]))
    return (int(value), int(value))
