"""Shapes, before anything is built: what each layer makes of (H, W, C) or (F,), or why it cannot.

The sizes are Keras's: "valid" keeps whole windows only, "same" gives ⌈size / stride⌉ and pads after rather than before
where the padding is odd.
"""

from __future__ import annotations

import math

from ..layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Custom,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    Input,
    Layer,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    Normalization,
    ReLU,
    Rescaling,
    Resizing,
    SeparableConv2D,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from ..layers.arguments import both

Shape = tuple[int, ...]


class ShapeError(Exception):
    """A layer cannot work on its input; the caller knows the layer's place and makes the message whole."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy


def shape_text(shape: Shape) -> str:
    """Write a shape as people say it: 28×28×1, or "64 values"."""
    return "×".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} values"


def window(size: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int, int]:
    """Return (output size, padding before, padding after) along one side; the output size is < 1 if it cannot be."""
    reach = (kernel - 1) * dilation + 1
    if padding == "valid":
        return (size - reach) // stride + 1, 0, 0
    output = -(-size // stride)
    total = max((output - 1) * stride + reach - size, 0)
    return output, total // 2, total - total // 2


def windows(
    shape: Shape, kernel: tuple[int, int], stride: tuple[int, int], padding: str, dilation: tuple[int, int] = (1, 1)
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return :func:`window` for both sides; raises :class:`ShapeError` where the kernel is larger than the map."""
    sides = [window(*side[:3], padding, side[3]) for side in zip(shape, kernel, stride, dilation, strict=False)]
    if min(side[0] for side in sides) < 1:
        reach = "×".join(str((k - 1) * d + 1) for k, d in zip(kernel, dilation, strict=True))
        raise ShapeError(
            f"its window of {reach} is larger than the map of {shape[0]}×{shape[1]}",
            'Use padding="same", a smaller window, fewer pooling layers or strides before it, or larger images.',
        )
    return sides[0], sides[1]


def output_shape(layer: Layer, shapes: tuple[Shape, ...]) -> Shape:
    """Return the shape that a layer makes of its inputs' shapes; raises :class:`ShapeError`.

    Residual and Repeat are the business of :mod:`spirula.models.plan`, which looks inside them.
    """
    if isinstance(layer, Add | Concatenate):
        return _merged(layer, shapes)
    if len(shapes) != 1:
        raise ShapeError(f"it is given {len(shapes)} inputs", "Only Add and Concatenate take several.")
    shape = shapes[0]
    match layer:
        case Input():
            if layer.shape != shape:
                raise ShapeError(f"the data is {shape_text(shape)}", "Leave Input out, or give it the data's shape.")
            return shape
        case Custom():
            from .own import layer_shape  # trying needs torch, which shapes alone do not

            return layer_shape(layer.piece, shape)
        case Dense():
            if len(shape) > 1:
                raise ShapeError("it works on vectors", "Insert Flatten() or GlobalAveragePooling2D() before it.")
            return (layer.units,)
        case Flatten():
            return (_product(shape),)
        case BatchNormalization() | LayerNormalization() | Dropout() | Activation() | ReLU() | LeakyReLU() | Softmax():
            return shape
        case Rescaling():
            return shape
        case Normalization():
            for name, value in (("mean", layer.mean), ("variance", layer.variance)):
                if isinstance(value, tuple) and len(value) != shape[-1]:
                    remedy = f"Give one number, or {shape[-1]} numbers."
                    raise ShapeError(f"its {name} has {len(value)} numbers for {shape[-1]} channels", remedy)
            return shape
        case GroupNormalization():
            groups = shape[-1] if layer.groups == -1 else layer.groups
            if shape[-1] % groups:
                raise ShapeError(
                    f"groups = {groups} does not divide {shape[-1]} channels", "Choose groups that divides them."
                )
            if math.prod(shape) == groups:
                raise ShapeError(
                    "each of its groups has one value only, and one value less its own mean is 0",
                    "Use fewer groups, or leave the layer out.",
                )
            return shape
    if len(shape) != 3:
        raise ShapeError("it works on maps (height × width × channels)", "Put it before Flatten() or global pooling.")
    return _map_shape(layer, shape)


def _map_shape(layer: Layer, shape: Shape) -> Shape:
    channels = shape[-1]
    match layer:
        case Conv2D():
            if channels % layer.groups:
                raise ShapeError(
                    f"groups = {layer.groups} does not divide its {channels} input channels",
                    "Choose groups so that filters and input channels are both multiples of it.",
                )
            return (*_conv_sides(layer, shape), layer.filters)
        case SeparableConv2D():
            return (*_conv_sides(layer, shape), layer.filters)
        case DepthwiseConv2D():
            return (*_conv_sides(layer, shape), channels * layer.depth_multiplier)
        case MaxPooling2D() | AveragePooling2D():
            rows, columns = windows(shape, both(layer.pool_size), pool_strides(layer), layer.padding)
            return (rows[0], columns[0], channels)
        case GlobalMaxPooling2D() | GlobalAveragePooling2D():
            return (1, 1, channels) if layer.keepdims else (channels,)
        case ZeroPadding2D():
            (top, bottom), (left, right) = sides(layer)
            return (shape[0] + top + bottom, shape[1] + left + right, channels)
        case Resizing():
            return (layer.height, layer.width, channels)
        case SpatialDropout2D():
            return shape
    raise AssertionError(f"{type(layer).__name__} has no rule for its shape")


def _conv_sides(layer: Conv2D | SeparableConv2D | DepthwiseConv2D, shape: Shape) -> tuple[int, int]:
    kernel, stride, dilation = both(layer.kernel_size), both(layer.strides), both(layer.dilation_rate)
    rows, columns = windows(shape, kernel, stride, layer.padding, dilation)
    return rows[0], columns[0]


def _merged(layer: Add | Concatenate, shapes: tuple[Shape, ...]) -> Shape:
    kind = type(layer).__name__
    listed = ", ".join(map(shape_text, shapes))
    if len(shapes) < 2:
        raise ShapeError("it is given one input", f"Give it several: y = {kind}()(a, b).")
    if isinstance(layer, Add):
        if len(set(shapes)) > 1:
            raise ShapeError(
                f"its inputs differ in shape ({listed})",
                'Bring them to one shape, for instance with Conv2D(filters, 1) and padding="same".',
            )
        return shapes[0]
    rank = len(shapes[0])
    axis = (layer.axis if layer.axis > 0 else layer.axis + rank + 1) - 1
    rests = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
    if {len(shape) for shape in shapes} != {rank} or not 0 <= axis < rank or len(rests) > 1:
        raise ShapeError(
            f"its inputs do not fit beside each other along axis {layer.axis} ({listed})",
            "All other sides must be equal.",
        )
    return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])


def pool_strides(layer: MaxPooling2D | AveragePooling2D) -> tuple[int, int]:
    """Return the strides of a pooling layer: the window itself unless given."""
    return both(layer.pool_size if layer.strides is None else layer.strides)


def sides(layer: ZeroPadding2D) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return ((top, bottom), (left, right))."""
    (top, bottom), (left, right) = layer.padding  # type: ignore[misc]  # brought to this form when it was made
    return (top, bottom), (left, right)


def _product(shape: Shape) -> int:
    total = 1
    for side in shape:
        total *= side
    return total
