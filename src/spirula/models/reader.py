"""The reader of the notation: ``Conv2D(32, 3, activation="relu"), MaxPooling2D(2), …``.

The reader is safe by construction: the text is parsed to a syntax tree and only calls of known layer names with
literal arguments are understood. Nothing is evaluated, looked up or imported, so a network may come from anywhere.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import MISSING, fields
from itertools import count
from typing import Any, NoReturn

from ..custom.piece import Piece, is_piece, piece_of
from ..errors import ModelError, did_you_mean
from ..layers import LAYERS, Custom, Graph, Layer, Repeat, Residual, Stack, Statement
from ..layers.arguments import L1, L1L2, L2, REGULARIZERS
from .wiring import wire

LONGEST = 20_000  # characters; the catalogue's longest network has about 1,500
DEEPEST = 20  # brackets inside brackets
LARGEST_NUMBER = 1e12
MOST = 2_000  # layers after Repeat is written out

_PREFIXES = {"layers", "keras", "tf", "tensorflow", "regularizers", "models", "spirula", "sp"}
_LITERALS = 'Arguments are plain values: numbers, "text", True, False, None and (pairs).'


class Reader:
    """Reads one text; every refusal names the place."""

    def __init__(self, text: str, statements: list[Statement] | None = None) -> None:
        self.lines = plain_lines(text)
        self.tree = _tree("\n".join(self.lines))
        self.statements = [] if statements is None else statements

    def refuse(self, node: ast.AST | None, problem: str, remedy: str) -> NoReturn:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        column = len(self.lines[line - 1].encode()[:column].decode(errors="ignore")) if self.lines else 0
        place = f"Column {column + 1}" if len(self.lines) <= 1 else f"Line {line}"
        raise ModelError(f"{place} of the network: {problem}", remedy)

    def excerpt(self, node: ast.AST) -> str:
        source = ast.get_source_segment("\n".join(self.lines), node) or "This"
        return source if len(source) <= 40 else source[:37] + "…"

    def network(self) -> Stack | Graph:
        body = self.tree.body
        if not body:
            raise ModelError(
                "The network is empty.", 'Write layers, such as Conv2D(32, 3, activation="relu"), Flatten().'
            )
        if all(isinstance(line, ast.Expr) for line in body):
            nodes = [node for line in body if isinstance(line, ast.Expr) for node in self.items(line.value)]
            layers = [self.layer(node) for node in nodes]
            if _count(layers) > MOST:
                raise ModelError(f"The network has {_count(layers):,} layers.", f"At most {MOST:,} are read.")
            return Stack(tuple(layers))
        for line in body:
            if not isinstance(line, ast.Assign) or len(line.targets) != 1 or not isinstance(line.targets[0], ast.Name):
                self.refuse(
                    line,
                    "this is not a layer.",
                    "Write Conv2D(32, 3), Flatten(), …; or, for a graph, lines such as x = Conv2D(32, 3)(input).",
                )
            self.assign(line.targets[0].id, line.value)
        return wired(self.statements)

    def items(self, node: ast.expr) -> list[ast.expr]:
        """Undo the brackets around a whole stack: [a, b], (a, b), Sequential([a, b])."""
        if isinstance(node, ast.List | ast.Tuple):
            return node.elts
        if is_piece(node):
            return [node]
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and not node.keywords
        if called and isinstance(node, ast.Call) and self.name(node.func) == "Sequential":
            return [item for argument in node.args for item in self.items(argument)]
        return [node]

    def name(self, node: ast.expr) -> str:
        """Return the last word of ``tf.keras.layers.Conv2D`` if the words before it are known to mean nothing."""
        words: list[str] = []
        while isinstance(node, ast.Attribute):
            words.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            self.refuse(node, "a layer's name is expected here.", "Write layers such as Conv2D(32, 3).")
        words.append(node.id)
        strange = [word for word in words[1:] if word not in _PREFIXES]
        if strange:
            self.refuse(node, f'"{strange[-1]}." is not known.', "Write the layer's name alone, such as Conv2D(32, 3).")
        return words[0]

    def piece(self, node: ast.expr) -> Piece:
        try:
            return piece_of(node)
        except ValueError as error:
            self.refuse(node, f"{error}.", _LITERALS)

    def layer(self, node: ast.expr) -> Layer:
        if is_piece(node):
            return Custom(self.piece(node))
        if not isinstance(node, ast.Call):
            name = node.id if isinstance(node, ast.Name) else ""
            remedy = f"Write {name}() with brackets." if name in LAYERS else "Write layers such as Conv2D(32, 3)."
            self.refuse(node, f"{self.excerpt(node)} is not a layer.", remedy)
        if isinstance(node.func, ast.Call):
            self.refuse(node, "a layer is applied to an input, but has no name.", "Write x = Conv2D(32, 3)(input).")
        name = self.name(node.func)
        if name not in LAYERS:
            hint = did_you_mean(name, LAYERS) or f" Known: {', '.join(LAYERS)}."
            self.refuse(node, f'there is no layer "{name}".', f"Use a known layer.{hint}")
        kind = LAYERS[name]
        self.known_arguments(node, name, kind)
        positional = [self.argument(argument) for argument in node.args]
        named = {keyword.arg: self.argument(keyword.value) for keyword in node.keywords if keyword.arg}
        try:
            return kind(*positional, **named)
        except ModelError as error:
            self.refuse(node, error.problem, error.remedy)

    def known_arguments(self, node: ast.Call, name: str, kind: type[Layer]) -> None:
        positional, known, required = _parameters(kind)
        given = [keyword.arg for keyword in node.keywords]
        for keyword in node.keywords:
            if keyword.arg is None:
                self.refuse(node, f"{name}: ** is not read.", "Name each argument.")
            if keyword.arg in ("input_shape", "input_dim"):
                remedy = "Leave it out: the shape comes from the data (or state it first, as Input((28, 28, 1)))."
                self.refuse(keyword, f"{name} has no argument {keyword.arg}.", remedy)
            if keyword.arg not in known:
                hint = did_you_mean(keyword.arg, known) or f" It has: {', '.join(known) or 'none'}."
                self.refuse(keyword, f'{name} has no argument "{keyword.arg}".', f"Use a known argument.{hint}")
            if given.count(keyword.arg) > 1 or keyword.arg in positional[: len(node.args)]:
                self.refuse(keyword, f"{name}: {keyword.arg} is given twice.", "Give it once.")
        if kind in (Residual, Repeat):
            missing = [] if node.args else list(required)
        else:
            if len(node.args) > len(positional):
                names = f": {', '.join(positional)}" if positional else ""
                remedy = (
                    f"{name} takes {len(positional)} without a name{names}. Name the others, as in {known[-1]}=…."
                    if known
                    else f"Write {name}()."
                )
                self.refuse(node, f"{name} is given {len(node.args)} arguments without a name.", remedy)
            missing = [word for word in required if word not in given and word not in positional[: len(node.args)]]
        if missing:
            self.refuse(node, f"{name} needs {' and '.join(missing)}.", f"Write {name}({', '.join(missing)}).")

    def argument(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() | str() | None as value):
                return value
            case ast.Constant(value=int() | float() as number) if abs(number) <= LARGEST_NUMBER:
                return number
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as positive):
                number = self.argument(positive)
                if isinstance(number, int | float) and not isinstance(number, bool):
                    return -number
            case ast.BinOp(op=ast.Div(), left=ast.Constant() as above, right=ast.Constant() as below):
                # Rescaling(1/255) is how everybody writes it.
                left, right = self.argument(above), self.argument(below)
                if isinstance(left, int | float) and isinstance(right, int | float) and right:
                    return left / right
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return tuple(self.argument(item) for item in items)
            case ast.Attribute() | ast.Call() if is_piece(node):
                return self.piece(node)
            case ast.Call(func=ast.Name() | ast.Attribute() as func):
                name = self.name(func)
                return self.regularizer(node, name) if name in REGULARIZERS else self.layer(node)
        return self.refuse(node, f"{self.excerpt(node)} is not a plain value.", _LITERALS)

    def regularizer(self, node: ast.Call, name: str) -> L1 | L2 | L1L2:
        kind = REGULARIZERS[name]
        known = [f.name for f in fields(kind)]
        values = dict(zip(known, (self.argument(argument) for argument in node.args), strict=False))
        for keyword in node.keywords:
            # Keras renamed l to l1/l2 over its versions; the meaning never changed.
            if keyword.arg not in known or keyword.arg in values:
                self.refuse(keyword, f'{name} cannot take "{keyword.arg}".', f"It has: {', '.join(known)}.")
            values[keyword.arg] = self.argument(keyword.value)
        if len(node.args) > len(known):
            self.refuse(node, f"{name} is given {len(node.args)} values.", f"It has: {', '.join(known)}.")
        try:
            return kind(**values)
        except ModelError as error:
            self.refuse(node, error.problem, error.remedy)

    def assign(self, name: str, node: ast.expr) -> None:
        """Read ``name = Layer(…)(a, b)`` into statements; inner calls get names of their own."""
        if (name.startswith("_") and not name[1:].isdigit()) or name == "input":
            self.refuse(node, f'"{name}" cannot be the name of a layer.', "Names starting with _ and input are taken.")
        applied = is_piece(node) or not isinstance(node, ast.Call) or isinstance(node.func, ast.Call)
        if not applied and isinstance(node, ast.Call) and self.name(node.func) == "Input":
            self.statements.append(Statement(name, self.layer(node)))
            return
        self.applied(name, node)

    def applied(self, name: str | None, node: ast.expr) -> str:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Call):
            remedy = "Say what the layer is applied to: x = Conv2D(32, 3)(input)."
            self.refuse(node, f"{self.excerpt(node)} is not a layer applied to an input.", remedy)
        arguments = (
            node.args[0].elts if len(node.args) == 1 and isinstance(node.args[0], ast.List | ast.Tuple) else node.args
        )
        if node.keywords or not arguments:
            self.refuse(node, "the layer's input is missing.", "Write x = Conv2D(32, 3)(input).")
        inputs: list[str] = []
        for argument in arguments:
            if isinstance(argument, ast.Name):
                self.known_name(argument)
                inputs.append(argument.id)
            else:
                inputs.append(self.applied(None, argument))
        layer = self.layer(node.func)
        if isinstance(layer, Repeat):
            self.refuse(node, "Repeat cannot stand in a graph.", "Write the layers out, each with its input.")
        taken = {statement.name for statement in self.statements}
        final = name or next(free for number in count(1) if (free := f"_{number}") not in taken)
        self.statements.append(Statement(final, layer, tuple(inputs)))
        return final

    def known_name(self, node: ast.Name) -> None:
        names = [statement.name for statement in self.statements]
        if node.id not in ("input", "inputs", *names):
            hint = did_you_mean(node.id, ["input", *names])
            self.refuse(node, f'there is no "{node.id}" above this line.', f"Name input or an earlier layer.{hint}")


def plain_lines(text: str) -> list[str]:
    """Check size and depth; return the lines without the indentation, which means nothing here."""
    if not isinstance(text, str):
        raise ModelError(f"A network is text, not {type(text).__name__}.", "Write layers in quotes.")
    if len(text) > LONGEST:
        raise ModelError(f"The network is {len(text):,} characters long.", f"At most {LONGEST:,} are read.")
    _check_depth(text)
    return [line.strip() for line in text.strip().splitlines()]


def _tree(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's advice on Python style is not for our reader
            return ast.parse(text)
    except SyntaxError as error:
        place = f"line {error.lineno or 1}, column {error.offset or 1}"
        raise ModelError(
            f"The network cannot be read at {place}: {error.msg}.",
            'Check brackets, commas and quotes: Conv2D(32, 3, padding="same"), MaxPooling2D(2), …',
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ModelError(f"The network cannot be read: {error}.", "Write layers such as Conv2D(32, 3).") from error


def _check_depth(text: str) -> None:
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > DEEPEST:
            raise ModelError(f"The network has more than {DEEPEST} brackets inside each other.", "Write it flatter.")


def _parameters(kind: type[Layer]) -> tuple[list[str], list[str], list[str]]:
    """Return the arguments that may stand without a name, all arguments, and those without a default."""
    if kind is Residual:
        return [], ["activation"], ["layers"]
    if kind is Repeat:
        return [], [], ["times", "layers"]
    own = fields(kind)
    required = [f.name for f in own if f.default is MISSING]
    return [f.name for f in own if not f.kw_only], [f.name for f in own], required


def _count(layers: list[Layer] | tuple[Layer, ...]) -> int:
    return sum(
        layer.times * _count(layer.layers)
        if isinstance(layer, Repeat)
        else 1 + (_count(layer.layers) if isinstance(layer, Residual) else 0)
        for layer in layers
    )


def wired(statements: list[Statement]) -> Graph:
    """Return the graph after checking that its names hang together."""
    graph = Graph(tuple(statements))
    wire(graph)
    return graph
