"""From the layers that a Keras network was written or saved with to our stack or graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ...errors import ModelError
from ...layers import Graph, Input, Layer, Stack, Statement
from ..plan import kind_name
from . import values
from .values import Held, OpenDense, SourceShape, Tensor

MOST_LAYERS = 20_000  # applied, networks inside of networks written out
DEEPEST = 50  # networks inside of networks


class Draft:
    """Layers applied to values, as the code is read: what will be a network once an output is chosen."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.inputs: dict[str, SourceShape] = {}
        self.origin: dict[str, Held] = {}  # statement → the layer that was written
        self._applied = 0
        self._depth = 0
        self.opened: dict[values.Sequence, tuple[tuple[object, ...], tuple[Tensor, Tensor]]] = {}

    def new_input(self, shape: SourceShape) -> Tensor:
        name = f"input_{len(self.inputs)}"
        self.inputs[name] = shape
        return Tensor(name)

    def applied(self, part: Held | values.Sequence | values.Functional, inputs: Sequence[Tensor]) -> Tensor:
        """Apply a layer or a network to values and return the value that it makes."""
        self._applied += 1
        if self._applied > MOST_LAYERS or self._depth > DEEPEST:
            raise ModelError("The networks inside of each other never end.", "Write the layers out.")
        self._depth += 1
        try:
            return self._made(part, inputs)
        finally:
            self._depth -= 1

    def _made(self, part: Held | values.Sequence | values.Functional, inputs: Sequence[Tensor]) -> Tensor:
        if isinstance(part, Held):
            return self._layer(part, inputs)
        if len(inputs) != 1:
            raise ModelError(f"A network is applied to {len(inputs)} values.", "Networks with one input are read.")
        value = inputs[0]
        if isinstance(part, values.Sequence):
            if part.problem is not None:
                raise part.problem
            for inner in part.parts:
                value = self.applied(inner, [value])
            return value
        names = {part.source: value.name}
        for statement in ancestors(self.statements, part.output):
            self._applied += 1
            made = self._statement(statement.layer, [names[name] for name in statement.inputs])
            self.origin[made.name] = self.origin[statement.name]
            names[statement.name] = made.name
        return Tensor(names[part.output])

    def ends(self, network: values.Sequence | values.Functional) -> tuple[Tensor, Tensor]:
        """Return the input and the output of a network, to build on: ``Dense(2)(base.output)``."""
        if isinstance(network, values.Functional):
            return Tensor(network.source), Tensor(network.output)
        parts = tuple(network.parts)
        if network not in self.opened or self.opened[network][0] != parts:
            source = self.new_input(network.shape)
            self.opened[network] = (parts, (source, self.applied(network, [source])))
        return self.opened[network][1]

    def _layer(self, held: Held, inputs: Sequence[Tensor]) -> Tensor:
        if held.reshape:
            return self._reshaped(held, inputs)
        made = list(inputs)
        for layer in held.layers:
            made = [self._statement(layer, [value.name for value in made])]
            self.origin[made[0].name] = held
        return made[0]

    def _reshaped(self, held: Held, inputs: Sequence[Tensor]) -> Tensor:
        if len(inputs) != 1 or inputs[0].name not in self.inputs:
            raise ModelError("Reshape stands inside the network.", "Only at the beginning, or as Flatten, is it read.")
        self.inputs[inputs[0].name] = held.shape
        return inputs[0]

    def _statement(self, layer: Layer, inputs: Sequence[str]) -> Tensor:
        name = f"value_{len(self.statements)}"
        self.statements.append(Statement(name, layer, tuple(inputs)))
        return Tensor(name)

    def network(self, output: str, shape: SourceShape) -> tuple[Stack | Graph, list[str]]:
        """Return the network that computes ``output``, and notes on it; raises :class:`ModelError`."""
        kept = ancestors(self.statements, output)
        notes: list[str] = []
        if len(kept) > 1 and isinstance(kept[-1].layer, OpenDense):
            notes.append(f"{kept[-1].layer.problem.problem} The output layer comes from the data.")
            output = kept[-1].inputs[0]
            kept = kept[:-1]
        seen: set[Held] = set()
        for before, statement in zip([None, *kept], kept, strict=False):
            if isinstance(statement.layer, OpenDense):
                raise statement.layer.problem
            held = self.origin[statement.name]
            # A layer with an activation of its own, Dense(…, activation=LeakyReLU(0.1)), is two statements in a row.
            second = before is not None and statement.layer is not held.layers[0] and self.origin[before.name] is held
            if held in seen and not second:
                raise ModelError(
                    f"Line {held.line}: this layer is used twice, with the same weights.",
                    "Write it a second time: layers that share weights are not known here.",
                )
            seen.add(held)
        return network_of(kept, self.inputs, output, shape)[0], notes


