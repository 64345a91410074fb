"""Writing that survives a crash: a temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..errors import RunError, SpirulaError


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let ``write`` fill a temporary file and put it in the place of ``path`` in one step.

    A reader sees the old content or the new one, never a half; a crash leaves one of the two.
    Raises :class:`SpirulaError` with the system's reason when the disk does not take it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        # On a read-only disk there is nothing to remove, and removing fails too: the first reason is the one to tell.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise SpirulaError(
            f"{path} could not be written: {error.strerror or error}",
            "Free some space or choose another --runs folder.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Make a rename durable. Systems that cannot open a folder (Windows) do not need it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock(folder: Path) -> int | None:
    """Take ``folder`` for this process; return the descriptor that holds it until it is closed or the process dies.

    None where the system or the file system has no such locks. Raises :class:`RunError` when another process has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise RunError(
            f"{folder} is being trained by another process", "Wait until it ends, or stop it with Ctrl-C there."
        ) from None
    except OSError:  # some network file systems
        os.close(descriptor)
        return None
    return descriptor


def write_text(path: Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode("utf-8", "surrogateescape")))


def write_json(path: Path, document: Any) -> None:
    """Write JSON that any parser accepts: a number that is not finite becomes ``null``."""
    write_text(path, json.dumps(finite(document), ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an ``.npz`` without pickled objects."""
    write_atomically(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def printable(text: str) -> str:
    """Return text that UTF-8 can hold: a byte of a file name that is none stands as ``\\xff``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def finite(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: NaN and infinity as ``None``, NumPy scalars as Python's, any text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {printable(str(key)): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [finite(item) for item in value]
    return value
