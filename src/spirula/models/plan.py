"""The plan of a network: every layer with its name, its inputs and its shapes, before a single weight is made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..errors import ModelError
from ..layers import (
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Input,
    Layer,
    MaxPooling2D,
    Repeat,
    Residual,
    ResidualBlock,
    SeparableConv2D,
    Stack,
)
from ..layers.arguments import both
from .notation import layer_kind, layer_text
from .shapes import Shape, ShapeError, output_shape, pool_strides, shape_text
from .wiring import INPUT, wire


@dataclass(frozen=True)
class Node:
    """One layer in its place. ``inputs`` are names of nodes, or "input"."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    body: tuple[Node, ...] = ()  # of a Residual
    shortcut: tuple[Node, ...] = ()  # of a Residual; empty: the identity


@dataclass(frozen=True)
class Plan:
    """Nodes in the order of computing. ``output`` names the node whose result is the network's."""

    input_shape: Shape
    nodes: tuple[Node, ...]
    output: str = "input"

    def node(self, name: str) -> Node | None:
        """Return the node of a name, or None for "input"."""
        return next((node for node in self.nodes if node.name == name), None)

    @property
    def output_shape(self) -> Shape:
        node = self.node(self.output)
        return node.output_shape if node else self.input_shape

    @property
    def chain(self) -> bool:
        """Whether each node is fed by the one before it, so that the network is a plain sequence."""
        before = ["input", *(node.name for node in self.nodes)]
        return all(node.inputs == (name,) for node, name in zip(self.nodes, before, strict=False))

    def then(self, layer: Layer) -> Plan:
        """Return the plan with one more layer after its output."""
        name = _free_name(layer, {node.name for node in self.nodes})
        node = _node(layer, name, (self.output,), (self.output_shape,), f"The added {layer_text(layer)}")
        return Plan(self.input_shape, (*self.nodes, node), name)

    def without_last(self) -> Plan:
        """Return the plan without the output's node."""
        last = self.node(self.output)
        assert last is not None
        return Plan(self.input_shape, tuple(node for node in self.nodes if node is not last), last.inputs[0])

    def with_last(self, layer: Layer) -> Plan:
        """Return the plan with another layer, of the same shape and name, in the output's place."""
        nodes = tuple(replace(node, layer=layer) if node.name == self.output else node for node in self.nodes)
        return replace(self, nodes=nodes)


def plan(network: Stack | Graph, input_shape: Shape) -> Plan:
    """Name every layer and infer every shape.

    Raises :class:`ModelError` naming the layer, its input shape and what to change.
    """
    if isinstance(network, Stack):
        nodes = _chain(network.layers, input_shape, "Layer")
        return Plan(input_shape, nodes, nodes[-1].name if nodes else "input")
    wiring = wire(network)
    names = _graph_names(network)
    shapes: dict[int, Shape] = {INPUT: input_shape}
    made: list[Node] = []
    for position, (statement, sources) in enumerate(zip(network.statements, wiring, strict=True)):
        given = tuple(shapes[source] for source in sources)
        where = f'"{statement.name}" of the graph, {layer_text(statement.layer)},'
        node = _node(
            statement.layer,
            names[position],
            tuple("input" if source == INPUT else names[source] for source in sources),
            given,
            where,
        )
        shapes[position] = node.output_shape
        if not isinstance(statement.layer, Input):
            made.append(node)
    return Plan(input_shape, tuple(made), made[-1].name)


def kind_name(layer: Layer) -> str:
    """Return Keras's name of a layer's kind: max_pooling2d, separable_conv2d, relu."""
    word = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", layer_kind(layer))
    return word.lower().replace("2_d", "2d").replace("re_lu", "relu")


def _free_name(layer: Layer, taken: Iterable[str]) -> str:
    kind, used = kind_name(layer), set(taken)
    if kind not in used:
        return kind
    number = 1
    while f"{kind}_{number}" in used:
        number += 1
    return f"{kind}_{number}"


def _graph_names(graph: Graph) -> list[str]:
    """A name that is given once names its layer; one that is given again (x = …(x)) leaves the layer its usual name."""
    given = [statement.name for statement in graph.statements]
    own = [given.count(name) == 1 and not name.startswith("_") for name in given]
    taken = {name for name, keep in zip(given, own, strict=True) if keep} | {"input"}
    names: list[str] = []
    for statement, keep in zip(graph.statements, own, strict=True):
        names.append(statement.name if keep else _free_name(statement.layer, taken))
        taken.add(names[-1])
    return names


