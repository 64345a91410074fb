"""What expressions of Keras code stand for, and the arithmetic of plain values. Nothing is ever evaluated by Python."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelError
from ...layers import Layer

SourceShape = tuple[int, ...] | None  # (H, W, C) or (F,), if it is stated

LARGEST = 10**12  # of any number; more is not a size in a network
LONGEST = 2_000  # of any tuple or range, with the tuples inside

KERAS_ROOTS = {"keras", "tensorflow", "tf", "tf_keras", "spirula", "sp", "layers", "models"}


class RefusedError(ModelError):
    """A piece of the code that cannot be read.

    ``plain``: it is a value known only when the code runs. ``network``: a whole network is unreadable through it.
    ``view``: it is a part of a network that was read, such as ``model.layers[0].output``.
    """

    def __init__(
        self, problem: str, remedy: str, *, plain: bool = False, network: bool = False, view: bool = False
    ) -> None:
        super().__init__(problem, remedy)
        self.plain = plain
        self.network = network
        self.view = view


@dataclass(frozen=True)
class Word:
    """A dotted name, imports resolved: ``tensorflow.keras.layers.Conv2D``. ``foreign``: from another package."""

    path: str
    foreign: bool = False

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Unread:
    """A name whose value cannot be read; only an error if it becomes part of the network."""

    error: RefusedError
    line: int
    text: str


@dataclass(frozen=True)
class Tensor:
    """The value of a statement, or an input."""

    name: str


@dataclass(frozen=True)
class Function:
    """A function of the code, read where it is called."""

    node: ast.FunctionDef


@dataclass(frozen=True, eq=False)
class Held:
    """A layer that was written. ``shape``: the input that it states; of a ``reshape``, what it makes of any input."""

    layers: tuple[Layer, ...]
    line: int
    shape: SourceShape = None
    reshape: bool = False


@dataclass(eq=False)
class Sequence:
    """A Sequential: parts one after the other. ``problem``: why it cannot be read."""

    line: int
    parts: list[Held | Sequence | Functional] = field(default_factory=list)
    stated: SourceShape = None
    problem: RefusedError | None = None

    @property
    def shape(self) -> SourceShape:
        """The input shape that the code states, if it does."""
        return self.stated if self.stated is not None or not self.parts else self.parts[0].shape

    def holds(self, other: Sequence) -> bool:
        """Whether ``other`` is this network or somewhere inside of it."""
        waiting, seen = [self], {id(self)}
        while waiting:
            network = waiting.pop()
            if network is other:
                return True
            inside = [part for part in network.parts if isinstance(part, Sequence) and id(part) not in seen]
            seen |= {id(part) for part in inside}
            waiting += inside
        return False


@dataclass(frozen=True, eq=False)
class Functional:
    """A Model between an input and an output, which are names of values."""

    line: int
    source: str
    output: str
    shape: SourceShape = None


PARTS = (Held, Sequence, Functional)


@dataclass(frozen=True)
class OpenDense(Layer):
    """A Dense whose number of outputs is only known when the code runs: at the end, the data says it."""

    problem: RefusedError


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_plain(value: object) -> bool:
    """Whether a value is a number, a text, True, False, None, or a tuple of such."""
    return (
        value is None
        or isinstance(value, str | int | float)
        or (isinstance(value, tuple) and all(map(is_plain, value)))
    )


def bounded(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the tuple; ``ValueError`` if it holds more than any network needs, or one tuple inside ever another."""
    waiting, count = [values], 0
    while waiting:
        inner = waiting.pop()
        count += len(inner)
        if count > LONGEST:
            raise ValueError
        waiting += [value for value in inner if isinstance(value, tuple)]
    return values


def arithmetic(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """Return ``left ∘ right`` for numbers of a sensible size, and the sum of two tuples; ``ValueError`` otherwise."""
    if kind is ast.Add and isinstance(left, tuple) and isinstance(right, tuple):
        return bounded(left + right)
    if kind not in _ARITHMETIC or not is_number(left) or not is_number(right):
        raise ValueError
    if kind is ast.Pow and (abs(left) > LARGEST or abs(right) > 40):
        raise ValueError
    try:
        result = _ARITHMETIC[kind](left, right)
    except (ArithmeticError, TypeError) as error:
        raise ValueError from error
    if isinstance(result, complex) or abs(result) > LARGEST:
        raise ValueError
    return result


def comparison(kind: type[ast.cmpop], left: Any, right: Any) -> bool:
    """Return whether two plain values compare; ``ValueError`` where they cannot."""
    if not is_plain(left) or not is_plain(right):
        raise ValueError
    try:
        return bool(_COMPARISONS[kind](left, right))
    except TypeError as error:
        raise ValueError from error


def builtin(name: str, values: list[Any]) -> Any:
    """Return what ``range``, ``len``, ``tuple`` and the like make of plain values; ``ValueError`` otherwise."""
    if not all(map(is_plain, values)):
        raise ValueError
    try:
        if name == "range":
            counted = range(*values)
            if len(counted) <= LONGEST:
                return tuple(counted)
        elif name in ("len", "reversed", "enumerate", "tuple", "list", "sum", "max", "min", "int", "float", "round"):
            if name in ("tuple", "list"):
                return tuple(*values)
            if name == "reversed":
                return tuple(reversed(*values))
            if name == "enumerate":
                return tuple(enumerate(*values))
            makers: dict[str, Callable[..., Any]] = {
                "len": len, "sum": sum, "max": max, "min": min, "int": int, "float": float, "round": round,
            }  # fmt: skip
            return makers[name](*values)
    except (TypeError, ArithmeticError) as error:
        raise ValueError from error
    raise ValueError
