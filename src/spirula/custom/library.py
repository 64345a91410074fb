"""The user's own pieces by name: from one Python file, or Python objects. Only here is a file of the user's run."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.abc import SourceLoader
from pathlib import Path
from typing import Any

from ..errors import CustomError, did_you_mean
from .blame import failed
from .piece import Piece


@dataclass(frozen=True)
class SourceFile:
    """A file of pieces as it was read: what is hashed is what is run and what is stored."""

    path: Path
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Library:
    """What ``custom.NAME`` can stand for.

    Attributes
    ----------
    objects: what the file defines, by name.
    file: the file; None when there is none.
    given: Python objects that were given as such, by name. They go before what the file defines.
    """

    objects: Mapping[str, Any] = field(default_factory=dict)
    file: SourceFile | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def bound(self, piece: Piece) -> Piece:
        """Return the piece with its object; raises :class:`CustomError` where there is none of this name."""
        if piece.known:
            return piece
        for known_objects in (self.given, self.objects):
            if piece.name in known_objects:
                return replace(piece, value=known_objects[piece.name])
        if self.file is None:
            known = f" Given: {', '.join(self.given)}." if self.given else ""
            raise CustomError(
                f"{piece} is a piece of your own, but nothing of that name was given.{known}",
                f'Give the Python file that defines it: --custom FILE.py (in Python: custom="FILE.py", '
                f"or custom=[{piece.name}]).",
            )
        hint = did_you_mean(piece.name, self.objects) or f" It has: {', '.join(self.objects) or 'nothing'}."
        raise CustomError(f"{piece}: {self.file.path} defines no {piece.name}", f"Use a name that it defines.{hint}")

    def origin(self, piece: Piece) -> SourceFile | None:
        """Return the file that a known piece is from; None for an object that was given as such."""
        return self.file if piece.known and self.objects.get(piece.name) is piece.value else None

    def with_object(self, name: str, value: Any) -> Library:
        """Return the library with one more Python object."""
        if any(name in known and known[name] is not value for known in (self.given, self.objects)):
            raise CustomError(f'Two different pieces are called "{name}"', "Give one of them another name.")
        return replace(self, given={**self.given, name: value})


def library(custom: object, *, expected: str | None = None) -> Library:
    """Return the pieces of a Python file, of functions and classes, or of a list of both.

    ``expected``: SHA-256 that the file must have, else it is not run.

    Raises :class:`CustomError` for a file that cannot be read, is not the expected one, or fails while it is run.
    """
    if custom is None or isinstance(custom, Library):
        return custom or Library()
    items = list(custom) if isinstance(custom, list | tuple | set) else [custom]
    files = [item for item in items if isinstance(item, str | os.PathLike)]
    if len(files) > 1:
        raise CustomError(f"{len(files)} files of pieces were given", "Put them into one: a run keeps one file.")
    found = Library()
    if files:
        source = read_source(Path(files[0]))
        if expected is not None and source.sha256 != expected:
            raise CustomError(
                f"{source.path} is not the file that the run was trained with: its SHA-256 is {source.sha256}, that of "
                f"the run's is {expected}",
                "Give that file. The run keeps a copy of it, custom.py.",
            )
        found = run_source(source)
    for item in items:
        if item not in files:
            found = found.with_object(name_of(item), item)
    return found


def name_of(value: Any) -> str:
    """Return the name by which a run remembers a function, a class or an instance (its class's name)."""
    name = getattr(value, "__name__", None) or type(value).__name__
    if not callable(value) or not name.isidentifier():
        what = "A lambda" if name == "<lambda>" else repr(value)
        raise CustomError(f"{what} cannot be remembered by name", "Write it as def NAME(…), or as a class.")
    return str(name)


def read_source(path: Path) -> SourceFile:
    """Read a Python file without running it."""
    try:
        return SourceFile(path.absolute(), path.read_bytes())
    except OSError as error:
        raise CustomError(f"{path} cannot be read: {error.strerror or error}", "Check the path of --custom.") from error


class _Loader(SourceLoader):
    """Compiles the very bytes that were hashed; what lies on the disk by now does not matter."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source

    def get_filename(self, fullname: str) -> str:
        return str(self.source.path)

    def get_data(self, path: str | bytes) -> bytes:
        if path == str(self.source.path):
            return self.source.content
        raise OSError("nothing is cached")


def run_source(source: SourceFile) -> Library:
    """Run a file and return the functions, classes and objects that it defines itself, by name.

    Modules and what it imported from elsewhere are left out. Raises :class:`CustomError` with the file's own line.
    """
    name = f"spirula_custom_{source.sha256[:16]}"
    spec = importlib.util.spec_from_file_location(name, source.path, loader=_Loader(source))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and inspect look a class's module up by its name
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise CustomError(
            f"{source.path}, line {error.lineno}: {error.msg}", "Mend that line: the file is not Python."
        ) from error
    except (Exception, SystemExit) as error:
        raise failed(source.path.name, error, {str(source.path)}) from error
    return Library({key: value for key, value in vars(module).items() if _own(key, value, name)}, source)


def _own(key: str, value: Any, module: str) -> bool:
    if key.startswith("__") or inspect.ismodule(value) or not callable(value):
        return False
    if inspect.isclass(value) or inspect.isroutine(value):
        return value.__module__ == module
    return type(value).__module__ != "typing"
