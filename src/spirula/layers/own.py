"""A layer of the user's own among the others."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated, Any

from ..custom.library import name_of
from ..custom.piece import SPELLING, Piece, fixed, is_own, read_piece
from ..errors import ModelError
from .arguments import Layer, Rule


def _piece(value: Any) -> Piece:
    if isinstance(value, Piece):
        return value
    if not is_own(value):
        raise ValueError
    return read_piece(value)


@dataclass(frozen=True, init=False)
class Custom(Layer):
    """A layer of your own: an ``nn.Module`` class (or a function that makes a module) with its arguments.

    In Python ``Custom(MyLayer, 32, slope=0.1)``; as text ``custom.MyLayer(32, slope=0.1)``. The arguments are plain
    values, so that a run can record them. What shape it makes of its input is found by trying.
    """

    piece: Annotated[Piece, Rule(f"a class or a function that makes a module, or text such as {SPELLING}", _piece)]

    def __init__(self, kind: Any, *arguments: Any, **keywords: Any) -> None:
        piece = kind
        if not isinstance(kind, Piece) and not is_own(kind):
            if not (inspect.isclass(kind) or inspect.isroutine(kind)):
                raise ModelError(
                    f"Custom: {kind!r} is neither a class nor a function.",
                    f"Write Custom({type(kind).__name__}, …) with its arguments: the run records them.",
                )
            try:
                words = tuple((name, fixed(value)) for name, value in keywords.items())
                piece = Piece(name_of(kind), tuple(map(fixed, arguments)), words, called=True, value=kind)
            except TypeError as error:
                raise ModelError(
                    f"Custom({name_of(kind)}, …): {error}.",
                    "Arguments are numbers, texts, True, False, None and tuples.",
                ) from error
        object.__setattr__(self, "piece", piece)
        self.__post_init__()
