"""The arithmetic of a network, layer by layer: shapes, parameters, multiply-adds and receptive fields, without torch.

These are the formulas of the textbooks, computed from the layers' arguments alone. :mod:`spirula.models.summary` counts
the same numbers in the built modules, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from ..layers import (
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Custom,
    Dense,
    DepthwiseConv2D,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    GroupNormalization,
    LayerNormalization,
    MaxPooling2D,
    Normalization,
    Residual,
    Resizing,
    SeparableConv2D,
    ZeroPadding2D,
)
from ..layers.arguments import Layer, both
from .field import UNKNOWN, WHOLE, Field
from .plan import Node, Plan
from .shapes import Shape, ShapeError, output_shape, pool_strides, sides, windows

Windowed = Conv2D | SeparableConv2D | DepthwiseConv2D | MaxPooling2D | AveragePooling2D
Pooling = MaxPooling2D | AveragePooling2D


@dataclass(frozen=True)
class Step:
    """One layer and its numbers. ``before`` and ``after`` are receptive fields; what only its code knows is None."""

    name: str
    node: Node
    level: int
    before: Field
    after: Field
    trainable: int | None
    frozen: int | None
    multiply_adds: int | None

    @property
    def layer(self) -> Layer:
        return self.node.layer

    @property
    def shape(self) -> Shape:
        """The shape of the (first) input."""
        return self.node.input_shapes[0]

    @property
    def output(self) -> Shape:
        return self.node.output_shape

    @property
    def weights(self) -> int | None:
        """Trainable parameters without the slope that the activation prelu learns."""
        return None if self.trainable is None else self.trainable - slopes(self.layer)

    @property
    def parameters(self) -> int | None:
        return None if self.trainable is None or self.frozen is None else self.trainable + self.frozen


def steps(plan: Plan) -> tuple[Step, ...]:
    """Return the layers of a plan in the order of the summary's rows; those inside a block stand before its sum."""
    start = Field() if len(plan.input_shape) == 3 else WHOLE
    return tuple(_walk(plan.nodes, start, "", 0)[0])


def _walk(nodes: Sequence[Node], start: Field, prefix: str, level: int) -> tuple[list[Step], Field]:
    fields = {"input": start}
    made: list[Step] = []
    last = start
    for node in nodes:
        given = [fields[name] for name in node.inputs]
        name = prefix + node.name
        if isinstance(node.layer, Residual):
            body, through = _walk(node.body, given[0], f"{name}.body.", level + 1)
            shortcut, beside = _walk(node.shortcut, given[0], f"{name}.shortcut.", level + 1)
            made += [*body, *shortcut]
            last, name = _united([through, beside], node.output_shape), f"{name}.add"
        else:
            last = _moved(node, given)
        weights, frozen = _parameters(node)
        trainable = None if weights is None else weights + slopes(node.layer)
        made.append(Step(name, node, level, given[0], last, trainable, frozen, _work(node)))
        fields[node.name] = last
    return made, last


def slopes(layer: Layer) -> int:
    """Return how many parameters a layer's activation has: prelu learns one slope, the others nothing."""
    return int(getattr(layer, "activation", None) == "prelu")


