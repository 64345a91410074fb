"""Saying which of the user's own pieces failed, in which file and line, in place of our traceback."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import CustomError, SpirulaError
from .piece import Piece


def place_of(value: Any) -> tuple[str, int] | None:
    """Return file and line where a function, a class or an instance's class is written; None where nobody knows."""
    target = inspect.unwrap(value) if callable(value) else value
    if not (inspect.isfunction(target) or inspect.ismethod(target) or inspect.isclass(target)):
        target = type(target)
    if not inspect.isclass(target):
        return target.__code__.co_filename, target.__code__.co_firstlineno
    methods = [method.__code__ for method in vars(target).values() if inspect.isfunction(method)]
    try:
        return methods[0].co_filename if methods else inspect.getfile(target), inspect.getsourcelines(target)[1]
    except (OSError, TypeError):
        return (methods[0].co_filename, methods[0].co_firstlineno) if methods else None


def titled(piece: Piece) -> str:
    """Return the piece with its place: ``custom.huber(2.0) (my_pieces.py, line 4)``."""
    place = place_of(piece.value)
    return str(piece) if place is None else f"{piece} ({Path(place[0]).name}, line {place[1]})"


@contextmanager
def blaming(piece: Piece) -> Iterator[None]:
    """Turn what goes wrong inside into a :class:`CustomError` that names the piece and its line."""
    try:
        yield
    except SpirulaError:
        raise
    except Exception as error:
        place = place_of(piece.value)
        raise failed(str(piece), error, {place[0]} if place else (), titled(piece)) from error


@contextmanager
def blaming_files(files: Collection[str]) -> Iterator[None]:
    """The same for a whole training: only what comes out of the ``files`` of the user's pieces is theirs."""
    try:
        yield
    except SpirulaError:
        raise
    except Exception as error:
        if _last_line(error, files) is None:
            raise
        raise failed("A piece of your own", error, files) from error


def call(piece: Piece, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Call a function of the user's."""
    with blaming(piece):
        return function(*arguments, **keywords)


def made(piece: Piece) -> Any:
    """Return what a known piece stands for: the object itself; what it returns, with brackets; a class's instance."""
    if piece.called or inspect.isclass(piece.value):
        return call(piece, piece.value, *piece.arguments, **dict(piece.keywords))
    return piece.value


def function_of(piece: Piece, signature: str) -> Callable[..., Any]:
    """Return the function that a known piece stands for; raises :class:`CustomError` if it cannot be called."""
    function = made(piece)
    if not callable(function):
        raise wrong(piece, f"gives {kind(function)}, which cannot be called", signature)
    return function  # type: ignore[no-any-return]


def wrong(piece: Piece, problem: str, signature: str) -> CustomError:
    """Return the error for a piece that did not do what its signature says."""
    return CustomError(f"{titled(piece)} {problem}", f"It is called as {signature}.")


def failed(what: str, error: BaseException, files: Collection[str], fallback: str = "") -> CustomError:
    """Return the error for an exception that the user's code raised, with the user's own line."""
    line = _last_line(error, files)
    where = f"{what} failed at {line}" if line else f"{fallback or what} failed"
    said = " ".join(str(error).split())
    said = said if len(said) <= 300 else said[:299] + "…"
    return CustomError(
        f"{where}: {type(error).__name__}{': ' + said if said else ''}", "Mend that line, or what it is given."
    )


def _last_line(error: BaseException, files: Collection[str]) -> str | None:
    """Return the innermost line of the traceback that stands in one of the files."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            code = trace.tb_frame.f_code
            inside = "" if code.co_name == "<module>" else f", in {code.co_name}"
            found = f"{Path(code.co_filename).name}, line {trace.tb_lineno}{inside}"
        trace = trace.tb_next
    return found


def kind(value: Any) -> str:
    """Say what came back: None, an int, a list."""
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
