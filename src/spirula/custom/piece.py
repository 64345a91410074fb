"""The name of a piece of the user's own: ``custom.soft_relu``, ``custom.create_huber(2.0)``.

The same words stand on the command line, in TOML, in the notation of networks and in a run's record. They are data:
reading them looks nothing up and runs nothing. What they stand for is found in a :class:`~.library.Library`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

WORD = "custom"
PREFIX = f"{WORD}."
SPELLING = f"{PREFIX}NAME or {PREFIX}NAME(numbers, texts)"


@dataclass(frozen=True)
class Piece:
    """A piece in words, and what it stands for once that is known.

    Attributes
    ----------
    name: of a function or class.
    arguments, keywords: plain values in brackets after it.
    called: whether there were brackets. ``custom.f`` is f itself, ``custom.f(2.0)`` is what f returns.
    value: the Python object; None while it is not known. Two pieces of the same words are equal.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    called: bool = False
    value: Any = field(default=None, compare=False, repr=False)

    @property
    def known(self) -> bool:
        return self.value is not None

    def __str__(self) -> str:
        if not self.called:
            return PREFIX + self.name
        words = [*map(repr, self.arguments), *(f"{name}={value!r}" for name, value in self.keywords)]
        return f"{PREFIX}{self.name}({', '.join(words)})"


def is_own(text: object) -> bool:
    """Whether a text names a piece of the user's own."""
    return isinstance(text, str) and text.strip().startswith(PREFIX)


def read_piece(text: str) -> Piece:
    """Read the words of one piece; raises ``ValueError`` saying what is wrong with them. Nothing is evaluated."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        node = None
    if node is None or not is_piece(node):
        raise ValueError(f'"{text}" does not name a piece of your own; write {SPELLING}')
    return piece_of(node)


def is_piece(node: ast.AST) -> bool:
    """Whether a syntax tree says ``custom.NAME`` or ``custom.NAME(…)``."""
    named = node.func if isinstance(node, ast.Call) else node
    return isinstance(named, ast.Attribute) and isinstance(named.value, ast.Name) and named.value.id == WORD


def piece_of(node: ast.AST) -> Piece:
    """Return the piece that such a tree names; raises ``ValueError`` for arguments that are not plain values."""
    if not isinstance(node, ast.Call):
        assert isinstance(node, ast.Attribute)
        return Piece(node.attr)
    assert isinstance(node.func, ast.Attribute)
    keywords = []
    for keyword in node.keywords:
        if keyword.arg is None:
            raise ValueError(f"{PREFIX}{node.func.attr}: ** is not read; name each argument")
        keywords.append((keyword.arg, plain(keyword.value, node.func.attr)))
    arguments = tuple(plain(argument, node.func.attr) for argument in node.args)
    return Piece(node.func.attr, arguments, tuple(keywords), called=True)


def plain(node: ast.AST, name: str) -> Any:
    """Return the plain value that a tree writes: a number, a text, True, False, None, or a tuple of them."""
    try:
        return fixed(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        what = ast.unparse(node)
        what = what if len(what) <= 40 else what[:37] + "…"
        raise ValueError(
            f"{PREFIX}{name}: {what} is not a plain value (a number, a text, True, False, None or a tuple)"
        ) from error


def fixed(value: Any) -> Any:
    """Return a plain value with its lists as tuples; raises ``TypeError`` for anything that is not plain."""
    if isinstance(value, list | tuple):
        return tuple(fixed(item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} is not a plain value")
