"""Networks as text: read it, write it, and read it from TOML files.

    Conv2D(32, 3, padding="same", activation="relu"), MaxPooling2D(2), Flatten(), Dense(100, activation="relu")

is a stack. A graph names its layers and what each is applied to:

    stem = Conv2D(32, 3, padding="same")(input)
    wide = Conv2D(32, 5, padding="same")(stem)
    sum = Add()(stem, wide)

A TOML file holds either ``layers`` (one text, or a list with one layer each) or a table ``[graph]`` of such lines.
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from ..custom.piece import Piece
from ..errors import ModelError, did_you_mean
from ..layers import Custom, Graph, Input, Layer, Repeat, Residual, Stack, Statement
from ..layers.arguments import L1, L1L2, L2, arguments
from .reader import Reader, wired

_SIDE = 88  # a network that fits is written in one line


def parse(text: str) -> Stack | Graph:
    """Read a stack (layers separated by commas or new lines) or a graph (``name = Layer(…)(input)`` lines).

    Raises :class:`ModelError` naming the place for anything that is not the notation. Nothing is ever evaluated.
    """
    return Reader(text).network()


def read_file(path: Path) -> Stack | Graph:
    """Read a network from a TOML file with ``layers`` or ``[graph]``; raises :class:`ModelError` naming the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The network {path} cannot be read: {error}.", "Check the path.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ModelError(f"The network {path} is not TOML: {error}.", "Mend the line that it names.") from error
    unknown = [key for key in document if key not in ("layers", "graph")]
    if unknown or len(document) != 1:
        hint = did_you_mean(unknown[0], ("layers", "graph")) if unknown else ""
        found = ", ".join(document) or "nothing"
        raise ModelError(f"The network {path} holds {found}.", f"It must hold either layers or [graph], alone.{hint}")
    try:
        if "graph" in document:
            return _read_graph(document["graph"])
        layers = document["layers"]
        if isinstance(layers, list) and all(isinstance(item, str) for item in layers):
            parts = [part for text in layers for part in _stack(parse(text))]
            return Stack(tuple(parts)) if parts else parse("")
        if not isinstance(layers, str):
            raise ModelError("layers is neither a text nor a list of texts.", 'Write layers = ["Conv2D(32, 3)", …].')
        return parse(layers)
    except ModelError as error:
        raise ModelError(f"{path}: {error.problem}", error.remedy) from error


def _stack(network: Stack | Graph) -> tuple[Layer, ...]:
    if isinstance(network, Graph):
        raise ModelError("A list of layers cannot hold a graph.", "Put its lines into the table [graph].")
    return network.layers


def _read_graph(lines: Any) -> Graph:
    if not isinstance(lines, dict) or not all(isinstance(text, str) for text in lines.values()):
        raise ModelError("[graph] is not a table of texts.", 'Write lines such as stem = "Conv2D(32, 3)(input)".')
    statements: list[Statement] = []
    for name, text in lines.items():
        if not name.isidentifier():
            raise ModelError(f'"{name}" cannot be the name of a layer.', "Use letters, digits and _.")
        try:
            reader = Reader(text, statements)
            line = reader.tree.body[0] if len(reader.tree.body) == 1 else None
            if not isinstance(line, ast.Expr):
                raise ModelError("one layer is expected.", "Write Conv2D(32, 3)(input).")
            reader.assign(name, line.value)
        except ModelError as error:
            raise ModelError(f"{name}: {error.problem}", error.remedy) from error
    return wired(statements)


def to_text(network: Stack | Graph | Layer) -> str:
    """Write a network so that :func:`parse` reads the same network; arguments at their defaults are left out."""
    if isinstance(network, Layer):
        return layer_text(network)
    if isinstance(network, Stack):
        texts = [layer_text(layer) for layer in network.layers]
        return ", ".join(texts) if sum(map(len, texts)) <= _SIDE else ",\n".join(texts)
    return "\n".join(_statement_text(statement, network) for statement in network.statements)


def _statement_text(statement: Statement, graph: Graph) -> str:
    if isinstance(statement.layer, Input):
        return f"{statement.name} = {layer_text(statement.layer)}"
    return f"{statement.name} = {layer_text(statement.layer)}({', '.join(statement.inputs)})"


def layer_kind(layer: Layer) -> str:
    """Return the name of a layer's class: Conv2D, or that of the user's own."""
    return layer.piece.name if isinstance(layer, Custom) else type(layer).__name__


def layer_text(layer: Layer | L1 | L2 | L1L2) -> str:
    """Write one layer: what has no default stands without a name, the rest only where it is not the default."""
    kind = type(layer).__name__
    if isinstance(layer, Custom):
        return str(layer.piece)
    if isinstance(layer, Residual | Repeat):
        inner = [layer_text(part) for part in layer.layers]
        before = [str(layer.times)] if isinstance(layer, Repeat) else []
        last = layer.activation if isinstance(layer, Residual) else None
        after = [f"activation={value_text(last)}"] if last else []
        return f"{kind}({', '.join(before + inner + after)})"
    named = arguments(layer)
    first = fields(layer)[0].name if fields(layer) else ""
    words: list[str] = []
    for f in fields(layer):
        if f.name in named or f.name == "pool_size":
            # filters, kernel_size, pool_size, rate, … are written without a name, as people do.
            free = f.name == first or f.default is MISSING
            value = value_text(getattr(layer, f.name))
            words.append(value if free and not f.kw_only else f"{f.name}={value}")
    return f"{kind}({', '.join(words)})"


def value_text(value: object) -> str:
    """Write one argument; (3, 3) as 3."""
    match value:
        case str():
            return f'"{value}"'
        case (int() as height, int() as width) if height == width:
            return str(height)
        case ((int() as top, int() as bottom), (int() as left, int() as right)) if top == bottom == left == right:
            return str(top)
        case tuple():
            return f"({', '.join(map(_nested_text, value))}{',' if len(value) == 1 else ''})"
        case L1() | L2() | L1L2():
            return layer_text(value)
        case Piece():
            return str(value)
    return repr(value)


def _nested_text(value: object) -> str:
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else repr(value)