def _expanded(layers: Sequence[Layer]) -> list[Layer]:
    flat: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Repeat):
            flat.extend(_expanded(layer.layers) * layer.times)
        else:
            flat.append(layer)
    return flat


def _chain(layers: Sequence[Layer], shape: Shape, where: str) -> tuple[Node, ...]:
    nodes: list[Node] = []
    names: set[str] = set()
    source = "input"
    for position, layer in enumerate(_expanded(layers), start=1):
        if isinstance(layer, Input) and position > 1:
            raise ModelError(f"{where} {position} is {layer_text(layer)}.", "Input can only stand first.")
        name = _free_name(layer, names)
        node = _node(layer, name, (source,), (shape,), f"{where} {position} ({name}), {layer_text(layer)},")
        if isinstance(layer, Input):
            continue
        names.add(name)
        nodes.append(node)
        source, shape = name, node.output_shape
    return tuple(nodes)


def _node(layer: Layer, name: str, inputs: tuple[str, ...], shapes: tuple[Shape, ...], where: str) -> Node:
    layer = layer.residual() if isinstance(layer, ResidualBlock) else layer
    try:
        if isinstance(layer, Residual):
            return _residual(layer, name, inputs, shapes, where)
        return Node(name, layer, inputs, shapes, output_shape(layer, shapes))
    except ShapeError as error:
        given = " and ".join(map(shape_text, shapes))
        raise ModelError(f"{where} cannot work on its input of {given}: {error.problem}.", error.remedy) from error


def _residual(layer: Residual, name: str, inputs: tuple[str, ...], shapes: tuple[Shape, ...], where: str) -> Node:
    if len(shapes) != 1:
        raise ShapeError(f"it is given {len(shapes)} inputs", "Only Add and Concatenate take several.")
    shape = shapes[0]
    body = _chain(layer.layers, shape, f"Inside {name}: layer")
    output = body[-1].output_shape
    shortcut: tuple[Node, ...] = ()
    if output != shape:
        if len(shape) != 3 or len(output) != 3:
            raise ShapeError(
                f"its layers turn it into {shape_text(output)}, which no shortcut can do", "Flatten after Residual."
            )
        strides = _total_strides(body)
        sides = tuple(-(-side // stride) for side, stride in zip(shape, strides, strict=False))
        if sides != output[:2]:
            raise ShapeError(
                f"its layers turn {shape_text(shape)} into {shape_text(output)}, which is not {shape[0]}×{shape[1]} "
                f"divided by their strides",
                'Use padding="same" inside Residual.',
            )
        normalised = any(isinstance(part, BatchNormalization) for part in _flat_layers(layer))
        shortcut = _chain(_projection(layer, output[-1], strides, normalised), shape, where)
    return Node(name, layer, inputs, shapes, output, body, shortcut)


def _flat_layers(layer: Residual) -> list[Layer]:
    flat: list[Layer] = []
    for part in _expanded(layer.layers):
        block = part.residual() if isinstance(part, ResidualBlock) else part
        flat.extend(_flat_layers(block) if isinstance(block, Residual) else [block])
    return flat


def _projection(layer: Residual, filters: int, strides: tuple[int, int], normalised: bool) -> list[Layer]:
    """The shortcut's 1×1 convolution, initialised and normalised like the block's own layers."""
    parts = _flat_layers(layer)
    own = next((part.kernel_initializer for part in parts if isinstance(part, Conv2D)), "glorot_uniform")
    penalty = next((part.kernel_regularizer for part in parts if isinstance(part, Conv2D)), None)
    convolution = Conv2D(
        filters, 1, strides, use_bias=not normalised, kernel_initializer=own, kernel_regularizer=penalty
    )
    norms = [part for part in parts if isinstance(part, BatchNormalization)]
    return [convolution, norms[0]] if normalised else [convolution]


def _total_strides(nodes: Sequence[Node]) -> tuple[int, int]:
    height = width = 1
    for node in nodes:
        match node.layer:
            case Conv2D() | SeparableConv2D() | DepthwiseConv2D():
                rows, columns = both(node.layer.strides)
            case MaxPooling2D() | AveragePooling2D():
                rows, columns = pool_strides(node.layer)
            case Residual():
                rows, columns = _total_strides(node.body)
            case Add() | Concatenate() | _:
                rows = columns = 1
        height, width = height * rows, width * columns
    return height, width
