"""How each of PyTorch's operators moves the bounds of :mod:`spirula.insight.reach`. A table that can be read.

Bounds are float32 (5, *shape of the value), combined by maximum; −∞ is what sees nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from . import reach_windows as windows
from .reach_windows import PLANES


class Known(Protocol):
    """What the rules ask of who follows the values."""

    gates: bool

    def bounds(self, value: Tensor) -> Tensor | None: ...

    def depends(self, value: Tensor) -> bool: ...


Rule = Callable[[Any, Any, Any, Known, Sequence[Tensor]], Sequence[Tensor]]

_RESHAPES = {"view", "_unsafe_view", "reshape", "_reshape_alias", "unsqueeze", "squeeze", "as_strided_", "unsqueeze_"}
_MOVES = {
    *("permute", "transpose", "t", "slice", "select", "expand", "flip", "roll", "unbind", "split", "rot90", "repeat"),
    *("split_with_sizes", "index_select", "index", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "diagonal"),
    *("native_channel_shuffle", "reflection_pad2d", "replication_pad2d", "cat", "stack", "transpose_", "squeeze_"),
}
_REDUCTIONS = {
    *("mean", "sum", "amax", "amin", "max", "min", "norm", "linalg_vector_norm", "var", "std", "var_mean", "logsumexp"),
    *("prod", "median"),
}
_ALONG = {"_softmax", "_log_softmax", "_safe_softmax", "cumsum", "_fft_r2c", "_fft_c2c", "_fft_c2r", "sort", "topk"}
_SAME = {  # each value from the one in its place; the statistics of normalisation layers do not count
    *("_to_copy", "clone", "alias", "detach", "lift_fresh", "view_as_real_copy", "native_batch_norm", "hardswish_"),
    *("_native_batch_norm_legit_no_training", "_batch_norm_no_update", "native_group_norm", "batch_norm"),
    *("hardswish", "_prelu_kernel", "log_sigmoid_forward", "abs_"),
    *("instance_norm", "group_norm", "cudnn_batch_norm", "miopen_batch_norm", "mish_", "silu_", "gelu_", "elu_"),
}


def rule_of(func: Any) -> Rule | None:
    """Return the rule of an operator; None for one whose result cannot be said."""
    name = func.overloadpacket.__name__
    if name in _RULES:
        return _RULES[name]
    if name.startswith("_scaled_dot_product"):
        return _attention
    return _pointwise if torch.Tag.pointwise in func.tags else None


def takes_only_a_shape(func: Any) -> bool:
    """Whether an operator makes a new tensor that has nothing but the shape or the type of the one it is given."""
    name: str = func.overloadpacket.__name__
    return name.startswith("new_") or name.endswith("_like")


def is_gate(shape: Sequence[int], target: Sequence[int]) -> bool:
    """Whether a value of ``shape`` is one for a whole map of a result of four dimensions."""
    if len(shape) != 4 or len(target) != 4:
        return False
    return sum(side == 1 and result > 1 for side, result in zip(shape, target, strict=True)) >= 2


def arguments(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return an operator's arguments by their names, defaults included."""
    return {
        entry.name: args[i] if i < len(args) else kwargs.get(entry.name, entry.default_value)
        for i, entry in enumerate(func._schema.arguments)
    }


def _of(known: Known, value: Tensor) -> Tensor:
    found = known.bounds(value)
    assert found is not None  # the watch asks for a rule only where all are known
    return found


def _pointwise(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    target = tuple(outputs[0].shape)
    values = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor) and known.depends(leaf)]
    maps = [value for value in values if known.gates or not is_gate(tuple(value.shape), target)] or values
    united = _broadcast(_of(known, maps[0]), target)
    for value in maps[1:]:
        united = torch.maximum(united, _broadcast(_of(known, value), target))
    return [united] * len(outputs)


def _broadcast(bounds: Tensor, target: tuple[int, ...]) -> Tensor:
    missing = len(target) + 1 - bounds.ndim
    return bounds.reshape(PLANES, *[1] * missing, *bounds.shape[1:]).expand(PLANES, *target)