def window_of(layer: Windowed) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Return (window, strides, dilation), each (height, width)."""
    if isinstance(layer, MaxPooling2D | AveragePooling2D):
        return both(layer.pool_size), pool_strides(layer), (1, 1)
    return both(layer.kernel_size), both(layer.strides), both(layer.dilation_rate)


def without_pooling(plan: Plan) -> Plan | None:
    """Return a chain up to its first ``Flatten`` as it would be without its pooling layers; None if it has none."""
    place = next((at for at, node in enumerate(plan.nodes) if isinstance(node.layer, Flatten)), None)
    if place is None or not plan.chain or not any(isinstance(node.layer, Pooling) for node in plan.nodes[:place]):
        return None
    if any(isinstance(node.layer, Residual) for node in plan.nodes[:place]):
        return None  # a block's shortcut is made for its own shapes
    shape, nodes, source = plan.input_shape, [], "input"
    for node in plan.nodes[: place + 1]:
        if not isinstance(node.layer, Pooling):
            try:
                made = output_shape(node.layer, (shape,))
            except ShapeError:
                return None  # a layer of the user's own that is made for one size
            nodes.append(Node(node.name, node.layer, (source,), (shape,), made))
            shape, source = made, node.name
    return Plan(plan.input_shape, tuple(nodes), source)


def _parameters(node: Node) -> tuple[int, int] | tuple[None, None]:
    """Return (trainable, other) parameters as Keras's summary counts them, without an activation's."""
    layer, channels = node.layer, node.input_shapes[0][-1]
    match layer:
        case Conv2D():
            return (prod(both(layer.kernel_size)) * channels // layer.groups + layer.use_bias) * layer.filters, 0
        case SeparableConv2D():
            middle = channels * layer.depth_multiplier
            return prod(both(layer.kernel_size)) * middle + (middle + layer.use_bias) * layer.filters, 0
        case DepthwiseConv2D():
            return (prod(both(layer.kernel_size)) + layer.use_bias) * channels * layer.depth_multiplier, 0
        case Dense():
            return (channels + layer.use_bias) * layer.units, 0
        case BatchNormalization():
            return (layer.center + layer.scale) * channels, 2 * channels
        case LayerNormalization() | GroupNormalization():
            return (layer.center + layer.scale) * channels, 0
        case Normalization():
            return 0, 2 * channels + 1 if layer.mean is None else 0
    return (None, None) if isinstance(layer, Custom) else (0, 0)


def _work(node: Node) -> int | None:
    """Return the multiply-adds of convolutions and dense layers for one input."""
    layer, output = node.layer, node.output_shape
    match layer:
        case Conv2D():
            return prod(output) * prod(both(layer.kernel_size)) * (node.input_shapes[0][-1] // layer.groups)
        case SeparableConv2D():
            positions, middle = prod(output[:2]), node.input_shapes[0][-1] * layer.depth_multiplier
            return positions * middle * prod(both(layer.kernel_size)) + positions * middle * layer.filters
        case DepthwiseConv2D():
            return prod(output) * prod(both(layer.kernel_size))
        case Dense():
            return node.input_shapes[0][0] * layer.units
    return None if isinstance(layer, Custom) else 0


def _moved(node: Node, given: Sequence[Field]) -> Field:
    """Return the receptive field after a layer."""
    layer, shape, before = node.layer, node.input_shapes[0], given[0]
    match layer:
        case Conv2D() | SeparableConv2D() | DepthwiseConv2D() | MaxPooling2D() | AveragePooling2D():
            window, strides, dilation = window_of(layer)
            rows, columns = windows(shape, window, strides, layer.padding, dilation)
            return before.window(window, strides, (rows[1], columns[1]), dilation)
        case Flatten() | Dense():
            return WHOLE if before.known else before
        case GlobalMaxPooling2D() | GlobalAveragePooling2D():
            stays = not before.known or (layer.keepdims and max(shape[:2]) == 1)
            return before if stays else WHOLE
        case ZeroPadding2D():
            (top, _), (left, _) = sides(layer)
            return before.window((1, 1), (1, 1), (top, left))
        case Resizing():
            return _resized(layer, shape, before)
        case Add():
            return _united(given, node.output_shape)
        case Concatenate():
            along_channels = len(shape) == 1 or layer.axis in (-1, 3)
            return _united(given, node.output_shape) if along_channels else UNKNOWN
    return UNKNOWN if isinstance(layer, Custom) else before


def _united(given: Sequence[Field], shape: Shape) -> Field:
    found = given[0]
    for other in given[1:]:
        found = found.union(other, (shape[0], shape[1]) if len(shape) == 3 else (1, 1))
    return found


def _resized(layer: Resizing, shape: Shape, before: Field) -> Field:
    """A resized map: how many positions each new one mixes depends on where it lies; the most is taken."""
    if (layer.height, layer.width) == (1, 1) and max(shape[:2]) > 1:
        return WHOLE if before.known else before
    scale = (shape[0] / layer.height, shape[1] / layer.width)
    support = {"nearest": 0.5, "bilinear": 1.0, "bicubic": 2.0}[layer.interpolation]
    reach = [support * (max(side, 1.0) if layer.antialias else 1.0) for side in scale]
    offset = (reach[0] - 0.5 * scale[0], reach[1] - 0.5 * scale[1])
    return before.window((2 * reach[0], 2 * reach[1]), scale, offset)
