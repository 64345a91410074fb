"""The expressions of Keras code: layers, what they are applied to, and plain values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ...errors import ModelError
from ...layers import Rescaling
from .calls import called_word
from .graph import Draft
from .layers import layers_of
from .values import (
    LARGEST,
    PARTS,
    Function,
    Functional,
    Held,
    RefusedError,
    Sequence,
    Tensor,
    Unread,
    Word,
    arithmetic,
    bounded,
    comparison,
    is_number,
    is_plain,
)

_VIEWS = ("layers", "get_layer")

Call = Callable[[Function, list[Any], Mapping[str, Any], ast.AST], Any]


class Expressions:
    """Finds what expressions stand for. ``call`` reads a function of the code; every refusal names its line."""

    def __init__(self, lines: list[str], call: Call) -> None:
        self.lines = lines
        self.call = call
        self.draft = Draft()
        self.globals: dict[str, Any] = {}
        self.scope = self.globals
        self.notes: list[str] = []

    def refuse(self, node: ast.AST, problem: str, remedy: str, **flags: bool) -> NoReturn:
        raise RefusedError(f"Line {getattr(node, 'lineno', 1)}: {problem}", remedy, **flags)

    def text(self, node: ast.AST) -> str:
        source = " ".join((ast.get_source_segment("\n".join(self.lines), node) or ast.unparse(node)).split())
        return source if len(source) <= 60 else source[:57] + "…"

    def unknown(self, node: ast.AST, **flags: bool) -> NoReturn:
        self.refuse(
            node,
            f"`{self.text(node)}` is known only when the code runs.",
            "Write the value itself.",
            plain=True,
            **flags,
        )

    def evaluate(self, node: ast.expr) -> Any:
        """Return a plain value, a :class:`Word`, a layer, a network or a :class:`Tensor`; or raise RefusedError."""
        match node:
            case ast.Constant(value=bool() | str() | None as word):
                return word
            case ast.Constant(value=int() | float() as number) if abs(number) <= LARGEST:
                return number
            case ast.Name():
                return self.named(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Tuple() | ast.List():
                return self.items(node)
            case ast.Call():
                return self.called(node)
            case ast.JoinedStr():
                return self.text(node)  # only ever the name of a layer, which does not matter
        try:
            match node:
                case ast.UnaryOp(op=ast.USub(), operand=operand):
                    return arithmetic(ast.Mult, -1, self.evaluate(operand))
                case ast.UnaryOp(op=ast.Not(), operand=operand):
                    return not self.plain(operand)
                case ast.BinOp():
                    return self.binary(node)
                case ast.Compare(left=left, ops=[kind], comparators=[right]):
                    return comparison(type(kind), self.evaluate(left), self.evaluate(right))
                case ast.BoolOp(op=kind, values=parts):
                    found = [bool(self.plain(part)) for part in parts]
                    return all(found) if isinstance(kind, ast.And) else any(found)
                case ast.IfExp(test=test, body=body, orelse=orelse):
                    return self.evaluate(body if self.plain(test) else orelse)
                case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
                    ends = [None if end is None else self.plain(end) for end in (lower, upper)]
                    return self.plain(value)[slice(*ends)]
                case ast.Subscript(value=value, slice=index):
                    return self.evaluate(value)[self.plain(index)]
        except RefusedError:
            raise
        except (ValueError, TypeError, IndexError, KeyError):
            self.unknown(node)
        return self.unknown(node)

    def plain(self, node: ast.expr) -> Any:
        value = self.evaluate(node)
        if not is_plain(value):
            raise ValueError
        return value

    def items(self, node: ast.Tuple | ast.List) -> tuple[Any, ...]:
        found: list[Any] = []
        for item in node.elts:
            value = self.evaluate(item.value if isinstance(item, ast.Starred) else item)
            found.extend(value if isinstance(item, ast.Starred) and isinstance(value, tuple) else [value])
        try:
            return bounded(tuple(found))
        except ValueError:
            self.refuse(node, "this list is longer than any network needs.", "Write the layers out.", plain=True)

    def named(self, node: ast.Name) -> Any:
        value = self.scope.get(node.id, self.globals.get(node.id))
        if node.id not in self.scope and node.id not in self.globals:
            return Word(node.id)
        if not isinstance(value, Unread):
            return value
        if not value.error.plain:
            raise value.error
        return self.refuse(
            node,
            f"{node.id} is `{value.text}` (line {value.line}), which is known only when the code runs.",
            "Write the value itself.",
            plain=True,
        )

    def attribute(self, node: ast.Attribute) -> Any:
        value = self.evaluate(node.value)
        if isinstance(value, Word):
            return Word(f"{value.path}.{node.attr}", value.foreign)
        if isinstance(value, Sequence | Functional) and node.attr in ("input", "inputs", "output", "outputs"):
            return self.draft.ends(value)[node.attr.startswith("output")]
        return self.unknown(node, view=isinstance(value, PARTS) and node.attr in _VIEWS)

    def binary(self, node: ast.BinOp) -> Any:
        """Arithmetic of numbers; and of values of the network, where a layer does the same."""
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(left, Tensor) and isinstance(right, Tensor) and isinstance(node.op, ast.Add):
            return self.apply(Held(layers_of("Add", {}), node.lineno), [left, right], node)
        if isinstance(left, Tensor) and is_number(right):
            factors = {ast.Mult: (right, 0.0), ast.Add: (1.0, right), ast.Sub: (1.0, -right)}
            factors[ast.Div] = (arithmetic(ast.Div, 1.0, right), 0.0) if isinstance(node.op, ast.Div) else (1.0, 0.0)
            if type(node.op) in factors:
                scale, offset = factors[type(node.op)]
                return self.apply(Held((Rescaling(scale, offset),), node.lineno), [left], node)
        return arithmetic(type(node.op), left, right)

    def apply(self, part: Held | Sequence | Functional, inputs: list[Tensor], node: ast.AST) -> Tensor:
        try:
            return self.draft.applied(part, inputs)
        except RefusedError:
            raise
        except ModelError as error:
            self.refuse(node, error.problem, error.remedy)

    def called(self, node: ast.Call) -> Any:
        target = self.evaluate(node.func)
        if isinstance(target, Word):
            return called_word(self, target, node)
        if isinstance(target, Function):
            named = {keyword.arg: self.evaluate(keyword.value) for keyword in node.keywords if keyword.arg}
            return self.call(target, [self.evaluate(value) for value in node.args], named, node)
        if isinstance(target, PARTS):
            return self.apply(target, self.tensors(node), node)
        return self.unknown(node)

    def tensors(self, node: ast.Call) -> list[Tensor]:
        """Return what a layer is applied to: ``(x)``, ``([a, b])``, ``(x, training=False)``."""
        given = self.evaluate(node.args[0]) if node.args else None
        found = list(given) if isinstance(given, tuple) else [given]
        for value in found:
            if isinstance(value, Sequence) and value.problem is not None:  # what it was made with could not be read
                raise value.problem
        values = [value for value in found if isinstance(value, Tensor)]
        if not values or len(values) != len(found):
            self.refuse(
                node,
                f"`{self.text(node)}` is not applied to a value of the network.",
                "Write x = Conv2D(32, 3)(x), beginning with x = Input(shape=(28, 28, 1)).",
            )
        return values
