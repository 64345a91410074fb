"""Weights of Keras in the places of ours.

Keras keeps pictures as (H, W, C) and kernels as (H, W, in, out); torch as (C, H, W) and (out, in, H, W). A map that
was flattened therefore lies in another order: :func:`orders` follows it to where it meets the next weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ...errors import ModelError
from ...layers import (
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    LayerNormalization,
    Normalization,
    SeparableConv2D,
)
from ..plan import Node, Plan

Order = np.ndarray | None  # int64 (F,): our value i is Keras's value order[i]; None where they agree

_WEIGHTED = (
    Conv2D, SeparableConv2D, DepthwiseConv2D, Dense, BatchNormalization, LayerNormalization, GroupNormalization,
    Normalization,
)  # fmt: skip


def orders(plan: Plan) -> dict[str, tuple[Order, Order]]:
    """Return, per layer, the order of its input and of its output.

    Raises :class:`ModelError` where values of different orders meet, or leave the network in another order.
    """
    made: dict[str, Order] = {"input": None}
    found: dict[str, tuple[Order, Order]] = {}
    for node in plan.nodes:
        given = [made[name] for name in node.inputs]
        made[node.name] = _after(node, given)
        found[node.name] = (given[0], made[node.name])
    if made[plan.output] is not None:
        raise ModelError(
            "The network ends in a flattened map, whose values lie in another order here.", "End it with Dense(…)."
        )
    return found


def _after(node: Node, given: Sequence[Order]) -> Order:
    match node.layer:
        case Flatten():
            return _flattened(node.input_shapes[0]) if len(node.input_shapes[0]) == 3 else given[0]
        case Dense() | GlobalAveragePooling2D() | GlobalMaxPooling2D():
            return None
        case Concatenate() if any(order is not None for order in given):
            widths = [shape[0] for shape in node.input_shapes]
            starts = np.cumsum([0, *widths[:-1]])
            whole = [np.arange(w) if order is None else order for w, order in zip(widths, given, strict=True)]
            return np.concatenate([start + order for start, order in zip(starts, whole, strict=True)])
        case Add() if not all(_same(order, given[0]) for order in given):
            raise ModelError(
                f"{node.name} adds a flattened map to values of another order.", "Put Dense(…) after Flatten()."
            )
        case GroupNormalization() if given[0] is not None:
            raise ModelError(
                f"{node.name} divides a flattened map into groups.", "Put it before Flatten(), or after Dense(…)."
            )
    return given[0]


def _flattened(shape: Sequence[int]) -> Order:
    height, width, channels = shape
    order = np.arange(height * width * channels).reshape(height, width, channels).transpose(2, 0, 1).ravel()
    return None if np.array_equal(order, np.arange(len(order))) else order


def _same(one: Order, other: Order) -> bool:
    return one is other or (one is not None and other is not None and np.array_equal(one, other))


def state_of(
    node: Node, modules: Sequence[str], arrays: Sequence[np.ndarray], order: Order, where: str
) -> dict[str, Tensor]:
    """Return the entries of the state dict that one layer's arrays become.

    Parameters
    ----------
    node, modules: the layer in its plan, and the names of the modules that it consists of.
    arrays: as Keras saved them, in its order (kernel, bias; gamma, beta, mean, variance; …).
    order: of the layer's input. where: what an error calls the layer.

    Raises :class:`ModelError` for another number or shape of arrays than the layer has.
    """
    layer = node.layer
    if not isinstance(layer, _WEIGHTED):
        return {}
    rows: Callable[[np.ndarray], np.ndarray] = lambda array: array if order is None else array[order]  # noqa: E731
    channels = node.input_shapes[0][-1]
    main = next(name for name in modules if not name.endswith("_pad"))
    wanted = _names(layer)
    if len(arrays) != len(wanted):
        raise ModelError(f"{where} holds {len(arrays)} arrays, not {len(wanted)} ({', '.join(wanted)}).", _DAMAGED)
    given = dict(zip(wanted, arrays, strict=True))
    state: dict[str, np.ndarray] = {}
    for name, array in given.items():
        match layer, name:
            case SeparableConv2D(), "depthwise":
                state[f"{main}.weight"] = _depthwise(array, where)
            case SeparableConv2D(), "pointwise":
                state[f"{modules[list(modules).index(main) + 1]}.weight"] = _turned(array, where)
            case SeparableConv2D(), "bias":
                state[f"{modules[list(modules).index(main) + 1]}.bias"] = array
            case DepthwiseConv2D(), "kernel":
                state[f"{main}.weight"] = _depthwise(array, where)
            case Conv2D(), "kernel":
                state[f"{main}.weight"] = _turned(array, where)
            case Dense(), "kernel":
                state[f"{main}.weight"] = rows(_checked(array, (channels, layer.units), where)).T
            case ((Conv2D() | DepthwiseConv2D() | Dense()), "bias"):
                state[f"{main}.bias"] = array
            case Normalization(), ("mean" | "variance"):
                state[f"{main}.{name}"] = rows(np.broadcast_to(_fits(array, channels, where), (channels,)))
            case Normalization(), "count":
                state[f"{main}.count"] = array.reshape(())
            case _:
                state[f"{main}.{name}"] = rows(_checked(array, (channels,), where))
    if isinstance(layer, BatchNormalization):
        state[f"{main}.num_batches_tracked"] = np.zeros((), np.int64)
    return {name: _tensor(array) for name, array in state.items()}


_DAMAGED = "The file is damaged, or another program wrote it: save it anew with model.save('x.keras')."


def _names(layer: object) -> list[str]:
    match layer:
        case SeparableConv2D(use_bias=bias):
            return ["depthwise", "pointwise", *(["bias"] if bias else [])]
        case Conv2D(use_bias=bias) | DepthwiseConv2D(use_bias=bias) | Dense(use_bias=bias):
            return ["kernel", *(["bias"] if bias else [])]
        case BatchNormalization(center=center, scale=scale):
            return [*_scaled(center, scale), "running_mean", "running_var"]
        case LayerNormalization(center=center, scale=scale) | GroupNormalization(center=center, scale=scale):
            return _scaled(center, scale)
        case Normalization(mean=None):
            return ["mean", "variance", "count"]
    return []


def _scaled(center: bool, scale: bool) -> list[str]:
    return [*(["weight"] if scale else []), *(["bias"] if center else [])]


def _turned(kernel: np.ndarray, where: str) -> np.ndarray:
    return _ranked(kernel, where).transpose(3, 2, 0, 1)


def _depthwise(kernel: np.ndarray, where: str) -> np.ndarray:
    height, width, channels, multiplier = _ranked(kernel, where).shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)


def _ranked(kernel: np.ndarray, where: str) -> np.ndarray:
    if kernel.ndim != 4:
        raise ModelError(f"{where} holds a kernel of shape {kernel.shape}.", _DAMAGED)
    return kernel


def _checked(array: np.ndarray, shape: tuple[int, ...], where: str) -> np.ndarray:
    if array.shape != shape:
        raise ModelError(f"{where} holds an array of shape {array.shape}, not {shape}.", _DAMAGED)
    return array


def _fits(array: np.ndarray, channels: int, where: str) -> np.ndarray:
    """A mean (or variance) per channel, or one for all (``axis=None``)."""
    return array if array.ndim == 0 else _checked(array, (channels,), where)


def _tensor(array: np.ndarray) -> Tensor:
    whole = array.astype(np.int64) if array.dtype.kind in "iu" else array.astype(np.float32)
    return torch.from_numpy(np.array(whole, order="C"))