def ancestors(statements: Iterable[Statement], output: str) -> list[Statement]:
    """Return the statements that ``output`` is made of, itself the last."""
    made = {statement.name: statement for statement in statements}
    needed: set[str] = set()
    waiting = [output]
    while waiting:
        name = waiting.pop()
        if name in made and name not in needed:
            needed.add(name)
            waiting.extend(made[name].inputs)
    return [statement for statement in made.values() if statement.name in needed]


def network_of(
    statements: Sequence[Statement], inputs: Collection[str], output: str, shape: SourceShape
) -> tuple[Stack | Graph, tuple[Statement, ...]]:
    """Return the network that computes ``output``, and its statements in order, named as Keras names layers.

    Parameters
    ----------
    statements: layers in the order of computing, each under a name of its own; some may belong to other networks.
    inputs: names that stand for inputs. One of them may be used.
    shape: what the input is stated to be; it becomes an ``Input`` at the beginning.

    Raises :class:`ModelError` for several inputs, or for an output that no layer makes.
    """
    kept = ancestors(statements, output)
    used = {name for statement in kept for name in statement.inputs if name in inputs}
    if not kept:
        raise ModelError("The network holds no layers.", "Give it layers, such as Conv2D(32, 3).")
    if len(used) != 1:
        raise ModelError(f"The network has {len(used)} inputs.", "Networks with one input are read.")
    renamed = _renamed(kept, used.pop())
    first = [] if shape is None else [Input(shape)]
    sources = ["input", *(statement.name for statement in renamed)]
    if all(statement.inputs == (source,) for statement, source in zip(renamed, sources, strict=False)):
        return Stack((*first, *(statement.layer for statement in renamed))), tuple(renamed)
    begin = [Statement("inputs", layer) for layer in first]
    source = "inputs" if begin else "input"
    graph = [
        replace(statement, inputs=tuple(source if name == "input" else name for name in statement.inputs))
        for statement in renamed
    ]
    return Graph((*begin, *graph)), tuple(renamed)


def _renamed(statements: Sequence[Statement], source: str) -> list[Statement]:
    """Number the layers by kind, from the beginning of this network."""
    names = {source: "input"}
    counts: dict[str, int] = {}
    renamed: list[Statement] = []
    for statement in statements:
        kind = kind_name(statement.layer)
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        names[statement.name] = f"{kind}_{number}" if number else kind
        renamed.append(
            Statement(names[statement.name], statement.layer, tuple(names[name] for name in statement.inputs))
        )
    return renamed


def image_shape(shape: Sequence[int | None]) -> SourceShape:
    """Return (H, W, C) or (F,) for a shape of Keras without its batch side; None where a side is left open.

    (H, W) is a grey picture. Raises :class:`ModelError` for other ranks.
    """
    if any(side is None for side in shape):
        return None
    sides = tuple(side for side in shape if isinstance(side, int) and not isinstance(side, bool) and side > 0)
    if len(sides) != len(shape):
        raise ModelError(f"The input shape {tuple(shape)} is none.", "Its sides are whole numbers of at least 1.")
    if len(sides) == 2:
        return (*sides, 1)
    if len(sides) not in (1, 3):
        raise ModelError(
            f"The input shape {tuple(shape)} is neither a picture nor a vector.",
            "Networks of (height, width, channels), (height, width) or (features,) are read.",
        )
    return sides