def _same(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [_of(known, args[0])]


def _copied(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    """In place of the first comes the second, or a constant."""
    source = args[1] if len(args) > 1 and isinstance(args[1], Tensor) else torch.zeros((), device=args[0].device)
    return [_broadcast(_of(known, source), tuple(outputs[0].shape))]


def _reshaped(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [_of(known, args[0]).reshape(PLANES, *outputs[0].shape)]


def _moved(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    """The operator itself, on each plane. What stands in an index must be a constant."""
    joins = func.overloadpacket.__name__ in ("cat", "stack")
    indices = tree_leaves((args[1:], kwargs)) if not joins else []
    if any(isinstance(leaf, Tensor) and known.depends(leaf) for leaf in indices):
        return []
    planes = []
    for plane in range(PLANES):

        def replaced(leaf: Any, plane: int = plane) -> Any:
            if isinstance(leaf, Tensor) and (joins or known.depends(leaf)):
                return _of(known, leaf)[plane]
            return leaf

        planes.append(tree_leaves(func(*tree_map(replaced, args), **tree_map(replaced, kwargs))))
    return [torch.stack(parts) for parts in zip(*planes, strict=True)]


def _padded(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [windows.padded(_of(known, args[0]), list(args[1]))]


def _dims(func: Any, args: Any, kwargs: Any) -> list[int]:
    """Return the dimensions along which an operator goes, counted from the end; all of them where it names none."""
    dim = arguments(func, args, kwargs).get("dim")
    listed = [dim] if isinstance(dim, int) else list(dim or [])
    return [d if d < 0 else d - args[0].ndim for d in listed] or list(range(-args[0].ndim, 0))


def _reduced(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    if len(args) > 1 and isinstance(args[1], Tensor):  # max(a, b)
        return _pointwise(func, args, kwargs, known, outputs)
    found = _of(known, args[0]).amax(_dims(func, args, kwargs))
    return [found.reshape(PLANES, *output.shape) for output in outputs]


def _along(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    """Every value along the dimensions sees all the others there."""
    found = _of(known, args[0]).amax(_dims(func, args, kwargs), keepdim=True)
    return [found.expand(PLANES, *output.shape) for output in outputs]


def _layer_norm(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    """Over the channels of one position these are mixed; over a whole map only statistics would be."""
    found = _of(known, args[0])
    return [found.amax(-1, keepdim=True).expand(found.shape) if len(args[1]) == 1 else found]


def _product(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    """Matrices (…, n, k) · (…, k, m), with or without a term."""
    *terms, left, right = (_of(known, value) for value in args if isinstance(value, Tensor))
    target = tuple(outputs[0].shape)
    united = torch.maximum(left.amax(-1, keepdim=True), right.amax(-2, keepdim=True)).expand(PLANES, *target)
    for term in terms:
        united = torch.maximum(united, _broadcast(term, target))
    return [united]


def _attention(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    queries, keys, values = (_of(known, value) for value in args[:3])
    others = torch.maximum(keys.amax((-2, -1), keepdim=True), values.amax(-2, keepdim=True))
    return [torch.maximum(queries.amax(-1, keepdim=True), others).expand(PLANES, *outputs[0].shape)]


def _convolved(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    given = arguments(func, args, kwargs)
    if known.depends(given["weight"]) or outputs[0].ndim > 4:
        return []  # kernels made from the picture; volumes
    return [windows.convolved(_of(known, args[0]), given, tuple(outputs[0].shape))]


def _pooled(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [windows.pooled(_of(known, args[0]), arguments(func, args, kwargs), tuple(outputs[0].shape))]


def _pooled_to(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [windows.pooled_to(_of(known, args[0]), tuple(outputs[0].shape))]


def _resized(func: Any, args: Any, kwargs: Any, known: Known, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [windows.resized(_of(known, args[0]), lambda value: func(value, *args[1:], **kwargs))]


_RULES: dict[str, Rule] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_RESHAPES, _reshaped),
    **dict.fromkeys(_MOVES, _moved),
    **dict.fromkeys(_REDUCTIONS, _reduced),
    **dict.fromkeys(_ALONG, _along),
    **dict.fromkeys(("copy_", "fill_", "zero_"), _copied),
    **dict.fromkeys(("mm", "bmm", "addmm", "baddbmm"), _product),
    **dict.fromkeys(("native_layer_norm", "_fused_rms_norm"), _layer_norm),
    **dict.fromkeys(("max_pool2d_with_indices", "avg_pool2d", "max_pool2d"), _pooled),
    **dict.fromkeys(("_adaptive_avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"), _pooled_to),
    **dict.fromkeys(("upsample_nearest2d", "_upsample_nearest_exact2d", "upsample_bilinear2d"), _resized),
    **dict.fromkeys(("upsample_bicubic2d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa"), _resized),
    "constant_pad_nd": _padded,
    "convolution": _convolved,
}
